/**
 * Values that say whether they are whole.
 *
 * @module
 */

/** Bytes that begin with the checksum of the rest and of the key. */
export function checkedValue(key: string, lengthBytes: number): Uint8Array {
  const value = crypto.getRandomValues(new Uint8Array(4 + lengthBytes));
  new DataView(value.buffer).setUint32(0, sumOf(key, value), true);
  return value;
}

/** Whether a value is one of a key's, whole. */
export function isWhole(key: string, value: Uint8Array): boolean {
  if (value.length < 4) return false;
  return new DataView(value.buffer, value.byteOffset).getUint32(0, true) === sumOf(key, value);
}

function sumOf(key: string, value: Uint8Array): number {
  return Bun.hash.crc32(value.subarray(4), Bun.hash.crc32(key));
}
