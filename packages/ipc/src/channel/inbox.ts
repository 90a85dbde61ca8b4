/**
 * What a consumer does behind its methods: looking, letting a batch gather, telling producers that it is idle, and
 * waiting.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import { Counters } from "../metrics/counters.ts";
import { inTheWay } from "../segment/in-the-way.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { type Condition, timedOut, waitAsync, waitSync } from "../wait/wait-for.ts";
import type { Channel } from "./channel.ts";
import { CHANNEL, CONSUMER_COUNTERS_OFFSET } from "./channel-layout.ts";
import type { RecordHandler } from "./lane-reader.ts";
import { LaneReaders } from "./lane-readers.ts";

/**
 * Turns of an empty loop, one or two microseconds, that a consumer in the middle of a burst leaves its producers alone
 * for when it has run empty: it then finds a batch instead of taking the line of their counter away for one record.
 */
const GATHER_TURNS = 3000;

/** How often it does that before it says that it is idle. */
const GATHERS_MAX = 4;

/** Polls that share one look at the clock, a power of two. */
const POLLS_PER_TOUCH = 64;

/** All lanes of a channel, and the consumer's way out of them. */
export class Inbox extends LaneReaders {
  readonly counters: Counters;
  readonly #idleWord: number;
  /** What producers have been told; true until records come in bursts. */
  private isIdle = true;
  private polls = 0;
  /** Corruptions that have been written down. */
  #noted = 0;

  constructor(channel: Channel) {
    super(channel);
    const { offset } = channel.segment.memory.section(SECTION.state);
    this.counters = new Counters(channel.segment.memory.mapping, offset + CONSUMER_COUNTERS_OFFSET);
    this.#idleWord = channel.base + CHANNEL.isIdle;
    channel.words.store(this.#idleWord, 1);
  }

  /** Hands records out in place; returns how many. */
  poll(handler: RecordHandler, limit: number | undefined): number {
    const count = this.sweep(handler, limit);
    if (count === 0) return this.isIdle ? this.#stayIdle() : this.#gather(handler, limit);
    // One record at a time is no burst: its sender may be waiting for an answer.
    if (count > 1 && this.isIdle) this.#setIdle(false);
    if ((++this.polls & (POLLS_PER_TOUCH - 1)) === 0) this.note();
    return count;
  }

  /**
   * Copies the next record out. It is released with the next call, or by `release`.
   *
   * @returns Undefined when there is none.
   */
  override take(): unknown {
    const record = super.take();
    if (record === undefined) this.#setIdle(true);
    else if (this.isIdle && this.isBusy) this.#setIdle(false);
    return record;
  }

  /** Copies the next record out and releases it. */
  receive(): unknown {
    const record = this.take();
    if (record !== undefined) this.release();
    return record;
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
    const { doorbell } = this.channel.segment;
    const found = await waitAsync(this.#condition(isReleased), doorbell, { timeoutMs, signal });
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

  /** Ends consuming. */
  close(): void {
    this.putBack();
    this.note();
    // Nobody will clear it: producers that send in bursts need not publish every record for nobody.
    const { words, base } = this.channel;
    words.store(this.#idleWord, 0);
    words.add(base + CHANNEL.departures, 1);
  }

  /** Looks again a few times, leaving the producers alone in between, before it says that it is idle. */
  #gather(handler: RecordHandler, limit: number | undefined): number {
    for (let gathers = 0; gathers < GATHERS_MAX; gathers++) {
      passTime();
      const count = this.sweep(handler, limit);
      if (count > 0) return count;
    }
    this.#setIdle(true);
    return 0;
  }

  #stayIdle(): 0 {
    // What this thread holds back may be what the others wait for before they send.
    runPostponed();
    this.channel.segment.checkWhole();
    return 0;
  }

  #beginWait(): void {
    this.note();
    this.counters.add("waits", 1);
  }

  #condition(isReleased: boolean): Condition<unknown> {
    return {
      attempt: () => (isReleased ? this.receive() : this.take()),
      description: this.#description(),
      owner: "Consumer",
      cell: this.channel.data,
    };
  }

  #timedOut(timeoutMs: number): Error {
    const why = inTheWay(this.channel.segment, ({ role }) =>
      role === "producer" ? "has sent nothing" : undefined,
    );
    return timedOut(this.#description(), timeoutMs, why ?? "nobody produces");
  }

  #description(): string {
    return `receive from "${this.channel.name}"`;
  }

  #setIdle(isIdle: boolean): void {
    if (isIdle) this.#stayIdle();
    if (isIdle === this.isIdle) return;
    this.isIdle = isIdle;
    this.channel.words.store(this.#idleWord, isIdle ? 1 : 0);
  }
}

/** Passes a little time without touching shared memory. */
function passTime(): number {
  let turns = 0;
  while (turns < GATHER_TURNS) turns++;
  return turns;
}
