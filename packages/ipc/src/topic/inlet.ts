/**
 * What a subscriber does behind its methods: looking, letting a batch gather, telling publishers that it is idle, and
 * waiting.
 *
 * @module
 */

import type { RecordSource } from "../flow/record-loop.ts";
import type { Counters } from "../metrics/counters.ts";
import { gateBit } from "../ring/broadcast-gates.ts";
import { inTheWay } from "../segment/in-the-way.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { type Condition, timedOut, waitAsync, waitSync } from "../wait/wait-for.ts";
import { stopGating } from "./attendance.ts";
import { Sweep, type Sweeping } from "./sweep.ts";
import type { Topic } from "./topic.ts";
import type { RecordHandler } from "./topic-reader.ts";

/**
 * Turns of an empty loop, one or two microseconds, that a subscriber in the middle of a burst leaves publishers alone
 * for when it has run empty: it then finds a batch instead of taking the line of their counters away for one record.
 */
const GATHER_TURNS = 3000;

/** How often it does that before it says that it is idle. */
const GATHERS_MAX = 4;

/** Polls that share one look at the clock. */
const POLLS_PER_TOUCH = 64;

/** All lanes of a topic, and one subscriber's way out of them. */
export class Inlet implements RecordSource {
  readonly counters: Counters;
  readonly #topic: Topic;
  readonly #sweep: Sweep;
  readonly #idleWord: number;
  readonly #idleBit: number;
  /** What publishers have been told; true until records come in bursts. */
  #isIdle = false;
  #polls = 0;
  #corruptions = 0;

  constructor(topic: Topic, how: Sweeping) {
    const { slot } = topic.segment;
    const { word, bit } = gateBit(topic.idle, slot);
    this.#topic = topic;
    this.counters = topic.subscriberCounters(slot);
    this.#sweep = new Sweep(topic, how);
    this.#idleWord = word;
    this.#idleBit = bit;
    this.#setIdle(true);
  }

  /** How many records were lost. */
  get lost(): number {
    return this.#sweep.lost;
  }

  /** Hands records out in place; returns how many. */
  poll(handler: RecordHandler, limit: number | undefined): number {
    const sweep = this.#sweep;
    let count = sweep.poll(handler, limit);
    for (let gathers = 0; count === 0 && !this.#isIdle && gathers < GATHERS_MAX; gathers++) {
      gather();
      count = sweep.poll(handler, limit);
    }
    if (count === 0) {
      this.#setIdle(true);
      return 0;
    }
    // One record at a time is no burst: its sender may be waiting for an answer.
    if (this.#isIdle && count > 1) this.#setIdle(false);
    if (++this.#polls % POLLS_PER_TOUCH === 0) this.note();
    return count;
  }

  /**
   * Copies the next record out. It is released with the next call, or by `release`.
   *
   * @returns Undefined when there is none, or the subscriber was disposed when a loss was told.
   */
  take(): unknown {
    const record = this.#sweep.take();
    if (record !== undefined) {
      if (this.#isIdle && this.#sweep.isBusy) this.#setIdle(false);
    } else if (!this.#topic.segment.isDisposed) {
      this.#setIdle(true);
    }
    return record;
  }

  /** Copies the next record out and releases it. */
  receive(): unknown {
    const record = this.take();
    if (record !== undefined) this.release();
    return record;
  }

  /** Takes the record that `take` gave last back in, and releases those before it. */
  putBack(): void {
    this.#sweep.putBack();
  }

  /** Gives back the room of everything that was handed out. */
  release(): void {
    this.#sweep.release();
  }

  /** Waits on this thread for the next record, and releases it. */
  wait(timeoutMs: number): unknown {
    this.#beginWait();
    const found = waitSync(this.#condition(true), timeoutMs);
    if (found === undefined) throw this.#timedOut(timeoutMs);
    return found;
  }

  /** Waits in the event loop for the next record, and releases it when `isReleased`. */
  async waitAsync(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    isReleased = true,
  ): Promise<unknown> {
    this.#beginWait();
    const { doorbell } = this.#topic.segment;
    const found = await waitAsync(this.#condition(isReleased), doorbell, { timeoutMs, signal });
    if (found === undefined) throw this.#timedOut(timeoutMs);
    return found;
  }

  /** Writes down what changes rarely. */
  note(): void {
    this.counters.touch();
    const { corruptions } = this.#sweep;
    if (corruptions === this.#corruptions) return;
    this.counters.add("corruptions", corruptions - this.#corruptions);
    this.#corruptions = corruptions;
  }

  /** Ends subscribing: publishers no longer wait. */
  close(): void {
    this.release();
    this.note();
    stopGating(this.#topic);
  }

  #beginWait(): void {
    this.#topic.segment.checkOpen("Subscriber");
    this.note();
    this.counters.add("waits", 1);
  }

  #condition(isReleased: boolean): Condition<unknown> {
    return {
      attempt: () => {
        const record = isReleased ? this.receive() : this.take();
        // Who is told of a loss may dispose the subscriber.
        if (record === undefined) this.#topic.segment.checkOpen("Subscriber");
        return record;
      },
      description: this.#description(),
      owner: "Subscriber",
      cell: this.#topic.data,
    };
  }

  #timedOut(timeoutMs: number): Error {
    const why = inTheWay(this.#topic.segment, ({ role }) =>
      role === "publisher" ? "has sent nothing" : undefined,
    );
    return timedOut(this.#description(), timeoutMs, why ?? "nobody publishes");
  }

  #description(): string {
    return `receive from "${this.#topic.name}"`;
  }

  #setIdle(isIdle: boolean): void {
    // What this thread holds back may be what the others wait for before they send.
    if (isIdle) {
      runPostponed();
      this.#topic.segment.checkWhole();
    }
    if (isIdle === this.#isIdle) return;
    this.#isIdle = isIdle;
    const { words } = this.#topic;
    if (isIdle) words.or(this.#idleWord, this.#idleBit);
    else words.and(this.#idleWord, ~this.#idleBit);
  }
}

/** Passes a little time without touching shared memory. */
function gather(): number {
  let turns = 0;
  while (turns < GATHER_TURNS) turns++;
  return turns;
}
