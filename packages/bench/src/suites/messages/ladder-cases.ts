/**
 * The rungs from a bare ring to a channel, for the suite and its code. Each has what the one before it has, but for `each` and
 * `object`, which begin at `typed` anew.
 *
 * @module
 */

/** What is written to by twins. */
export const TWINS = {
  typed: "a typed array, published every 64",
  view: "the same through a DataView",
  cursor: "a callback that assigns the fields of a cursor",
  look: "a look after each record whether anybody waits",
  guard: "a mark while it is written, and runs of free slots",
  counted: "figures, and a look for sleepers with each publication",
  each: "a typed array, each record published",
  eachLooked: "each record published, with a look for sleepers",
  object: "a typed array, from a new object each",
  encode: "schema.encode of a new object each",
} as const;

/** What is written to by a channel. */
export const CHANNELS = {
  batch: "Producer.batch(256)",
  claim: "Producer.claim",
  send: "Producer.send of a new object",
} as const;

export type Twin = keyof typeof TWINS;
export type ChannelRung = keyof typeof CHANNELS;
export type Rung = Twin | ChannelRung;

/** All of them. */
export const RUNGS: readonly (readonly [Rung, string])[] = Object.entries({
  ...TWINS,
  ...CHANNELS,
}) as [Rung, string][];

/** Whether the reader is this process, or another one, so that cache lines travel. */
export const READERS = ["near", "far"] as const;
export type Reader = (typeof READERS)[number];

/** The name of a case. */
export function ladderCase(rung: Rung, reader: Reader): string {
  return `${rung}-${reader}`;
}
