/**
 * Sliding a window over a file: the one way in which content analysis sees bytes.
 *
 * @module
 */
import { DisposedError } from "../errors.ts";
import { mapView } from "../map-pages.ts";
import { checkFaults, type ViewSource } from "../view.ts";
import type { CopyBytes } from "./kernel/copy-bytes.ts";
import { readingCopier, readPlace } from "./read-place.ts";

/** How much of the file is mapped at a time, in bytes: what a scan adds to the process's memory. */
export const SCAN_WINDOW_BYTES: number = 8 << 20;

/** How much of it is mapped at a time where it is read instead: what nobody touches adds nothing, and mapping it takes time. */
export const READ_WINDOW_BYTES: number = 64 << 20;

/** How much of it is read at a time for whoever looks at it in memory of the scan's own: the second level of a cache holds it. */
const READ_PIECE_BYTES = 512 << 10;

/** Why a scan cannot go on whose bytes were transferred to somebody else: the rest of the window went with them. */
const GONE =
  "its buffer has been transferred away in the loop; transfer a copy (`slice()`) instead";

/** A part of a file that is mapped at the moment. */
export interface ScanWindow {
  /** Where the window begins in the map, in bytes. */
  readonly start: number;
  /** The bytes; dead once the next window is asked for. */
  readonly bytes: Buffer;
  /** Copies bytes out of the window: with `isCopied`, without touching it where its file can be read. */
  readonly copy: CopyBytes;
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
  /** Whether bytes are only copied out of windows, which are longer then where they can be read. */
  readonly isCopied?: boolean;
  /**
   * Whether bytes may be in memory of the scan's own, which is used for the next window again: then what can be read is, in
   * smaller windows without an overlap.
   */
  readonly isRead?: boolean;
}

/**
 * Maps one window after the other, and unmaps each when the next is asked for or the loop ends.
 *
 * @param source The map; its file stays open until the loop ends, even when the map is disposed before.
 * @throws {FileTruncatedError} When the file has become shorter than the map.
 * @throws {DisposedError} When the loop has transferred the window's buffer away and asks for more.
 */
export function* windows(source: ViewSource, options: WindowOptions): Generator<ScanWindow, void> {
  const { from, to, stride = SCAN_WINDOW_BYTES, overlap = 0, isRead = false } = options;
  const mayRead = isRead || options.isCopied === true;
  const { backing } = source;
  backing.retain();
  try {
    let room: Buffer | undefined;
    let mustMapUntil = mayRead ? from : to;
    for (let start = from, step = 0; start < to; start += step) {
      step = start < mustMapUntil ? stride : READ_WINDOW_BYTES;
      const end = Math.min(start + step + overlap, to);
      backing.checkReaches(end);
      using mapping = mapView(backing, start, end - start, "read");
      const place = mayRead ? readPlace(mapping, backing, start) : undefined;
      if (place === undefined && start >= mustMapUntil) {
        mustMapUntil = start + step;
        step = 0;
        continue;
      }
      // Not "populate": the kernel enters pages one by one then, and many at a time when they are touched (decision 0014).
      if (place === undefined) mapping.adviseReading(0, end - start);
      const { buffer, byteOffset, byteLength } = mapping.bytes(0, end - start);
      const bytes = Buffer.from(buffer, byteOffset, byteLength);
      const copy = readingCopier(bytes, place, backing, end);
      try {
        if (isRead && place !== undefined) {
          room ??= Buffer.allocUnsafeSlow(READ_PIECE_BYTES);
          yield* readPieces(start, bytes.length, copy, room);
        } else yield { start, bytes, copy };
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

/** Reads a window in pieces, one after the other into the same memory. */
function* readPieces(
  start: number,
  lengthBytes: number,
  copy: CopyBytes,
  room: Buffer,
): Generator<ScanWindow, void> {
  for (let at = 0; at < lengthBytes; at += READ_PIECE_BYTES) {
    // Whoever was shown the last piece may have given it away.
    if (room.length === 0) throw new DisposedError("window", GONE);
    const bytes = room.subarray(0, Math.min(READ_PIECE_BYTES, lengthBytes - at));
    copy(at, bytes);
    yield { start: start + at, bytes, copy };
  }
}
