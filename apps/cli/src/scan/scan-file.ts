/**
 * Scans one file, through a map of it where it can be mapped.
 *
 * @module
 */
import { newTextStatistics, type TextSummary } from "@isthmus/core/internal";
import { createBreather } from "../breather.ts";

import { MatchCounter } from "./match-counter.ts";
import { openScanInput } from "./scan-input.ts";

/** What to look for and whom to tell. */
export interface ScanOptions {
  /** Text whose matches are counted, as UTF-8 bytes. */
  readonly find?: string | undefined;
  /** Aborts the scan within about 50 ms. */
  readonly signal: AbortSignal;
  /** Told the size once, `undefined` where it is not known before the end; returns who is told how much is done. */
  readonly onStart?: (totalBytes: number | undefined) => (doneBytes: number) => void;
}

/** What a scan found. */
export interface ScanResult extends TextSummary {
  /** The number of matches that do not overlap; `undefined` when nothing was looked for. */
  readonly matches: number | undefined;
  /** The offset of the first match. */
  readonly firstMatchOffset: number | undefined;
  /** How long the scan took, from the first byte to the last: without what comes before, such as a writer's start. */
  readonly elapsedMs: number;
}

/**
 * Reads a file once from end to end, in constant memory whatever its size.
 *
 * @param path The file, or `"-"` for standard input.
 * @param options What to look for and whom to tell.
 * @returns The statistics.
 * @throws {SystemError} when the file cannot be opened or read.
 * @throws {InterruptedError} when `signal` was aborted with one.
 */
export async function scanFile(path: string, options: ScanOptions): Promise<ScanResult> {
  const { find, signal } = options;
  const statistics = newTextStatistics();
  const needle = new TextEncoder().encode(find ?? "");
  // Matches of a single byte are in the histogram already; a search for each would only be slower.
  const counter = needle.length > 1 ? new MatchCounter(needle) : undefined;
  let firstOffset: number | undefined;
  const breathe = createBreather(signal);

  using input = openScanInput(path, signal);
  const update = options.onStart?.(input.totalBytes);
  let startMs: number | undefined;
  let doneBytes = 0;
  for await (const chunk of input.chunks) {
    startMs ??= performance.now();
    statistics.add(chunk);
    if (counter !== undefined) counter.add(chunk);
    else if (needle.length === 1) firstOffset ??= offsetIn(chunk, needle, doneBytes);
    doneBytes += chunk.length;
    update?.(doneBytes);
    await breathe();
  }
  signal.throwIfAborted();

  const elapsedMs = startMs === undefined ? 0 : performance.now() - startMs;
  const summary = statistics.finish();
  const matches = counter?.matches ?? summary.histogram[needle[0] ?? 0] ?? 0;
  return {
    ...summary,
    matches: find === undefined ? undefined : matches,
    firstMatchOffset: counter?.firstOffset ?? firstOffset,
    elapsedMs,
  };
}

function offsetIn(chunk: Uint8Array, needle: Uint8Array, before: number): number | undefined {
  const at = chunk.indexOf(needle[0] ?? 0);
  return at === -1 ? undefined : before + at;
}
