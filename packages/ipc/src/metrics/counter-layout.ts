/**
 * The counters that every participant of a channel keeps, in memory that only it writes.
 *
 * ```text
 *   0 ┌ records        f64   sent, or consumed
 *   8 │ bytes          f64   of their payloads
 *  16 │ waits          f64   how often there was no room (producer) or nothing to consume (consumer) and it waited
 *  24 │ drops          f64   records that were refused for want of room (sender), or skipped for a newer one (receiver)
 *  32 │ corruptions    f64   impossible positions, lengths and contents that were found (consumer)
 *  40 │ lastActivity   f64   milliseconds since 1970 of the last activity, exact to some of them
 *  48 │ errors         f64   requests that were answered with an error (service)
 *  56 └ timeouts       f64   requests whose time was over (requester)
 *  64
 * ```
 *
 * Whole numbers up to 2^53 as IEEE doubles: one aligned store of 8 bytes, which no reader sees in halves, and no
 * BigInt. They are written once per batch, shortly after the position that publishes or releases it, so that they
 * may be behind it by a batch, and stay so by one batch after a crash. They are on a cache line of their own: on that of
 * the position, every one of them would wait for the other side to give the line back that it is looking at.
 *
 * @module
 */

/** Bytes of one participant's counters. */
export const COUNTERS_BYTES = 64;

/** Positions of the counters, in units of 8 bytes. */
export const COUNTER = {
  records: 0,
  bytes: 1,
  waits: 2,
  drops: 3,
  corruptions: 4,
  lastActivity: 5,
  errors: 6,
  timeouts: 7,
} as const;

/** The name of a counter. */
export type CounterName = keyof typeof COUNTER;

if (Object.keys(COUNTER).length * 8 > COUNTERS_BYTES) throw new Error("counters: too many");
