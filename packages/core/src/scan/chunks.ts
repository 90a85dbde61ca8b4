/**
 * A file as a sequence of chunks without copies.
 *
 * @module
 */
import { checkInteger, checkOptions, type OptionNames } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { checkRange, SCAN_RANGE, type ScanRange } from "./range.ts";
import { SCAN_WINDOW_BYTES, windows } from "./windows.ts";

/** Default size of a chunk in bytes. */
const CHUNK_BYTES = 1 << 20;
const CHUNK_BYTES_MAX = 2 ** 30;

/** Which bytes to see, and how many at a time. */
export interface ChunkOptions extends ScanRange {
  /** Bytes in every chunk but the last, 1 to 1 GiB. Default 1 MiB. */
  readonly size?: number | undefined;
}

const CHUNK_OPTIONS: OptionNames<ChunkOptions> = { size: true, ...SCAN_RANGE };

/**
 * Yields a map's bytes in order; see `MemoryMappedFile.chunks`.
 */
export function chunks(source: ViewSource, options?: ChunkOptions): Generator<Uint8Array, void> {
  const checked = checkOptions("options", options, CHUNK_OPTIONS);
  const { size = CHUNK_BYTES } = checked;
  checkInteger("size", size, 1, CHUNK_BYTES_MAX);
  const { from, to } = checkRange(source.capacity, checked);
  return walk(source, size, from, to);
}

function* walk(
  source: ViewSource,
  size: number,
  from: number,
  to: number,
): Generator<Uint8Array, void> {
  // Whole chunks in every window, so that none crosses from one into the next.
  const stride = size * Math.max(1, Math.floor(SCAN_WINDOW_BYTES / size));
  for (const { bytes } of windows(source, { from, to, stride })) {
    for (let start = 0; start < bytes.length; start += size) {
      const length = Math.min(size, bytes.length - start);
      yield new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
    }
  }
}
