/**
 * Scans one file, through a map of it where it can be mapped.
 *
 * @module
 */
import { type MemoryMappedFile, scanJobs, type TextSummary, type TopValues } from "@isthmus/core";
import { newTextStatistics } from "@isthmus/core/internal";
import { createBreather } from "../breather.ts";
import { ColumnCounter } from "./column-counter.ts";
import { MatchCounter } from "./match-counter.ts";
import { openScanInput, type ScanInput } from "./scan-input.ts";

/** What to look for and whom to tell. */
export interface ScanOptions {
  /** Texts whose matches are counted, as UTF-8 bytes. */
  readonly find?: readonly string[] | undefined;
  /** Whether "a" to "z" in them are also "A" to "Z". */
  readonly ignoreCase?: boolean | undefined;
  /** The column, from 1, whose most frequent values are listed; blanks separate columns. */
  readonly top?: number | undefined;
  /** How many threads at most; default: as many as there are CPUs. Pipes have one. */
  readonly workers?: number | undefined;
  /** Aborts the scan within about 50 ms. */
  readonly signal: AbortSignal;
  /** Told the size once, `undefined` where it is not known before the end; returns who is told how much is done. */
  readonly onStart?: (totalBytes: number | undefined) => (doneBytes: number) => void;
}

/** One text that was looked for. */
export interface TextMatches {
  readonly text: string;
  /** The number of matches that do not overlap. */
  readonly matches: number;
  /** The offset of the first match. */
  readonly firstOffset: number | undefined;
}

/** What a scan found. */
export interface ScanResult extends TextSummary {
  /** The texts that were looked for, in their order. */
  readonly found: readonly TextMatches[];
  /** The values of the column that was asked for. */
  readonly top: TopValues | undefined;
  /** How long the scan took, from the first byte to the last: without what comes before, such as a writer's start. */
  readonly elapsedMs: number;
}

/** How many values of a column are listed. */
const TOP_VALUES = 10;

/**
 * Reads a file once from end to end, in constant memory whatever its size; but for the values of a column, all of which
 * are kept until the end.
 *
 * @param path The file, or `"-"` for standard input.
 * @param options What to look for and whom to tell.
 * @returns The statistics.
 * @throws {SystemError} when the file cannot be opened or read.
 * @throws {InterruptedError} when `signal` was aborted with one.
 */
export async function scanFile(path: string, options: ScanOptions): Promise<ScanResult> {
  using input = openScanInput(path, options.signal);
  const update = options.onStart?.(input.totalBytes) ?? (() => undefined);
  if (input.file === undefined) return await scanChunks(input, options, update);
  try {
    return await scanMap(input.file, options, update);
  } catch (error) {
    // A line that is too long to be looked at as a whole is looked at in parts.
    if (error instanceof RangeError) return await scanChunks(input, options, update);
    throw error;
  }
}

/** Several threads look at the map. */
async function scanMap(
  file: MemoryMappedFile,
  { find = [], ignoreCase, top, workers, signal }: ScanOptions,
  update: (doneBytes: number) => void,
): Promise<ScanResult> {
  const startMs = performance.now();
  const text = scanJobs.text();
  const matches = find.length === 0 ? text : scanJobs.find(find, { ignoreCase, limit: 0 });
  const values = top === undefined ? text : scanJobs.topValues({ column: top, limit: TOP_VALUES });
  const jobs = [...new Set([text, matches, values])];
  const results = await file.scan(scanJobs.all(jobs), {
    workers,
    signal,
    onProgress: ({ doneBytes }) => update(doneBytes),
  });
  const elapsedMs = performance.now() - startMs;
  const resultOf = <Result>(job: unknown) => results[jobs.indexOf(job as typeof text)] as Result;
  const { counts, firsts } = resultOf<{ counts?: number[]; firsts?: number[] }>(matches);
  const found = find.map((searched, index) => {
    const first = firsts?.[index] ?? -1;
    return {
      text: searched,
      matches: counts?.[index] ?? 0,
      firstOffset: first < 0 ? undefined : first,
    };
  });
  const topValues = top === undefined ? undefined : resultOf<TopValues>(values);
  return { ...resultOf<TextSummary>(text), found, top: topValues, elapsedMs };
}

/** This thread looks at what comes. */
async function scanChunks(
  input: ScanInput,
  { find = [], ignoreCase = false, top, signal }: ScanOptions,
  update: (doneBytes: number) => void,
): Promise<ScanResult> {
  const statistics = newTextStatistics();
  const counters = find.map((text) => new MatchCounter(new TextEncoder().encode(text), ignoreCase));
  const column = top === undefined ? undefined : new ColumnCounter(top);
  const breathe = createBreather(signal);
  let startMs: number | undefined;
  let doneBytes = 0;
  for await (const chunk of input.chunks) {
    startMs ??= performance.now();
    statistics.add(chunk);
    for (const counter of counters) counter.add(chunk);
    column?.add(chunk);
    doneBytes += chunk.length;
    update(doneBytes);
    await breathe();
  }
  signal.throwIfAborted();
  const elapsedMs = startMs === undefined ? 0 : performance.now() - startMs;
  const found = counters.map(({ matches, firstOffset }, index) => ({
    text: find[index] as string,
    matches,
    firstOffset,
  }));
  return { ...statistics.finish(), found, top: column?.finish(TOP_VALUES), elapsedMs };
}
