/**
 * The number by which a queue knows a key.
 *
 * @module
 */

/**
 * A hash of 53 bits, other ones in every queue: two multiplicative hashes of the text's UTF-16 units (after FNV-1a by
 * Fowler, Noll and Vo, with the finalizer of Appleby's MurmurHash3). Two keys with the same hash are treated as one,
 * which costs time and nothing else.
 *
 * @returns 1 to 2^53 - 1.
 */
export function hashOfKey(key: string, epoch: bigint): number {
  let low = Number(epoch & 0xffff_ffffn) | 0;
  let high = Number((epoch >> 32n) & 0xffff_ffffn) | 0;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x0100_0193);
    high = Math.imul(high ^ unit, 0x85eb_ca6b) + low;
  }
  const hash = (mixed(high) & 0x1f_ffff) * 2 ** 32 + (mixed(low ^ key.length) >>> 0);
  return hash === 0 ? 1 : hash;
}

function mixed(hash: number): number {
  let value = hash ^ (hash >>> 16);
  value = Math.imul(value, 0x85eb_ca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2_ae35);
  return value ^ (value >>> 16);
}
