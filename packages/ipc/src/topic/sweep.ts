/**
 * All lanes of a topic as one subscriber reads them, each in its turn.
 *
 * @module
 */
import type { Start } from "../ring/broadcast-reading.ts";
import type { Topic } from "./topic.ts";
import { TOPIC } from "./topic-layout.ts";
import {
  openTopicReader,
  type RecordHandler,
  type TopicReader,
  UNREADABLE,
} from "./topic-reader.ts";

/** Records that are handed out of one lane before they are released and the next lane has its turn. */
const TURN_RECORDS = 512;

/** Records that `take` gives from one lane before they are released and the next has its turn. */
const TAKE_RECORDS = 64;

/** After how many losses a poll ends although there may be more: a publisher can be faster for ever. */
const OVERRUNS_MAX = 64;

/** How a subscriber reads. */
export interface Sweeping {
  /** Where it begins in every lane. */
  readonly starts: readonly Start[];
  /** Whether publishers wait for it. */
  readonly isGating: boolean;
  /** Told that records of a lane were lost, before those that follow are handed out. May leave the topic. */
  readonly onOverrun: (lane: number, lost: number) => void;
}

/** The lanes that have ever had a publisher. */
export class Sweep {
  readonly #topic: Topic;
  readonly #how: Sweeping;
  readonly #readers: TopicReader[] = [];
  readonly #isOpen: boolean[] = [];
  #readyCount = -1;
  /** The lane whose turn it is, an index into `#readers`. */
  #turn = 0;
  /** How many records the lane has had taken in this turn. */
  #taken = 0;
  /** How many records a lane's ring can have, at most. */
  readonly #laneRecords: number;
  /** After how many records waiting publishers are woken before a poll is over. */
  readonly #wakeRecords: number;

  constructor(topic: Topic, how: Sweeping) {
    const { ringBytes, slotBytes } = topic.geometry;
    this.#topic = topic;
    this.#how = how;
    this.#laneRecords = ringBytes / (slotBytes === 0 ? 8 : slotBytes);
    this.#wakeRecords = Math.ceil(this.#laneRecords / 4);
  }

  /** How many impossible things were found in all lanes. */
  get corruptions(): number {
    return this.#readers.reduce((sum, { corruptions }) => sum + corruptions, 0);
  }

  /** How many records of all lanes were lost. */
  get lost(): number {
    return this.#readers.reduce((sum, { lost }) => sum + lost, 0);
  }

  /** Whether more than one record is known to be there. */
  get isBusy(): boolean {
    return this.#readers.some((reader) => reader.available() > 1);
  }

  /**
   * Hands records out, lane by lane, until none are left or the limit is reached.
   *
   * @param limit How many at most; `undefined`: as many as fit all rings, so that it ends however fast others send.
   * @returns How many.
   */
  poll(handler: RecordHandler, limit: number | undefined): number {
    this.#findNew();
    const readers = this.#readers;
    const most = limit ?? readers.length * this.#laneRecords;
    let total = 0;
    let wakeAt = this.#wakeRecords;
    let overruns = 0;
    try {
      for (let empty = 0; empty < readers.length && total < most; ) {
        const reader = readers[this.#turn] as TopicReader;
        this.#passTurn();
        const polled = reader.poll(handler, Math.min(TURN_RECORDS, most - total));
        total += polled;
        empty = polled === 0 ? empty + 1 : 0;
        if (reader.isLapped) {
          this.#how.onOverrun(reader.lane, reader.takeOverrun());
          if (++overruns < OVERRUNS_MAX) empty = 0;
        }
        if (total < wakeAt) continue;
        wakeAt = total + this.#wakeRecords;
        this.#wake();
      }
    } finally {
      // Also when a handler has thrown: what it handled before has been released.
      this.#wake();
    }
    return total;
  }

  /**
   * Copies the next record out.
   *
   * @returns The record; undefined when there is none, or the topic was left when a loss was told.
   */
  take(): unknown {
    this.#findNew();
    const readers = this.#readers;
    // As many as all rings hold: somebody may write nonsense faster than it is skipped.
    let left = readers.length * this.#laneRecords;
    for (let empty = 0, overruns = 0; empty < readers.length && left > 0; ) {
      const reader = readers[this.#turn] as TopicReader;
      if (this.#taken < TAKE_RECORDS && !reader.isReleaseDue) {
        const record = reader.take();
        if (record !== undefined) {
          this.#taken++;
          if (record !== UNREADABLE) return record;
          left--;
          continue;
        }
        if (reader.isLapped && ++overruns < OVERRUNS_MAX) {
          this.#how.onOverrun(reader.lane, reader.takeOverrun());
          if (this.#topic.segment.isDisposed) return undefined;
          continue;
        }
        empty++;
      }
      this.#passTurn();
      if (reader.release()) this.#wake();
    }
    return undefined;
  }

  /** Takes the record that `take` gave last back in, unless it has been released or lost, and releases those before it. */
  putBack(): void {
    // Its lane still has the turn: what is not released in another one has been overtaken.
    this.#readers[this.#turn]?.putBack();
    this.release();
    // It is there again, for whoever waits.
    this.#topic.data.wake();
  }

  /** Gives back the room of everything that was handed out. */
  release(): void {
    let isReleased = false;
    for (const reader of this.#readers) isReleased = reader.release() || isReleased;
    if (isReleased) this.#wake();
  }

  /** Publishers may go on, if they wait for this subscriber. */
  #wake(): void {
    if (this.#how.isGating) this.#topic.space.wake();
  }

  #passTurn(): void {
    this.#turn = this.#turn + 1 >= this.#readers.length ? 0 : this.#turn + 1;
    this.#taken = 0;
  }

  /** Looks for lanes that have become ready; costs one load when there are none. */
  #findNew(): void {
    const topic = this.#topic;
    const readyCount = topic.words.load(topic.base + TOPIC.readyCount);
    if (readyCount === this.#readyCount) return;
    this.#readyCount = readyCount;
    const { starts, isGating } = this.#how;
    for (const [lane, start] of starts.entries()) {
      if (this.#isOpen[lane] === true || !topic.isLaneReady(lane)) continue;
      this.#readers.push(openTopicReader({ topic, lane, start, isGating }));
      this.#isOpen[lane] = true;
    }
  }
}
