/**
 * The 64-bit fingerprint of a schema: two processes may share a record only when theirs are equal.
 *
 * FNV-1a over the UTF-8 bytes of the canonical text (see `canonical.ts`), with the published 64-bit
 * parameters. In C:
 *
 * ```c
 * uint64_t h = 0xcbf29ce484222325;
 * for (size_t i = 0; i < n; i++) h = (h ^ text[i]) * 0x100000001b3;
 * ```
 *
 * It guards against mistakes, not against an adversary: whoever may write the segment may forge it.
 *
 * @module
 */

const OFFSET_BASIS = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/** A 64-bit hash in the forms that segments and messages need. */
export interface Fingerprint {
  /** Bits 0 to 31. */
  readonly low: number;
  /** Bits 32 to 63. */
  readonly high: number;
  /** All bits as 16 hexadecimal digits in lower case, the highest first. */
  readonly hex: string;
}

/** 64 bits as 16 hexadecimal digits. */
export function fingerprintText(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}

/**
 * Hashes a text.
 *
 * @param text The canonical text of a schema.
 * @returns Its FNV-1a hash, frozen.
 */
export function fingerprintOf(text: string): Fingerprint {
  // BigInt is slow and does not matter here: this runs once per schema.
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  }
  return Object.freeze({
    low: Number(hash & 0xffffffffn),
    high: Number(hash >> 32n),
    hex: fingerprintText(hash),
  });
}
