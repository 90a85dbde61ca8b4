/**
 * What consumers and subscribers do behind their methods: looking, spinning, telling senders that they are idle, and
 * waiting.
 *
 * @module
 */
import { isTurnDue } from "@isthmus/core/internal";
import type { Counters } from "../metrics/counters.ts";
import { inTheWay } from "../segment/in-the-way.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { type Condition, timedOut, waitAgain, waitAsync, waitSync } from "../wait/wait-for.ts";
import type { RecordHandler } from "./lane-reader.ts";
import { LaneScan, type ReceivingLanes } from "./lane-scan.ts";
import { Readiness } from "./readiness.ts";
import type { RecordSource } from "./record-loop.ts";

/**
 * Turns of an empty loop, one or two microseconds, that a receiver in the middle of a burst leaves its senders alone
 * for when it has run empty: it then finds a batch instead of taking the line of their counter away for one record.
 */
const SPIN_TURNS = 3000;

/** How often it does that before it says that it is idle. */
const SPINS_MAX = 4;

/** Polls that share one look at the clock, a power of two. */
const POLLS_PER_TOUCH = 64;

/** All lanes of a segment, and one receiver's way out of them. */
export class ReceivingEnd extends LaneScan implements RecordSource {
  readonly counters: Counters;
  /** What senders have been told; true until records come in bursts. */
  private isIdle = true;
  private polls = 0;
  /** Waits that take nothing. */
  readonly readiness: Readiness = new Readiness({
    condition: {
      attempt: () => this.#look(),
      description: this.#description(),
      owner: this.how.owner,
      cell: this.lanes.data,
    },
    doorbell: this.lanes.segment.doorbell,
    begin: () => this.#beginWait(),
    timedOut: (timeoutMs) => this.#timedOut(timeoutMs),
  });
  /** Corruptions that have been written down. */
  #noted = 0;
  /** What waits in the event loop wait for, when records are released with the wait, and when not. */
  readonly #released: Condition<unknown> = this.#condition(true);
  readonly #taken: Condition<unknown> = this.#condition(false);

  constructor(how: ReceivingLanes) {
    super(how);
    this.counters = how.counters;
    how.setIdle(true);
  }

  /** Hands records out in place; returns how many. */
  poll(handler: RecordHandler, limit: number | undefined): number {
    const count = this.scan(handler, limit);
    if (count === 0) return this.isIdle ? this.#stayIdle() : this.#spin(handler, limit);
    // One record at a time is no burst: its sender may be waiting for an answer.
    if (count > 1 && this.isIdle) this.#setIdle(false);
    if ((++this.polls & (POLLS_PER_TOUCH - 1)) === 0) this.note();
    return count;
  }

  /** Hands the newest record of each lane out in place, and counts those before it as skipped; returns how many. */
  pollLatest(handler: RecordHandler, limit: number | undefined): number {
    const count = this.scanLatest(handler, limit);
    if (count === 0) this.#setIdle(true);
    else if ((++this.polls & (POLLS_PER_TOUCH - 1)) === 0) this.note();
    return count;
  }

  /**
   * Copies the next record out. It is released with the next call, or by `release`.
   *
   * @param into See `LaneReader.take`.
   * @returns Undefined when there is none, or this end was closed when a loss was told.
   */
  override take(into?: Uint8Array): unknown {
    const record = super.take(into);
    if (record !== undefined) {
      if (this.isIdle && this.isBusy) this.#setIdle(false);
    } else if (!this.lanes.segment.isDisposed) {
      this.#setIdle(true);
    }
    return record;
  }

  /** Copies the next record out and releases it. */
  receive(into?: Uint8Array): unknown {
    const record = this.take(into);
    if (record !== undefined) this.release();
    return record;
  }

  /** Waits on this thread for the next record, and releases it. */
  wait(timeoutMs: number, into?: Uint8Array): unknown {
    this.#beginWait();
    const found = waitSync(this.#condition(true, into), timeoutMs);
    if (found === undefined) throw this.#timedOut(timeoutMs);
    return found;
  }

  /** Waits in the event loop for the next record, after a look in vain, and releases it when `isReleased`. */
  async waitAsync(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    isReleased = true,
  ): Promise<unknown> {
    this.#beginWait();
    const { doorbell } = this.lanes.segment;
    const condition = isReleased ? this.#released : this.#taken;
    // A loop has counted its step already.
    const goOn = isReleased && isTurnDue() ? waitAsync : waitAgain;
    const found = await goOn(condition, doorbell, { timeoutMs, signal });
    if (found === undefined) throw this.#timedOut(timeoutMs);
    return found;
  }

  /** Writes down what changes rarely. */
  note(): void {
    this.counters.touch();
    const { corruptions } = this;
    if (corruptions === this.#noted) return;
    this.counters.add("corruptions", corruptions - this.#noted);
    this.#noted = corruptions;
  }

  /** Ends receiving; what was taken and not released is there again. */
  close(): void {
    this.putBack();
    this.note();
    this.how.close();
  }

  /** Looks again a few times, leaving the senders alone in between, before it says that it is idle. */
  #spin(handler: RecordHandler, limit: number | undefined): number {
    for (let spins = 0; spins < SPINS_MAX; spins++) {
      spin();
      const count = this.scan(handler, limit);
      if (count > 0) return count;
    }
    this.#setIdle(true);
    return 0;
  }

  #stayIdle(): 0 {
    // What this thread holds back may be what the others wait for before they send.
    runPostponed();
    this.lanes.segment.checkWhole();
    return 0;
  }

  #beginWait(): void {
    this.lanes.segment.checkOpen(this.how.owner);
    this.note();
    this.counters.add("waits", 1);
  }

  #condition(isReleased: boolean, into?: Uint8Array): Condition<unknown> {
    const { owner } = this.how;
    return {
      attempt: () => {
        const record = isReleased ? this.receive(into) : this.take();
        // Who is told of a loss may dispose the receiver.
        if (record === undefined) this.lanes.segment.checkOpen(owner);
        return record;
      },
      description: this.#description(),
      owner,
      cell: this.lanes.data,
    };
  }

  /** Whether there is something. Senders that hold records back are told first that somebody waits for them. */
  #look(): true | undefined {
    if (this.isReady) return true;
    this.lanes.segment.checkOpen(this.how.owner);
    this.#setIdle(true);
    return undefined;
  }

  #timedOut(timeoutMs: number): Error {
    const { sender, nobody } = this.how;
    const why = inTheWay(this.lanes.segment, ({ role }) =>
      role === sender ? "has sent nothing" : undefined,
    );
    return timedOut(this.#description(), timeoutMs, why ?? nobody);
  }

  #description(): string {
    return `receive from "${this.lanes.name}"`;
  }

  #setIdle(isIdle: boolean): void {
    if (isIdle) this.#stayIdle();
    if (isIdle === this.isIdle) return;
    this.isIdle = isIdle;
    this.how.setIdle(isIdle);
  }
}

/** Passes a little time without touching shared memory. */
function spin(): number {
  let turns = 0;
  while (turns < SPIN_TURNS) turns++;
  return turns;
}
