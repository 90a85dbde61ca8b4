/**
 * How the rings of channels and services differ from those of topics for somebody who only reads along.
 *
 * @module
 */
import { BROADCAST, PADDING } from "../ring/broadcast-layout.ts";
import { LANE, positionAt } from "../ring/lane-layout.ts";
import type { ObservedWords } from "./observed-words.ts";

/** Which records of a ring are there. */
export interface Positions {
  /** Everything before this may be overwritten already. */
  readonly head: number;
  /** Everything before this is published. */
  readonly tail: number;
}

/** The header of a record that says its own length. */
export interface RecordHeader {
  readonly payloadBytes: number;
  /** Whether it only fills the end of the ring. */
  readonly isPadding: boolean;
}

/** What one kind of ring says in its own way. */
export interface RingRules {
  /** The part of a ring, counted back from its newest record, of which records before the head are taken as whole. */
  readonly wholeShare: number;
  /** Where to go on after falling behind: far enough from the limit that the next copy comes in time. */
  readonly fallBackShare: number;
  /** Reads the head, then the tail. */
  readonly positions: (header: ObservedWords) => Positions;
  /** Reads a record's header from its two words. */
  readonly header: (length: number, tag: number) => RecordHeader;
}

/** Marks what only fills the end of a ring of a channel or a service. */
const PADDING_TAG = 0xffff_ffff;

/**
 * Rings with one consumer, whose head says what it has released: that may be overwritten, but only by what is not
 * published yet. It is taken as whole while the published records have not come nearer than half of the ring: only a
 * batch that is longer than that can spoil it.
 */
export const CHANNEL_RULES: RingRules = {
  wholeShare: 1 / 2,
  fallBackShare: 1 / 4,
  positions: (header) => {
    // The head first: what has been consumed by then had been published before.
    const head = positionAt(header, LANE.head);
    return { head, tail: positionAt(header, LANE.tail) };
  },
  header: (length, tag) => ({ payloadBytes: length, isPadding: tag === PADDING_TAG }),
};

/**
 * Rings of a publisher, which says what it is going to overwrite before it does: what is not announced after the copy is
 * whole for certain, and nothing else is.
 */
export const TOPIC_RULES: RingRules = {
  wholeShare: 0,
  fallBackShare: 0,
  positions: (header) => {
    const head = positionAt(header, BROADCAST.oldest);
    return { head, tail: positionAt(header, BROADCAST.tail) };
  },
  header: (length) => ({
    payloadBytes: (length & ~PADDING) >>> 0,
    isPadding: (length & PADDING) !== 0,
  }),
};
