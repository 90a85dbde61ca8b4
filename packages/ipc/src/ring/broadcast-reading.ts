/**
 * What a subscriber's way of reading a ring looks like to those who use it, whether the publisher waits for it or not.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { BROADCAST, UNIT_WORDS } from "./broadcast-layout.ts";
import { positionAt } from "./lane-layout.ts";

/** Where a subscriber begins. */
export interface Start {
  readonly position: number;
  /** The number of the first record from there on; undefined when it is not known. Only for records of any size. */
  readonly sequence: number | undefined;
}

/** What all ways of reading have in common. */
interface Reading {
  /** How many records went by unread. */
  readonly lost: number;
  /** How often the publisher has come round. */
  readonly laps: number;
  /** How often a counter or a length was found to be impossible. */
  readonly corruptions: number;
  /** More than 0 when there is something to be handed out, in slots or units. `laps` may have grown. */
  available(): number;
  /** How much has been handed out and not released, in slots or units. */
  readonly unreleased: number;
  /** Position of the next record to be handed out, modulo 2^32. */
  readonly position: number;
  /** Says that all records that were handed out have been read; false when there were none. */
  release(): boolean;
  /**
   * Says that those before a position have been read; false when that is nothing new.
   *
   * @param position Between what was released and what was handed out, modulo 2^32.
   */
  releaseTo(position: number): boolean;
  /**
   * Goes on at another position, at which a record begins.
   *
   * @param position Between what is released and what is published; the whole of it, where it is known.
   */
  goTo(position: number): void;
  /**
   * Takes the record that was handed out last back in: it is the next one again.
   *
   * @returns False when it has been released, or something was skipped since.
   */
  putBack(): boolean;
}

/** Records of one size. */
export interface FixedReading extends Reading {
  /** The slot of the next record. */
  readonly slot: number;
  /** How many records can be handed out that lie next to each other, from `slot` on. `laps` may have grown. */
  adjacent(): number;
  /** Takes records as handed out. */
  advance(count: number): void;
}

/** Where a record of any size is. One object is reused for all of them. */
export interface RecordPlace {
  /** Where the payload is, in bytes. */
  offset: number;
  /** Length of the payload in bytes. */
  length: number;
}

/** Records of any size. */
export interface ByteReading extends Reading {
  /**
   * Hands out the next record: fills in where it is, or returns false when there is none, and when some were lost
   * before it: `laps` has grown then.
   */
  take(into: RecordPlace): boolean;
}

/**
 * The number of the first record from a position on.
 *
 * @param words The segment.
 * @param base Word at which the publisher's counters begin.
 * @param data Word at which the ring's bytes begin.
 * @param units Length of the ring.
 * @param position Where a record begins, or will begin.
 * @returns Undefined when the publisher has gone past it.
 */
export function sequenceAt(
  words: Words,
  base: number,
  data: number,
  units: number,
  position: number,
): number | undefined {
  const sequence = words.get(data + ((position | 0) & (units - 1)) * UNIT_WORDS + 1);
  // The number must have been read before it is known whether it can be trusted.
  words.fence();
  return positionAt(words, base + BROADCAST.oldest) <= position ? sequence : undefined;
}
