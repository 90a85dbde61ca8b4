/**
 * Sliding a window over a file: the one way in which content analysis sees bytes.
 *
 * @module
 */
import { DisposedError } from "../errors.ts";
import { mapView } from "../map-pages.ts";
import { checkFaults, type ViewSource } from "../view.ts";

/** How much of the file is mapped at a time, in bytes: what a scan adds to the process's memory. */
export const SCAN_WINDOW_BYTES: number = 8 << 20;

/** Why a scan cannot go on whose bytes were transferred to somebody else: the rest of the window went with them. */
const GONE =
  "its buffer has been transferred away in the loop; transfer a copy (`slice()`) instead";

/** A part of a file that is mapped at the moment. */
export interface ScanWindow {
  /** Where the window begins in the map, in bytes. */
  readonly start: number;
  /** The bytes; dead once the next window is asked for. */
  readonly bytes: Buffer;
}

/** What to slide over. */
export interface WindowOptions {
  /** First byte. */
  readonly from: number;
  /** End, exclusive. */
  readonly to: number;
  /** By how many bytes windows are apart. Default `SCAN_WINDOW_BYTES`. */
  readonly stride?: number;
  /** How many bytes of the next window each one also shows, for matches that cross from one to the next. */
  readonly overlap?: number;
}

/**
 * Maps one window after the other, and unmaps each when the next is asked for or the loop ends.
 *
 * @param source The map; its file stays open until the loop ends, even when the map is disposed before.
 * @throws {FileTruncatedError} When the file has become shorter than the map.
 * @throws {DisposedError} When the loop has transferred the window's buffer away and asks for more.
 */
export function* windows(source: ViewSource, options: WindowOptions): Generator<ScanWindow, void> {
  const { from, to, stride = SCAN_WINDOW_BYTES, overlap = 0 } = options;
  const { backing } = source;
  backing.retain();
  try {
    for (let start = from; start < to; start += stride) {
      const end = Math.min(start + stride + overlap, to);
      backing.checkReaches(end);
      using mapping = mapView(backing, start, end - start, "read");
      // Not "populate": the kernel enters pages one by one then, and many at a time when they are touched (decision 0014).
      mapping.adviseReading(0, end - start);
      const { buffer, byteOffset, byteLength } = mapping.bytes(0, end - start);
      try {
        yield { start, bytes: Buffer.from(buffer, byteOffset, byteLength) };
      } finally {
        // Also when the loop is left early: a search may have found zeros that are not in the file.
        checkFaults(mapping, backing, start);
      }
      if (mapping.isGone) throw new DisposedError("window", GONE);
    }
  } finally {
    backing.release();
  }
}
