/**
 * The sizes of records in the ring's suite.
 *
 * @module
 */

/** In bytes. */
export const RING_SIZES: readonly number[] = [16, 64, 256, 1024, 4096, 16_384, 65_536, 1 << 20];
