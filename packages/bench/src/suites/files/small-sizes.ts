/**
 * The sizes of small files, on both sides of `MemoryMappedFile.threshold`.
 *
 * @module
 */

/** In bytes. */
export const SMALL_SIZES: readonly number[] = [12, 14, 16, 18, 20, 22, 24].map((bits) => 2 ** bits);
