/**
 * Puts together what the pieces of a file gave, in the file's order.
 *
 * @module
 */
import type { TextCounts, TextSummary } from "../kernel/text-statistics.ts";
import type { ColumnFound, NeedleFound, Task, TextFound } from "./piece-work.ts";
import type { FindResult, ScanMatch, TopValues } from "./scan-jobs.ts";

const LINE_FEED = 0x0a;

/** Takes the results of all pieces. */
export interface Merger {
  /**
   * Takes the next piece.
   *
   * @param found What was found in it.
   * @param redo Finds the matches of one needle in this piece again that begin at an offset or behind it.
   */
  add(found: unknown, redo: RedoNeedle): void | Promise<void>;
  /**
   * Ends the scan.
   *
   * @param kept What the threads kept.
   * @param totalBytes The length of all pieces.
   */
  finish(kept: readonly unknown[], totalBytes: number): unknown;
}

/** Finds the matches of a needle in a piece again. */
export type RedoNeedle = (task: FindTask, from: number) => Promise<NeedleFound>;

/** Finding needles. */
export type FindTask = Task & { readonly kind: "find" };

/** The merger of a task. */
export function mergerOf(task: Task): Merger {
  switch (task.kind) {
    case "count":
      return task.needle.length === 1 && !task.ignoreCase
        ? sumMerger()
        : findMerger(
            { kind: "find", needles: [task.needle], ignoreCase: task.ignoreCase, limit: 0 },
            ({ counts }) => counts[0],
          );
    case "histogram":
      return histogramMerger();
    case "text":
      return textMerger(task.histogram);
    case "find":
      return findMerger(task, (result) => result);
    case "topValues":
      return columnMerger(task.limit);
    case "all":
      return allMerger(task.tasks.map(mergerOf));
    case "module":
      return moduleMerger(task.url);
  }
}

function sumMerger(): Merger {
  let total = 0;
  return {
    add: (found) => {
      total += found as number;
    },
    finish: () => total,
  };
}

function addTo(totals: Float64Array, counts: Float64Array): void {
  for (let i = 0; i < totals.length; i++) totals[i]! += counts[i] as number;
}

function histogramMerger(): Merger {
  return {
    add: () => undefined,
    finish(kept) {
      const totals = new Float64Array(256);
      for (const counts of kept) addTo(totals, counts as Float64Array);
      return totals;
    },
  };
}

function textMerger(hasHistogram: boolean): Merger {
  const histogram = new Float64Array(256);
  let lines = 0;
  let words = 0;
  let longestLineBytes = 0;
  return {
    add(found) {
      const piece = found as TextFound;
      lines += piece.lines;
      words += piece.words;
      longestLineBytes = Math.max(longestLineBytes, piece.longestLineBytes);
    },
    finish(kept, bytes): TextCounts | TextSummary {
      if (!hasHistogram) return { bytes, lines, words, longestLineBytes };
      for (const counts of kept) addTo(histogram, counts as Float64Array);
      return { bytes, lines: histogram[LINE_FEED] as number, words, longestLineBytes, histogram };
    },
  };
}

/** What pieces in order have of one needle. */
export class NeedleTotal implements NeedleFound {
  count = 0;
  first = -1;
  readonly offsets: number[] = [];
  end = 0;

  /** @param limit How many offsets are wanted in all. */
  add(piece: NeedleFound, limit: number): void {
    if (piece.count === 0) return;
    if (this.count === 0) this.first = piece.first;
    this.count += piece.count;
    this.end = piece.end;
    // One by one: a call takes far fewer arguments than there may be matches.
    const room = limit - this.offsets.length;
    for (const offset of piece.offsets.slice(0, room)) this.offsets.push(offset);
  }
}

function findMerger(task: FindTask, resultOf: (result: FindResult) => unknown): Merger {
  const { needles, limit } = task;
  const totals = needles.map(() => new NeedleTotal());
  return {
    async add(found, redo) {
      for (const [index, total] of totals.entries()) {
        let piece = (found as readonly NeedleFound[])[index] as NeedleFound;
        // A match reaches in from the piece before, and the first one here began inside it.
        if (piece.count > 0 && piece.first < total.end) {
          const needle = needles[index] as Uint8Array;
          piece = await redo({ ...task, needles: [needle] }, total.end);
        }
        total.add(piece, limit);
      }
    },
    finish() {
      const matches: ScanMatch[] = totals
        .flatMap(({ offsets }, needle) => offsets.map((offset) => ({ offset, needle })))
        .sort((a, b) => a.offset - b.offset || a.needle - b.needle)
        .slice(0, limit);
      return resultOf({
        counts: totals.map(({ count }) => count),
        firsts: totals.map(({ first }) => first),
        matches,
      });
    },
  };
}

function columnMerger(limit: number): Merger {
  return {
    add: () => undefined,
    finish(kept): TopValues {
      const counts = new Map<string, number>();
      let lacking = 0;
      for (const found of kept as readonly ColumnFound[]) {
        lacking += found.lacking;
        for (const [value, count] of found.counts) {
          counts.set(value, (counts.get(value) ?? 0) + count);
        }
      }
      const ranked = [...counts].sort(
        ([one, oneCount], [two, twoCount]) => twoCount - oneCount || (one < two ? -1 : 1),
      );
      const values = ranked
        .slice(0, limit)
        .map(([value, count]) => ({ value: Buffer.from(value, "latin1").toString(), count }));
      return { values, distinct: counts.size, lacking };
    },
  };
}

function allMerger(mergers: readonly Merger[]): Merger {
  return {
    async add(found, redo) {
      for (const [index, merger] of mergers.entries()) {
        await merger.add((found as readonly unknown[])[index], redo);
      }
    },
    finish: (kept, totalBytes) =>
      mergers.map((merger, index) =>
        merger.finish(
          kept.map((parts) => (parts as readonly unknown[])[index]),
          totalBytes,
        ),
      ),
  };
}

function moduleMerger(url: string): Merger {
  let total: unknown;
  let isFirst = true;
  return {
    async add(found) {
      total = isFirst ? found : (await import(url)).merge(total, found);
      isFirst = false;
    },
    finish: () => total,
  };
}
