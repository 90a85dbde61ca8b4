/**
 * Sending records of one size: slot after slot.
 *
 * `send` and `claim` are written to be taken into the caller's loop. JavaScriptCore does that with a function of at most
 * 170 bytes of bytecode, and counts 6 for `this.next`, 22 for `this.#next`, 25 for a constant of a module; hence the
 * plain fields, and what is rare in functions of its own. A record of 64 bytes costs 6 ns that way and 13 ns
 * otherwise (AMD EPYC, class 26/2, 2 cores; its eight stores alone: 3.9; decision 0008). `test/inlining.test.ts` counts.
 *
 * @module
 */

import { refuseAsync } from "@isthmus/core/internal";
import type { Codec } from "../struct/codegen/codec.ts";
import type { Anchor } from "../struct/cursor.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import type { WaitOptions } from "../wait/wait-for.ts";
import { anchorOf } from "./anchor.ts";
import { BURST_RECORDS, type FillInPlace, SendingEnd, type SendingLane } from "./sending-end.ts";

/** The `end` of a run while a record is being written: whoever comes in then goes the slow way, and is refused there. */
const BUSY = -1;

/** The sending side of a ring of slots. */
export interface SlotRing {
  readonly slotCount: number;
  /** The slot of the next record. */
  readonly slot: number;
  /** How many records have been committed and not published. */
  readonly unpublished: number;
  /** Finds at most so many slots next to each other that may be written, from `slot` on; 0 when there is no room. */
  claim(most: number): number;
  /** Takes claimed slots, which have been filled, into the next publication. */
  commit(count: number): void;
  publish(): void;
}

/** The lane of a sender of structs. */
export class StructSender extends SendingEnd {
  protected encode: Codec["encode"];
  readonly #recordBytes: number;
  protected readonly view: DataView<ArrayBuffer>;
  private readonly cursor: object;
  private readonly slotBytes: number;
  /** Where the cursor stands, which is where the next record goes, in bytes from the start of the ring. */
  protected readonly anchor: Anchor;
  /** Where the run of free slots next to each other ends, in bytes from the start of the ring; or `BUSY`. */
  private end = 0;
  /** Where it ends, also while a record is being written. A local would take a register for so long, which the record needs. */
  private limit = 0;
  readonly #ring: SlotRing;
  /** Where the first record stands that has not been committed. */
  #start = 0;

  constructor(how: SendingLane, ring: SlotRing, schema: StructSchema<Fields>) {
    super(how);
    const { ringBytes, slotBytes } = how.lanes.geometry;
    const { buffer, byteOffset } = how.lanes.ringOf(how.lane);
    this.#ring = ring;
    this.encode = schema.codec.encode;
    this.#recordBytes = schema.size;
    this.view = new DataView(buffer, byteOffset, ringBytes);
    this.cursor = schema.cursor(this.view, 0);
    this.anchor = anchorOf(this.cursor);
    this.slotBytes = slotBytes;
  }

  get recordBytesMax(): number {
    return this.#recordBytes;
  }

  send(record: unknown, options?: WaitOptions): void {
    const anchor = this.anchor;
    const next = anchor.base;
    if (next >= this.end) {
      this.sendSlowly(record, options);
      return;
    }
    this.end = -1;
    this.encode(this.view, next, record);
    this.end = this.limit;
    anchor.base = next + this.slotBytes;
    // A plain look, a third of the cost of an atomic one: the record that was written before it, to memory of the
    // same kind as far as the compiler knows, keeps it where it is.
    if (this.idle[0] !== 0) this.publishOrLeave();
  }

  claim(write: FillInPlace, options?: WaitOptions): void {
    const anchor = this.anchor;
    const next = anchor.base;
    if (next >= this.end) {
      this.claimSlowly(write, options);
      return;
    }
    this.end = -1;
    const result = write(this.cursor) as unknown;
    if (result !== undefined) this.check(result);
    this.end = this.limit;
    anchor.base = next + this.slotBytes;
    if (this.idle[0] !== 0) this.publishOrLeave();
  }

  protected get isBusy(): boolean {
    return this.end === BUSY;
  }

  protected attempt(record: unknown): boolean {
    if (this.anchor.base >= this.end && !this.#reopen()) return false;
    this.#write((next) => this.encode(this.view, next, record));
    return true;
  }

  protected release(): boolean {
    this.#commit();
    const records = this.#ring.unpublished;
    if (records === 0) return false;
    this.#ring.publish();
    this.counters.addRecords(records, records * this.#recordBytes);
    return true;
  }

  /** Writes to the next slot, if it is known to be free: nobody has still to read what is in it. Decision 0012. */
  protected override reachAhead(): void {
    const next = this.anchor.base;
    if (next < this.end) this.view.setInt32(next, 0);
  }

  protected abandon(): void {
    if (!this.isBusy) return;
    this.interrupt();
    if (this.isClosing) this.publishOrLeave();
  }

  protected interrupt(): void {
    this.#endAt(this.anchor.base);
  }

  private sendSlowly(record: unknown, options: WaitOptions | undefined): void {
    this.#prepare(options);
    this.#write((next) => this.encode(this.view, next, record));
  }

  private claimSlowly(write: FillInPlace, options: WaitOptions | undefined): void {
    this.#prepare(options);
    this.#write(() => refuseAsync(write(this.cursor), "write"));
  }

  /** Does what `send` and `claim` do, for the first record of a run of slots, which is no common case. */
  #write(fill: (next: number) => void): void {
    const { anchor } = this;
    this.end = BUSY;
    try {
      fill(anchor.base);
      anchor.base += this.slotBytes;
    } finally {
      this.end = this.limit;
    }
    // The first record of a run of JavaScript is published at once.
    if (!this.isRun || this.idle[0] !== 0) this.publishOrLeave();
  }

  private check(result: unknown): void {
    refuseAsync(result, "write");
  }

  /** Sees to it that there is a free slot, waiting for one. */
  #prepare(options: WaitOptions | undefined): void {
    this.checkFree(true);
    if (!this.#reopen()) this.waitForRoom(() => this.#reopen(), options);
  }

  /** Goes on behind the slots that were filled; false when there is no room. */
  #reopen(): boolean {
    if (this.isBatch) this.#commit();
    else this.publish();
    let count = this.#claim();
    if (count === 0 && this.makeRoom()) count = this.#claim();
    this.#start = this.#ring.slot * this.slotBytes;
    this.anchor.base = this.#start;
    this.#endAt(this.#start + count * this.slotBytes);
    return count > 0;
  }

  #endAt(end: number): void {
    this.end = end;
    this.limit = end;
  }

  #claim(): number {
    return this.#ring.claim(this.isBatch ? this.#ring.slotCount : BURST_RECORDS);
  }

  /** Takes what was filled into the next publication. */
  #commit(): void {
    const next = this.anchor.base;
    this.#ring.commit((next - this.#start) / this.slotBytes);
    this.#start = next;
  }
}
