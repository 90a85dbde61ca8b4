/**
 * The first page of a segment.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { crcOf } from "./crc.ts";
import { FORMAT_VERSION, ID_BYTES, SEGMENT, SEGMENT_MAGIC } from "./journal-layout.ts";

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
  view.setFloat64(SEGMENT.synced, header.first - 1, true);
  return bytes;
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
  if (lengthBytes < SEGMENT.records || bytes.length < SEGMENT.failed + 4) {
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
