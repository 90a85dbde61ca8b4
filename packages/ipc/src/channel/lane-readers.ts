/**
 * All lanes of a channel as its consumer empties them, each in its turn.
 *
 * @module
 */
import { Counters } from "../metrics/counters.ts";
import { RECORD_HEADER_BYTES } from "../ring/byte-ring.ts";
import type { SharedWords } from "../words.ts";
import type { Channel } from "./channel.ts";
import { CHANNEL, LANE_CONSUMER_COUNTERS_OFFSET } from "./channel-layout.ts";
import { type LaneReader, openLaneReader, type RecordHandler, UNREADABLE } from "./lane-reader.ts";
import { type TravelTimes, travelTimesOf } from "./travel-times.ts";

/**
 * Records that are handed out of one lane before they are released and the next lane has its turn. With more, a
 * producer that has filled its ring waits longer than it has to.
 */
const TURN_RECORDS = 512;

/** Records that `take` gives from one lane before they are released and the next has its turn. */
const TAKE_RECORDS = 64;

/**
 * The lanes that have ever had a producer. Plain fields where every poll goes: see decision 0008.
 */
export class LaneReaders {
  /** How long records took; undefined when they do not tell when they were sent. */
  readonly times: TravelTimes | undefined;
  protected readonly channel: Channel;
  private readonly words: SharedWords;
  private readonly readyWord: number;
  private readonly readers: LaneReader[] = [];
  private readyCount = -1;
  /** The lane whose turn it is, an index into `readers`. */
  private turn = 0;
  readonly #isOpen: boolean[] = [];
  /** How many records the lane has had taken in this turn. */
  #taken = 0;

  /** How many records a lane's ring can have, at most. */
  readonly #laneRecords: number;

  /**
   * After how many records waiting producers are woken before a poll is over. Woken after every turn, a producer that
   * is faster than its consumer slept and woke for every turn's worth of room.
   */
  readonly #wakeRecords: number;

  constructor(channel: Channel) {
    const { ringBytes, slotBytes } = channel.geometry;
    this.channel = channel;
    this.times = travelTimesOf(channel);
    this.words = channel.words;
    this.readyWord = channel.base + CHANNEL.readyCount;
    this.#laneRecords = ringBytes / (slotBytes === 0 ? RECORD_HEADER_BYTES : slotBytes);
    this.#wakeRecords = Math.ceil(this.#laneRecords / 4);
  }

  /** How many impossible things were found in all lanes. */
  get corruptions(): number {
    return this.readers.reduce((sum, { corruptions }) => sum + corruptions, 0);
  }

  /**
   * Hands records out, lane by lane, until none are left or the limit is reached.
   *
   * @param limit How many at most; `undefined`: as many as fit all rings, so that it ends however fast others send.
   * @returns How many.
   */
  protected sweep(handler: RecordHandler, limit: number | undefined): number {
    if (this.words.glance(this.readyWord) !== this.readyCount) this.#findNew();
    const readers = this.readers;
    for (let i = 0; i < readers.length; i++) {
      // What there is in the lane whose turn it is costs one look, if it is nothing.
      if ((readers[this.turn] as LaneReader).available() > 0) return this.#sweepOn(handler, limit);
      this.#passTurn();
    }
    return 0;
  }

  /** Sweeps, beginning with a lane that has records. */
  #sweepOn(handler: RecordHandler, limit: number | undefined): number {
    const { readers } = this;
    const { space } = this.channel;
    const most = limit ?? readers.length * this.#laneRecords;
    let total = 0;
    let wakeAt = this.#wakeRecords;
    try {
      for (let empty = 0; empty < readers.length && total < most; ) {
        const reader = readers[this.turn] as LaneReader;
        this.#passTurn();
        const polled = reader.poll(handler, Math.min(TURN_RECORDS, most - total));
        total += polled;
        empty = polled === 0 ? empty + 1 : 0;
        if (total < wakeAt) continue;
        wakeAt = total + this.#wakeRecords;
        space.wake();
      }
    } finally {
      // Also when the handler has thrown: what it handled before has been released.
      space.wake();
    }
    return total;
  }

  /**
   * Copies the next record out.
   *
   * @returns The record; undefined when there is none.
   */
  take(): unknown {
    if (this.words.glance(this.readyWord) !== this.readyCount) this.#findNew();
    const { readers } = this;
    // As many as all rings hold: somebody may write nonsense faster than it is skipped.
    let left = readers.length * this.#laneRecords;
    for (let empty = 0; empty < readers.length && left > 0; ) {
      const reader = readers[this.turn] as LaneReader;
      if (this.#taken < TAKE_RECORDS && !reader.isReleaseDue) {
        const record = reader.take();
        if (record !== undefined) {
          this.#taken++;
          if (record !== UNREADABLE) return record;
          left--;
          continue;
        }
        empty++;
      }
      this.#passTurn();
      if (reader.release()) this.channel.space.wake();
    }
    return undefined;
  }

  /** Whether more than one record is known to be there. */
  get isBusy(): boolean {
    return this.readers.some((reader) => reader.available() > 1);
  }

  /** Takes the record that `take` gave last back in, unless it has been released, and releases those before it. */
  putBack(): void {
    // Its lane still has the turn: what is not released in another one has been overtaken.
    this.readers[this.turn]?.putBack();
    this.release();
    // It is there again, for whoever waits.
    this.channel.data.wake();
  }

  /** Gives back the room of everything that was handed out. */
  release(): void {
    let isReleased = false;
    for (const reader of this.readers) isReleased = reader.release() || isReleased;
    if (isReleased) this.channel.space.wake();
  }

  #passTurn(): void {
    this.turn = this.turn + 1 >= this.readers.length ? 0 : this.turn + 1;
    this.#taken = 0;
  }

  /** Looks for lanes that have become ready. */
  #findNew(): void {
    const { geometry, segment } = this.channel;
    this.readyCount = this.words.load(this.readyWord);
    for (let lane = 0; lane < geometry.laneCount; lane++) {
      if (this.#isOpen[lane] === true || !this.channel.isLaneReady(lane)) continue;
      const offset = this.channel.laneOffset(lane) + LANE_CONSUMER_COUNTERS_OFFSET;
      const counters = new Counters(segment.memory.mapping, offset);
      this.readers.push(
        openLaneReader({ channel: this.channel, lane, counters, times: this.times }),
      );
      this.#isOpen[lane] = true;
    }
  }
}
