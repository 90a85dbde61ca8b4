/**
 * A message: records of one lane that follow each other, and which ones they are.
 *
 * ```text
 *    0 ┌ magic          u32   "ISTB"
 *    4 │ version        u32   1
 *    8 │ epoch          u64   random number of the creation of what the records come from
 *   16 │ fingerprint    u64   of their schema
 *   24 │ bridge         u64   random number of the bridge that sent it
 *   32 │ lane           u32
 *   36 │ count          u32   how many records
 *   40 │ from           f64   position of the first one
 *   48 │ to             f64   position behind the last one
 *   56 │ lost           f64   how many records are known to be missing before the first one
 *   64 └ records
 * ```
 *
 * Everything is little-endian. Records of one size follow each other; each record of any size has its length (u32) before it and the
 * position behind it, counted from `from` (u32).
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";

/** Bytes before the records. */
export const FRAME_HEADER_BYTES = 64;

/** Bytes before a record of any size. */
export const RECORD_HEADER_BYTES = 8;

const MAGIC = 0x42_54_53_49;
const VERSION = 1;
const AT = {
  magic: 0,
  version: 4,
  epoch: 8,
  fingerprint: 16,
  bridge: 24,
  lane: 32,
  count: 36,
  from: 40,
  to: 48,
  lost: 56,
} as const;

/** Where records come from: one sender's, in order. */
export interface LaneKey {
  readonly epoch: bigint;
  readonly lane: number;
}

/** What stands before the records. */
export interface FrameHeader extends LaneKey {
  readonly fingerprint: bigint;
  readonly bridge: bigint;
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly lost: number;
}

/** A message as it is received: nothing of it is believed before it was checked. */
export interface Frame extends FrameHeader {
  readonly payload: Uint8Array;
}

/** Makes a message. */
export function encodeFrame(header: FrameHeader, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + payload.length);
  bytes.writeUInt32LE(MAGIC, AT.magic);
  bytes.writeUInt32LE(VERSION, AT.version);
  bytes.writeBigUInt64LE(header.epoch, AT.epoch);
  bytes.writeBigUInt64LE(header.fingerprint, AT.fingerprint);
  bytes.writeBigUInt64LE(header.bridge, AT.bridge);
  bytes.writeUInt32LE(header.lane, AT.lane);
  bytes.writeUInt32LE(header.count, AT.count);
  bytes.writeDoubleLE(header.from, AT.from);
  bytes.writeDoubleLE(header.to, AT.to);
  bytes.writeDoubleLE(header.lost, AT.lost);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

/**
 * Reads a message.
 *
 * @throws {CorruptSegmentError} When it cannot be one.
 */
export function decodeFrame(data: Uint8Array): Frame {
  const { buffer, byteOffset, length } = data;
  const bytes = Buffer.from(buffer, byteOffset, length);
  if (length < FRAME_HEADER_BYTES || bytes.readUInt32LE(AT.magic) !== MAGIC) {
    throw new CorruptSegmentError(`A message of ${length} bytes is none of a bridge`);
  }
  const version = bytes.readUInt32LE(AT.version);
  if (version !== VERSION) {
    throw new CorruptSegmentError(
      `A message has version ${version} where this bridge knows ${VERSION}: use the same release at both ends`,
    );
  }
  const frame = {
    epoch: bytes.readBigUInt64LE(AT.epoch),
    fingerprint: bytes.readBigUInt64LE(AT.fingerprint),
    bridge: bytes.readBigUInt64LE(AT.bridge),
    lane: bytes.readUInt32LE(AT.lane),
    count: bytes.readUInt32LE(AT.count),
    from: bytes.readDoubleLE(AT.from),
    to: bytes.readDoubleLE(AT.to),
    lost: bytes.readDoubleLE(AT.lost),
    payload: data.subarray(FRAME_HEADER_BYTES),
  };
  const { from, to, lost } = frame;
  const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
  if (!isCount(from) || !isCount(to) || !isCount(lost) || to < from) {
    throw new CorruptSegmentError(`A message cannot be from ${from} to ${to}, with ${lost} lost`);
  }
  return frame;
}

/** One record within a message. */
export interface FrameRecord {
  /** Where it is in the payload, in bytes. */
  readonly start: number;
  readonly end: number;
  /** Position behind it. */
  readonly position: number;
}

/**
 * Finds the records of a message.
 *
 * @param recordBytes Their size; 0 when they have any.
 * @throws {CorruptSegmentError} When they cannot be there.
 */
export function recordsOf({ payload, count, from, to }: Frame, recordBytes: number): FrameRecord[] {
  const records: FrameRecord[] = [];
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const isSized = recordBytes > 0;
    const start = isSized ? at : at + RECORD_HEADER_BYTES;
    if (start > payload.length) throw short(payload, count);
    const end = start + (isSized ? recordBytes : view.getUint32(at, true));
    const position = from + (isSized ? i + 1 : view.getUint32(at + 4, true));
    if (end > payload.length) throw short(payload, count);
    records.push({ start, end, position });
    at = end;
  }
  if (at !== payload.length || (records.at(-1)?.position ?? from) !== to) {
    throw short(payload, count);
  }
  return records;
}

function short({ length }: Uint8Array, count: number): CorruptSegmentError {
  return new CorruptSegmentError(`A message of ${length} bytes cannot have ${count} such records`);
}
