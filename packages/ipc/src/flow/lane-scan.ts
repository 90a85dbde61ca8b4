/**
 * All lanes as one receiving end empties them, each in its turn.
 *
 * @module
 */
import type { Counters } from "../metrics/counters.ts";
import { RECORD_HEADER_BYTES } from "../ring/byte-ring.ts";
import type { Role } from "../segment/participant-layout.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import type { SharedWords } from "../words.ts";
import { type LaneReader, type RecordHandler, UNREADABLE } from "./lane-reader.ts";
import type { RecordSegment } from "./record-segment.ts";

/**
 * Records that are handed out of one lane before they are released and the next lane has its turn. With more, a
 * sender that has filled its ring waits longer than it has to.
 */
const TURN_RECORDS = 512;

/** Records that `take` gives from one lane before they are released and the next has its turn. */
const TAKE_RECORDS = 64;

/** After how many losses a poll ends although there may be more: a sender can be faster for ever. */
const OVERRUNS_MAX = 64;

/**
 * Told that records of a lane were lost, before those that follow are handed out, and how many of all lanes were so far.
 * May leave the segment.
 */
export type OnOverrun = (lane: number, lost: number, lostTotal: number) => void;

/** What a kind of segment says of its receiving end. */
export interface ReceivingLanes {
  readonly lanes: RecordSegment;
  /** Who receives, for messages: `"Consumer"`. */
  readonly owner: string;
  /** Who sends, and what is said when nobody does, for messages. */
  readonly sender: Role;
  readonly nobody: string;
  readonly counters: Counters;
  /** Where senders wait for this receiver; undefined when they do not. */
  readonly space: WaitCell | undefined;
  /** Begins to read a lane that is ready. */
  open(lane: number): LaneReader;
  /** Tells senders whether the next record is to be seen at once. Must be in the one order of all sequentially consistent stores. */
  setIdle(isIdle: boolean): void;
  readonly onOverrun: OnOverrun;
  /** Does what is left to do when nothing is received any more, before the segment is left. */
  close(): void;
}

/**
 * The lanes that have ever had a sender. Plain fields where every poll goes: see decision 0008.
 */
export class LaneScan {
  protected readonly how: ReceivingLanes;
  protected readonly lanes: RecordSegment;
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
   * After how many records waiting senders are woken before a poll is over. Woken after every turn, a sender that is
   * faster than its receiver slept and woke for every turn's worth of room.
   */
  readonly #wakeRecords: number;

  constructor(how: ReceivingLanes) {
    const { lanes } = how;
    const { ringBytes, slotBytes } = lanes.geometry;
    this.how = how;
    this.lanes = lanes;
    this.words = lanes.words;
    this.readyWord = lanes.readyWord;
    this.#laneRecords = ringBytes / (slotBytes === 0 ? RECORD_HEADER_BYTES : slotBytes);
    this.#wakeRecords = Math.ceil(this.#laneRecords / 4);
  }

  /** How many impossible things were found in all lanes. */
  get corruptions(): number {
    return this.readers.reduce((sum, { corruptions }) => sum + corruptions, 0);
  }

  /** How many records of all lanes were overwritten before they were read. */
  get lost(): number {
    return this.readers.reduce((sum, { lost }) => sum + lost, 0);
  }

  /** Whether more than one record is known to be there. */
  get isBusy(): boolean {
    return this.readers.some((reader) => reader.available() > 1);
  }

  /**
   * Hands records out, lane by lane, until none are left or the limit is reached.
   *
   * @param limit How many at most; `undefined`: as many as fit all rings, so that it ends however fast others send.
   * @returns How many.
   */
  protected scan(handler: RecordHandler, limit: number | undefined): number {
    if (this.words.glance(this.readyWord) !== this.readyCount) this.#findNew();
    const readers = this.readers;
    for (let i = 0; i < readers.length; i++) {
      // What there is in the lane whose turn it is costs one look, if it is nothing.
      if ((readers[this.turn] as LaneReader).available() > 0) return this.#scanOn(handler, limit);
      this.#passTurn();
    }
    return 0;
  }

  /** Scans, beginning with a lane that has records. */
  #scanOn(handler: RecordHandler, limit: number | undefined): number {
    const { readers, how } = this;
    const most = limit ?? readers.length * this.#laneRecords;
    let total = 0;
    let wakeAt = this.#wakeRecords;
    let overruns = 0;
    try {
      for (let empty = 0; empty < readers.length && total < most; ) {
        const reader = readers[this.turn] as LaneReader;
        this.#passTurn();
        const polled = reader.poll(handler, Math.min(TURN_RECORDS, most - total));
        total += polled;
        empty = polled === 0 ? empty + 1 : 0;
        if (reader.isLapped) {
          how.onOverrun(reader.lane, reader.takeOverrun(), this.lost);
          if (++overruns < OVERRUNS_MAX) empty = 0;
        }
        if (total < wakeAt) continue;
        wakeAt = total + this.#wakeRecords;
        this.#wake();
      }
    } finally {
      // Also when the handler has thrown: what it handled before has been released.
      this.#wake();
    }
    return total;
  }

  /** Whether there is something to take, or a loss to tell. */
  protected get isReady(): boolean {
    if (this.words.glance(this.readyWord) !== this.readyCount) this.#findNew();
    return this.readers.some((reader) => reader.available() > 0 || reader.isLapped);
  }

  /**
   * Hands out the newest record of each lane, and passes over those before it.
   *
   * @param limit How many at most.
   * @returns How many.
   */
  protected scanLatest(handler: RecordHandler, limit: number = Infinity): number {
    if (!this.isReady) return 0;
    const { readers, how } = this;
    let total = 0;
    let overruns = 0;
    try {
      for (let lanes = 0; lanes < readers.length && total < limit; ) {
        const reader = readers[this.turn] as LaneReader;
        const skipped = reader.skipOlder();
        if (skipped > 0) how.counters.add("drops", skipped);
        const count = reader.poll(handler, 1);
        total += count;
        if (count === 0 && reader.isLapped && ++overruns < OVERRUNS_MAX) {
          how.onOverrun(reader.lane, reader.takeOverrun(), this.lost);
          continue;
        }
        lanes++;
        this.#passTurn();
      }
    } finally {
      this.#wake();
    }
    return total;
  }

  /**
   * Copies the next record out.
   *
   * @param into See `LaneReader.take`.
   * @returns The record; undefined when there is none, or the segment was left when a loss was told.
   */
  take(into?: Uint8Array): unknown {
    if (this.words.glance(this.readyWord) !== this.readyCount) this.#findNew();
    const { readers } = this;
    // As many as all rings hold: somebody may write nonsense faster than it is skipped.
    let left = readers.length * this.#laneRecords;
    for (let empty = 0, overruns = 0; empty < readers.length && left > 0; ) {
      const reader = readers[this.turn] as LaneReader;
      if (this.#taken < TAKE_RECORDS && !reader.isReleaseDue) {
        const record = reader.take(into);
        if (record !== undefined) {
          this.#taken++;
          if (record !== UNREADABLE) return record;
          left--;
          continue;
        }
        if (reader.isLapped && ++overruns < OVERRUNS_MAX) {
          this.how.onOverrun(reader.lane, reader.takeOverrun(), this.lost);
          if (this.lanes.segment.isDisposed) return undefined;
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
    this.readers[this.turn]?.putBack();
    this.release();
    // It is there again, for whoever waits.
    this.lanes.data.wake();
  }

  /** Gives back the room of everything that was handed out. */
  release(): void {
    let isReleased = false;
    for (const reader of this.readers) isReleased = reader.release() || isReleased;
    if (isReleased) this.#wake();
  }

  #wake(): void {
    this.how.space?.wake();
  }

  #passTurn(): void {
    this.turn = this.turn + 1 >= this.readers.length ? 0 : this.turn + 1;
    this.#taken = 0;
  }

  /** Looks for lanes that have become ready. */
  #findNew(): void {
    const { lanes } = this;
    this.readyCount = this.words.load(this.readyWord);
    for (let lane = 0; lane < lanes.laneCount; lane++) {
      if (this.#isOpen[lane] === true || !lanes.isLaneReady(lane)) continue;
      this.readers.push(this.how.open(lane));
      this.#isOpen[lane] = true;
    }
  }
}
