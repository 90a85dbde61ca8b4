/**
 * Records that tell whether they are whole.
 *
 * @module
 */

/** A record of some length with a checksum of its own, which has nothing to do with the journal's. */
export function stormRecord(seed: number): Uint8Array {
  const length = 8 + ((seed * 7919) % 3000);
  const record = new Uint8Array(length).map((_, i) => (seed + i * 31) & 255);
  new DataView(record.buffer).setUint32(0, Bun.hash.adler32(record.subarray(4)));
  return record;
}

/** Whether a record is as one was made. */
export function isWholeStormRecord(record: Uint8Array): boolean {
  const { buffer, byteOffset } = record;
  return new DataView(buffer, byteOffset).getUint32(0) === Bun.hash.adler32(record.subarray(4));
}
