/**
 * The first page of a segment.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { CorruptSegmentError } from "@isthmus/core";
import {
  FORMAT_VERSION,
  FRAME_BYTES_MIN,
  ID_BYTES,
  isTime,
  RECORD_BYTES_MIN,
  SEGMENT,
  SEGMENT_BYTES_MAX,
  SEGMENT_BYTES_MIN,
  SEGMENT_MAGIC,
} from "./journal-layout.ts";
import type { FramePlace, IndexEntry, SegmentIdentity } from "./segment-index.ts";
import type { JournalStorage } from "./storage.ts";

/** What a segment says of itself. */
export interface SegmentHeader {
  readonly first: number;
  readonly segmentBytes: number;
  /** Time of the record before, in milliseconds since 1970. */
  readonly time: number;
}

/** A header as whoever only reads finds it. */
export interface FoundHeader extends SegmentHeader, SegmentIdentity {
  /** A frame that was on the disk when it was named, and may be of any time. */
  readonly mark: IndexEntry | undefined;
}

/** The bytes of a header. */
export function encodeHeader(id: Uint8Array, header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT.frames);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(SEGMENT_MAGIC), SEGMENT.magic);
  view.setUint32(SEGMENT.version, FORMAT_VERSION, true);
  view.setUint32(SEGMENT.headerBytes, SEGMENT.frames, true);
  bytes.set(id, SEGMENT.id);
  view.setFloat64(SEGMENT.first, header.first, true);
  view.setFloat64(SEGMENT.segmentBytes, header.segmentBytes, true);
  view.setFloat64(SEGMENT.time, header.time, true);
  view.setUint32(SEGMENT.crc, crc32(bytes.subarray(0, SEGMENT.crc)), true);
  encodeSynced(bytes, header.first - 1);
  return bytes;
}

/** Writes into a header up to which sequence everything is on the disk. */
export function encodeSynced(bytes: Uint8Array, sequence: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setFloat64(SEGMENT.synced, sequence, true);
  view.setUint32(SEGMENT.syncedCrc, syncedCrc(bytes), true);
}

/** What `syncedCrc` must be. */
export function syncedCrc(bytes: Uint8Array): number {
  return crc32(bytes.subarray(SEGMENT.synced, SEGMENT.synced + 8));
}

/**
 * Up to which sequence a segment says that everything is on the disk; one less than its first where it says nothing.
 *
 * @param bytes At least the first 80 bytes of the file.
 */
export function decodeSynced(bytes: Uint8Array, first: number, lengthBytes: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const synced = view.getFloat64(SEGMENT.synced, true);
  const isKnown =
    Number.isSafeInteger(synced) &&
    synced >= first &&
    synced < first + lengthBytes / RECORD_BYTES_MIN &&
    view.getUint32(SEGMENT.syncedCrc, true) === syncedCrc(bytes);
  return isKnown ? synced : first - 1;
}

/** What `markCrc` must be. */
export function markCrc(bytes: Uint8Array): number {
  return crc32(bytes.subarray(SEGMENT.mark, SEGMENT.markCrc));
}

/**
 * A frame up to which everything is on the disk; undefined where the segment names none. It is looked at like any other before anything is made of it.
 *
 * @param bytes At least the first 96 bytes of the file.
 */
export function decodeMark(bytes: Uint8Array): FramePlace | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sequence = view.getFloat64(SEGMENT.mark, true);
  const offset = view.getUint32(SEGMENT.markOffset, true);
  const isKnown =
    Number.isSafeInteger(sequence) &&
    sequence > 0 &&
    offset >= SEGMENT.frames &&
    offset % 8 === 0 &&
    view.getUint32(SEGMENT.markCrc, true) === markCrc(bytes);
  return isKnown ? { sequence, offset } : undefined;
}

/**
 * Reads a header.
 *
 * @param bytes At least the first 80 bytes of the file.
 * @param lengthBytes Of the file.
 * @param first With which sequence its name says that it begins.
 * @throws {CorruptSegmentError} When anything in it is wrong.
 */
export function decodeHeader(
  bytes: Uint8Array,
  lengthBytes: number,
  id: Uint8Array,
  first: number,
): SegmentHeader {
  const refuse = (what: string): never => {
    throw new CorruptSegmentError(`Cannot use the journal's segment ${first}: ${what}`);
  };
  if (lengthBytes < SEGMENT.frames || bytes.length < SEGMENT.syncedCrc + 4) {
    return refuse(`it has ${lengthBytes} bytes, less than its header`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.subarray(0, SEGMENT_MAGIC.length)).toString("latin1");
  if (magic !== SEGMENT_MAGIC) return refuse("it does not begin as segments do");
  const version = view.getUint32(SEGMENT.version, true);
  if (version !== FORMAT_VERSION)
    return refuse(`it is of version ${version}, not ${FORMAT_VERSION}`);
  if (view.getUint32(SEGMENT.crc, true) !== crc32(bytes.subarray(0, SEGMENT.crc))) {
    return refuse("the CRC of its header is wrong");
  }
  if (Buffer.compare(bytes.subarray(SEGMENT.id, SEGMENT.id + ID_BYTES), id) !== 0) {
    return refuse("it belongs to another journal");
  }
  const found = {
    first: view.getFloat64(SEGMENT.first, true),
    segmentBytes: view.getFloat64(SEGMENT.segmentBytes, true),
    time: view.getFloat64(SEGMENT.time, true),
  };
  if (found.first !== first) return refuse(`it begins with record ${found.first}`);
  if (view.getUint32(SEGMENT.headerBytes, true) !== SEGMENT.frames)
    return refuse("its header is longer");
  if (!isLength(found.segmentBytes, lengthBytes)) {
    return refuse(`it is to have ${found.segmentBytes} bytes`);
  }
  if (!isTime(found.time)) return refuse(`it begins behind the time ${found.time}`);
  return found;
}

/** Whether a segment can have so many bytes: what a journal may ask for, or what its file has, with a frame and the seal. */
function isLength(segmentBytes: number, lengthBytes: number): boolean {
  if (segmentBytes > SEGMENT_BYTES_MAX) return false;
  if (segmentBytes >= SEGMENT_BYTES_MIN && segmentBytes % 4096 === 0) return true;
  const isRoom = segmentBytes >= SEGMENT.frames + 2 * FRAME_BYTES_MIN && segmentBytes % 8 === 0;
  return isRoom && segmentBytes === lengthBytes;
}

/** The header of a segment; undefined when the segment is missing, or none. */
export function readHeader(
  storage: JournalStorage,
  id: Uint8Array,
  first: number,
): FoundHeader | undefined {
  const file = storage.openForReading(first);
  if (file === undefined) return undefined;
  try {
    const head = new Uint8Array(SEGMENT.frames);
    const bytes = head.subarray(0, file.read(0, head));
    const header = decodeHeader(bytes, file.lengthBytes, id, first);
    const crc = new DataView(head.buffer).getUint32(SEGMENT.crc, true);
    const mark = decodeMark(head);
    return { ...header, id, crc, mark: mark && { ...mark, time: 0 } };
  } catch (error) {
    if (error instanceof CorruptSegmentError) return undefined;
    throw error;
  } finally {
    file.close();
  }
}
