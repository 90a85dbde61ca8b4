/**
 * Scans one file through a map of it.
 *
 * @module
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { MemoryMappedFile, NotSupportedError } from "@isthmus/core";
import { createBreather } from "../breather.ts";
import { newTextStatistics } from "./fast-text-statistics.ts";
import { MatchCounter } from "./match-counter.ts";
import type { TextSummary } from "./text-statistics.ts";

/** What to look for and whom to tell. */
export interface ScanOptions {
  /** Text whose matches are counted, as UTF-8 bytes. */
  readonly find?: string | undefined;
  /** Aborts the scan within about 50 ms. */
  readonly signal: AbortSignal;
  /** Told the file's size once, when it is known; returns who is told how much is done. */
  readonly onStart?: (totalBytes: number) => (doneBytes: number) => void;
}

/** What a scan found. */
export interface ScanResult extends TextSummary {
  /** The number of matches that do not overlap; `undefined` when nothing was looked for. */
  readonly matches: number | undefined;
  /** The offset of the first match. */
  readonly firstMatchOffset: number | undefined;
  /** How long the scan took, from opening to the last byte. */
  readonly elapsedMs: number;
}

/**
 * One window: large enough that a system call for each is nothing, small enough to stay in cache.
 */
const CHUNK_BYTES: number = 1 << 20;

/**
 * Maps a file and reads it once from end to end, in constant memory whatever its size.
 *
 * @param path The file.
 * @param options What to look for and whom to tell.
 * @returns The statistics.
 * @throws {SystemError} when the file cannot be opened or mapped.
 * @throws {NotSupportedError} when it is a pipe, a terminal or another thing that cannot be mapped.
 * @throws {InterruptedError} when `signal` was aborted with one.
 */
export async function scanFile(path: string, options: ScanOptions): Promise<ScanResult> {
  const startMs = performance.now();
  if (isEmptyFile(path)) {
    const elapsedMs = performance.now() - startMs;
    const matches = options.find === undefined ? undefined : 0;
    return { ...newTextStatistics().finish(), matches, firstMatchOffset: undefined, elapsedMs };
  }
  const statistics = newTextStatistics();
  const needle = new TextEncoder().encode(options.find ?? "");
  // Matches of a single byte are in the histogram already; a search for each would only be slower.
  const counter = needle.length > 1 ? new MatchCounter(needle) : undefined;
  const breathe = createBreather(options.signal);

  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  const update = options.onStart?.(file.capacity);
  let doneBytes = 0;
  for (const chunk of file.chunks({ size: CHUNK_BYTES })) {
    statistics.add(chunk);
    counter?.add(chunk);
    doneBytes += chunk.length;
    update?.(doneBytes);
    await breathe();
  }

  const summary = statistics.finish();
  const found = counter ?? countByte(file, needle[0], summary.histogram);
  return {
    ...summary,
    matches: options.find === undefined ? undefined : (found?.matches ?? 0),
    firstMatchOffset: found?.firstOffset,
    elapsedMs: performance.now() - startMs,
  };
}

/**
 * Whether a regular file has no content. There is nothing to map then, on any operating system, but
 * the statistics of nothing are still known.
 *
 * @throws {NotSupportedError} when it says that it is empty and is not, as the files of /proc do.
 */
function isEmptyFile(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  // Everything else is for the library to open, or to refuse with its own reasons.
  if (status === undefined || !status.isFile() || status.size > 0) return false;
  const fd = openSync(path, "r");
  try {
    if (readSync(fd, new Uint8Array(1)) === 0) return true;
  } finally {
    closeSync(fd);
  }
  throw new NotSupportedError(
    `Cannot map "${path}": it gives its size as 0 but has content, so it is made when it is read`,
  );
}

function countByte(
  file: MemoryMappedFile,
  byte: number | undefined,
  histogram: Float64Array,
): Pick<MatchCounter, "matches" | "firstOffset"> | undefined {
  const matches = byte === undefined ? 0 : (histogram[byte] ?? 0);
  if (byte === undefined || matches === 0) return undefined;
  return { matches, firstOffset: file.indexOf(byte) };
}
