/**
 * What both ends of a transfer agree on.
 *
 * @module
 */

/** Sizes of records in bytes. */
export const TRANSFER_SIZES: readonly number[] = [16, 64, 256, 1024, 4096, 16_384, 65_536, 1 << 20];

/** Room of a channel: eight of the largest records. */
export const CHANNEL_BYTES: number = 8 << 20;

/** Bytes of the record that makes a round trip. */
export const LATENCY_FRAME_BYTES = 64;

/** A picture of 1920 x 1080 pixels of four bytes, and room for several of them. */
export const PICTURE_BYTES: number = 1920 * 1080 * 4;
export const PICTURES_BYTES: number = 64 << 20;
export const PICTURES_PER_SECOND = 60;
