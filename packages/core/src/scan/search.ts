/**
 * Finding and counting bytes and sequences of bytes.
 *
 * @module
 */
import { checkBoolean, checkInteger, checkOptions, type OptionNames } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { byteCounter, countPlainly } from "./kernel/byte-counter.ts";
import { type NeedlePlan, needleFinder, needlePlan } from "./kernel/needle-finder.ts";
import { type Needle, needleBytes } from "./needle.ts";
import { checkRange, SCAN_RANGE, type ScanRange, type Span } from "./range.ts";
import { SCAN_WINDOW_BYTES, windows } from "./windows.ts";

/** Where to look, and how. */
export interface SearchOptions extends ScanRange {
  /** Whether "a" to "z" are also "A" to "Z"; other letters are only themselves. Default false. */
  readonly ignoreCase?: boolean | undefined;
}

const SEARCH_OPTIONS: OptionNames<SearchOptions> = { ...SCAN_RANGE, ignoreCase: true };

/** A search that has been checked. */
interface Search extends Span {
  readonly wanted: Buffer;
  readonly ignoreCase: boolean;
}

/** Offset of the first match inside the range, or -1; see `MemoryMappedFile.indexOf`. */
export function indexOf(
  source: ViewSource,
  needle: Needle,
  range: number | SearchOptions = 0,
): number {
  const search =
    typeof range === "object" && range !== null
      ? checkSearch(source, needle, range)
      : { ...checkSearch(source, needle), from: checkInteger("from", range) };
  const find = needleFinder(planOf(search, false));
  const options = { ...search, overlap: search.wanted.length - 1 };
  for (const { start, bytes } of windows(source, options)) {
    let found = -1;
    const stop = (_: number, at: number): boolean => {
      found = at;
      return true;
    };
    find(bytes, [0], stop);
    if (found >= 0) return start + found;
  }
  return -1;
}

/** Offset of the last match inside the range, or -1; see `MemoryMappedFile.lastIndexOf`. */
export function lastIndexOf(source: ViewSource, needle: Needle, range?: SearchOptions): number {
  const { wanted, ignoreCase, from, to } = checkSearch(source, needle, range);
  const plain = ignoreCase ? lastIgnoringCase(wanted, to - from) : undefined;
  // From the end, for logs are read there: one window after the other, each with the bytes of the one behind it.
  for (let end = to; end > from; end -= SCAN_WINDOW_BYTES) {
    const start = Math.max(from, end - SCAN_WINDOW_BYTES);
    const reach = Math.min(to, end + wanted.length - 1);
    for (const { bytes } of windows(source, { from: start, to: reach, stride: reach - start })) {
      const found = plain === undefined ? bytes.lastIndexOf(wanted) : plain(bytes);
      if (found >= 0) return start + found;
    }
  }
  return -1;
}

/** How often something occurs, without overlaps; see `MemoryMappedFile.count`. */
export function count(source: ViewSource, needle: Needle, range?: SearchOptions): number {
  const search = checkSearch(source, needle, range);
  const { wanted, ignoreCase } = search;
  return wanted.length === 1 && !ignoreCase
    ? countByte(source, wanted[0] as number, search)
    : countMatches(source, search);
}

function checkSearch(source: ViewSource, needle: Needle, range?: SearchOptions): Search {
  const wanted = needleBytes(needle);
  const checked = checkOptions("range", range, SEARCH_OPTIONS);
  const { ignoreCase = false } = checked;
  checkBoolean("ignoreCase", ignoreCase);
  return { wanted, ignoreCase, ...checkRange(source.capacity, checked) };
}

function planOf({ wanted, ignoreCase, from, to }: Search, seeksAll: boolean): NeedlePlan {
  return needlePlan([wanted], { ignoreCase, seeksAll, totalBytes: to - from });
}

/** Finds the last match in some bytes: the matches that a search from the front leaves out overlap others. */
function lastIgnoringCase(wanted: Buffer, totalBytes: number): (bytes: Buffer) => number {
  const find = needleFinder(needlePlan([wanted], { ignoreCase: true, seeksAll: true, totalBytes }));
  return (bytes) => {
    let last = -1;
    const from = [0];
    find(bytes, from, (_, at) => {
      last = at;
      from[0] = at + 1;
      return false;
    });
    return last;
  };
}

function countByte(source: ViewSource, wanted: number, span: Span): number {
  const countIn = byteCounter(span.to - span.from);
  const isCopied = countIn !== countPlainly;
  let total = 0;
  for (const { bytes, copy } of windows(source, { ...span, isCopied })) {
    total += countIn(bytes, wanted, copy);
  }
  return total;
}

function countMatches(source: ViewSource, search: Search): number {
  const plan = planOf(search, true);
  const find = needleFinder(plan);
  let total = 0;
  /** Where the next match may begin: behind the end of the last one. */
  let next = 0;
  const isCopied = plan.rest.length === 0;
  const options = { ...search, overlap: search.wanted.length - 1, isCopied };
  for (const { start, bytes, copy } of windows(source, options)) {
    const from = [Math.max(0, next - start)];
    const count = (): boolean => {
      total++;
      return false;
    };
    find(bytes, from, count, copy);
    next = start + (from[0] as number);
  }
  return total;
}
