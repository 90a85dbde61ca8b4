/**
 * The two counters of a lane: one producer, one consumer, and nothing that both write.
 *
 * ```text
 *   0 ┌ tail       u32   everything before this position is published; written by the producer
 *   4 │ tailHigh   u32   how often `tail` has wrapped around
 *   8 └ reserved   120 bytes
 * 128 ┌ head       u32   everything before this position is consumed; written by the consumer
 * 132 │ headHigh   u32   how often `head` has wrapped around
 * 136 │ isDry      u32   1 while the consumer has found nothing and wants to see the next record at once
 * 140 └ reserved   116 bytes
 * 256
 * ```
 *
 * Each side has 128 bytes of its own: two cache lines, because CPUs fetch them in pairs.
 *
 * @module
 */

/** Bytes of a lane's counters. */
export const LANE_HEADER_BYTES = 256;

/** Word offsets within a lane's counters. */
export const LANE = { tail: 0, tailHigh: 1, head: 32, headHigh: 33, isDry: 34 } as const;
