/**
 * Records of a storm: who has appended them, their number, and bytes that all follow from these.
 *
 * @module
 */
const HEADER_BYTES = 8;
const LONG_BYTES = 3000;
/** One record in so many is long, so that several segments begin in a moment. */
const ONE_IN_LONG = 9;

/** Who has appended a record, and which of its own it is. */
export interface StormRecord {
  readonly victim: number;
  readonly number: number;
}

/** The bytes of a record. */
export function encodeStormRecord({ victim, number }: StormRecord): Uint8Array {
  const length = HEADER_BYTES + (number % ONE_IN_LONG === 0 ? LONG_BYTES : number % 120);
  const record = new Uint8Array(length).fill((victim * 31 + number) & 255);
  const view = new DataView(record.buffer);
  view.setUint32(0, victim, true);
  view.setUint32(4, number, true);
  return record;
}

/** What a record is; undefined when it is not whole. */
export function decodeStormRecord(bytes: Uint8Array): StormRecord | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record = { victim: view.getUint32(0, true), number: view.getUint32(4, true) };
  return Buffer.compare(bytes, encodeStormRecord(record)) === 0 ? record : undefined;
}
