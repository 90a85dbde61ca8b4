/**
 * The first page of a segment.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { crcOf } from "./crc.ts";
import { FORMAT_VERSION, ID_BYTES, RECORD, SEGMENT, SEGMENT_MAGIC } from "./journal-layout.ts";

/** What a segment says of itself. */
export interface SegmentHeader {
  readonly first: number;
  readonly segmentBytes: number;
  /** Time of the record before, in milliseconds since 1970. */
  readonly time: number;
}

/** The bytes of a header. */
export function encodeHeader(id: Uint8Array, header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT.records);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(SEGMENT_MAGIC), SEGMENT.magic);
  view.setUint32(SEGMENT.version, FORMAT_VERSION, true);
  view.setUint32(SEGMENT.headerBytes, SEGMENT.records, true);
  bytes.set(id, SEGMENT.id);
  view.setFloat64(SEGMENT.first, header.first, true);
  view.setFloat64(SEGMENT.segmentBytes, header.segmentBytes, true);
  view.setFloat64(SEGMENT.time, header.time, true);
  view.setUint32(SEGMENT.crc, crcOf(bytes, 0, SEGMENT.crc, 0), true);
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
  return crcOf(bytes, SEGMENT.synced, SEGMENT.synced + 8, 0);
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
    synced < first + lengthBytes / RECORD.payload &&
    view.getUint32(SEGMENT.syncedCrc, true) === syncedCrc(bytes);
  return isKnown ? synced : first - 1;
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
  if (lengthBytes < SEGMENT.records || bytes.length < SEGMENT.syncedCrc + 4) {
    return refuse(`it has ${lengthBytes} bytes, less than its header`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.subarray(0, SEGMENT_MAGIC.length)).toString("latin1");
  if (magic !== SEGMENT_MAGIC) return refuse("it does not begin as segments do");
  const version = view.getUint32(SEGMENT.version, true);
  if (version !== FORMAT_VERSION)
    return refuse(`it is of version ${version}, not ${FORMAT_VERSION}`);
  if (view.getUint32(SEGMENT.crc, true) !== crcOf(bytes, 0, SEGMENT.crc, 0)) {
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
  if (view.getUint32(SEGMENT.headerBytes, true) !== SEGMENT.records)
    return refuse("its header is longer");
  return found;
}
