/**
 * What a producer does behind its methods, whatever its records are: deciding when to publish, and waiting for room.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { conditionError, invalidType, isTurnDue, takeTurn } from "@isthmus/core/internal";
import { Counters } from "../metrics/counters.ts";
import { touch } from "../segment/handles.ts";
import { TaskQueue } from "../sync/task-queue.ts";
import { postpone, runPostponed } from "../wait/before-sleep.ts";
import {
  type AsyncWaitOptions,
  type Condition,
  checkTimeout,
  checkWait,
  timedOut,
  type WaitOptions,
  waitAsync,
  waitSync,
} from "../wait/wait-for.ts";
import type { Channel } from "./channel.ts";
import { CHANNEL, LANE_PRODUCER_COUNTERS_OFFSET } from "./channel-layout.ts";
import { type BatchSink, OpenBatch } from "./open-batch.ts";

/** Fills a place in shared memory: a cursor of a struct, or a view of bytes. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Producer.claim.
export type FillInPlace = (place: any) => void;

/** Records of one synchronous run that are published together. */
export const BURST_RECORDS = 64;

/** How many publications share one look at the clock. */
const PUBLICATIONS_PER_TOUCH = 16;

/** What `idle` says inside a batch, and when every record is to be looked at. */
const NEVER: Int32Array<ArrayBuffer> = Int32Array.of(0);
const ALWAYS: Int32Array<ArrayBuffer> = Int32Array.of(1);

/** The lane of one producer, and its way into it. */
export abstract class Outbox {
  readonly counters: Counters;
  protected readonly channel: Channel;
  /** One word, looked at after every record: not 0 when something is to be decided, first of all that it be published. */
  protected idle: Int32Array<ArrayBuffer>;
  /** Whether this run of JavaScript has published something and will look again when it ends. */
  protected isRun = false;
  /** Whether the callback of a batch is running. */
  protected isBatch = false;
  /** Whether the producer was disposed, perhaps inside a callback that is still running. */
  protected isClosing = false;
  /** The consumer's word in the segment: whether it wants to see the next record at once. */
  readonly #idle: Int32Array<ArrayBuffer>;
  readonly #isFailing: boolean;
  readonly #turns = new TaskQueue();
  readonly #postponed = { run: () => this.publish(), end: () => this.#endRun() };
  /** Sends that wait in the event loop: those that come later must not overtake them. */
  #asyncCount = 0;
  #publications = 0;
  /** What was thrown to whoever came in while a record was being written, until `fail` has passed it on. */
  #refusal: unknown;

  /**
   * @param channel The channel.
   * @param lane The lane, which this process owns and which is ready.
   * @param isFailing Whether to throw instead of waiting for room.
   */
  constructor(channel: Channel, lane: number, isFailing: boolean) {
    const { mapping } = channel.segment.memory;
    const offset = channel.laneOffset(lane) + LANE_PRODUCER_COUNTERS_OFFSET;
    const word = mapping.bytes((channel.base + CHANNEL.isIdle) * 4, 4);
    this.counters = new Counters(mapping, offset);
    this.channel = channel;
    this.#idle = new Int32Array(word.buffer, word.byteOffset, 1);
    this.idle = this.#idle;
    this.#isFailing = isFailing;
  }

  /** See `Producer.send`. What it throws goes to `fail`. */
  abstract send(record: unknown, options?: WaitOptions): void;

  /** See `Producer.claim`; `lengthBytes` for records of `bytes`. What it throws goes to `fail`. */
  abstract claim(write: FillInPlace, options?: WaitOptions, lengthBytes?: number): void;

  /**
   * Passes on what `send` or `claim` has thrown: nothing is being written any more. Apart from them, because a `catch`
   * would make them too long for the compiler to take them into a loop.
   */
  fail(error: unknown): never {
    // Whoever was refused wrote nothing; if the record that was being written then fails, too, it does so later.
    if (error === this.#refusal) this.#refusal = undefined;
    else this.abandon();
    throw error;
  }

  /** Sends a record if there is room; returns whether. */
  protected abstract attempt(record: unknown): boolean;

  /** Commits and publishes all that has been written; false when that is nothing. */
  protected abstract release(): boolean;

  /** Has the CPU fetch the place of the next record while the other side is busy with this one; not everybody does. */
  protected reachAhead(): void {}

  /** Forgets the record that was being written. */
  protected abstract abandon(): void;

  /** Has the next record decided about anew: a batch or a run of JavaScript has ended, or the producer. */
  protected abstract interrupt(): void;

  /** Whether a record is being written, by code of the user's. */
  protected abstract get isBusy(): boolean;

  /** See `Producer.trySend`. */
  trySend(record: unknown): boolean {
    this.checkFree();
    if (this.attempt(record)) return true;
    this.#drop();
    return false;
  }

  /** See `Producer.sendAsync`. */
  async sendAsync(
    record: unknown,
    options: AsyncWaitOptions | undefined,
    producer: Disposable,
  ): Promise<void> {
    this.checkFree();
    const { timeoutMs, signal } = checkWait(options);
    signal?.throwIfAborted();
    if (this.#asyncCount > 0 || !this.attempt(record)) {
      await this.#waitInTurn(record, timeoutMs, signal);
      touch(producer);
    } else if (isTurnDue()) {
      await takeTurn();
    }
  }

  /** See `Producer.batch`. */
  batch(fill: (sink: BatchSink) => void): void {
    this.checkFree();
    if (typeof fill !== "function") throw invalidType("fill", "a function", fill);
    if (this.isBatch) throw new NotSupportedError("Cannot begin a batch inside another one");
    this.isBatch = true;
    this.idle = NEVER;
    this.interrupt();
    this.#beginRun();
    const sink = new OpenBatch(this);
    try {
      const result = fill(sink) as unknown;
      if (result !== undefined) refuseAsync(result, "fill");
    } finally {
      sink.end();
      this.publish();
      this.interrupt();
      this.isBatch = false;
      if (this.isClosing) this.#leave();
      else this.idle = this.#idle;
    }
  }

  /** Publishes what has been written and notes the time. */
  flush(): void {
    this.publish();
    this.counters.touch();
  }

  /** Makes everything that has been written visible and wakes the consumer. */
  publish(): void {
    if (!this.release()) return;
    this.channel.data.wake();
    this.reachAhead();
    if (++this.#publications % PUBLICATIONS_PER_TOUCH === 0) this.counters.touch();
  }

  /** Throws unless the producer is open. */
  checkOpen(): void {
    if (this.isClosing) this.channel.refuseDisposed("Producer");
    this.channel.segment.checkWhole();
  }

  /** Publishes and leaves the channel: at once, or when the callback that is running has returned. */
  close(): void {
    if (this.isClosing) return;
    this.isClosing = true;
    // The record that is being written lies in this memory.
    if (this.isBusy) this.idle = ALWAYS;
    else if (this.isBatch) this.interrupt();
    else this.#leave();
  }

  /**
   * Throws unless the producer can be used now.
   *
   * @param isGuarded Whether what it throws goes to `fail`.
   */
  protected checkFree(isGuarded = false): void {
    if (this.isBusy) {
      const refusal = new NotSupportedError(
        `Cannot use the producer of "${this.channel.name}" inside its own claim()`,
      );
      if (isGuarded) this.#refusal = refusal;
      throw refusal;
    }
    this.checkOpen();
  }

  /** Publishes what has been written, and has the rest of this run of JavaScript published at its end at the latest. */
  protected settle(): void {
    if (this.isClosing) {
      this.interrupt();
      if (!this.isBatch) this.#leave();
      return;
    }
    if (this.isBatch) return;
    this.publish();
    this.channel.segment.checkWhole();
    this.#beginRun();
  }

  /** Waits on this thread for room. */
  protected waitForRoom(attempt: () => boolean, options: WaitOptions | undefined): void {
    const timeoutMs = checkTimeout(options);
    const description = this.#description();
    if (this.#isFailing) {
      this.#drop();
      throw conditionError("EAGAIN", `${description}: there is no room`, "send");
    }
    this.#beginWait();
    if (this.channel.isConsumedHere) {
      const why = "its consumer is on this thread, which receives nothing while it waits";
      throw timedOut(description, timeoutMs, `${why}: use sendAsync()`);
    }
    if (waitSync(this.#condition(attempt), timeoutMs) === undefined) {
      throw this.#timedOut(timeoutMs);
    }
  }

  #leave(): void {
    this.flush();
    this.interrupt();
    this.channel.leave();
  }

  /** Waits in the event loop, after those that wait already, until a record has been sent. */
  async #waitInTurn(
    record: unknown,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    this.#asyncCount++;
    try {
      const pass = await this.#turns.enter(signal, timeoutMs);
      if (pass === undefined) throw this.#timedOut(timeoutMs);
      try {
        this.checkOpen();
        this.#beginWait();
        const options = { timeoutMs: Math.max(0, deadline - performance.now()), signal };
        const condition = this.#condition(() => this.attempt(record));
        const found = await waitAsync(condition, this.channel.segment.doorbell, options);
        if (found === undefined) throw this.#timedOut(timeoutMs);
      } finally {
        pass();
      }
    } finally {
      this.#asyncCount--;
    }
  }

  #beginWait(): void {
    runPostponed();
    this.flush();
    this.counters.add("waits", 1);
  }

  #condition(attempt: () => boolean): Condition<true> {
    return {
      attempt: () => (attempt() ? true : undefined),
      description: this.#description(),
      owner: "Producer",
      cell: this.channel.space,
    };
  }

  /** Counts a record for which there was no room. The consumer must see those that take the room. */
  #drop(): void {
    this.counters.add("drops", 1);
    this.publish();
  }

  #timedOut(timeoutMs: number): Error {
    return timedOut(this.#description(), timeoutMs, this.channel.describeConsumer());
  }

  #description(): string {
    return `send to "${this.channel.name}"`;
  }

  /** Has the rest of this run of JavaScript published when it ends, or the thread does. */
  #beginRun(): void {
    if (this.isRun) return;
    this.isRun = true;
    postpone(this.#postponed);
  }

  #endRun(): void {
    this.isRun = false;
    if (this.isClosing) return;
    this.flush();
    this.interrupt();
  }
}

/** Refuses a callback that goes on after it has returned: it would write to a record that others read already. */
export function refuseAsync(result: unknown, name: string): void {
  if (!(result instanceof Promise)) return;
  throw invalidType(name, "a function that is not asynchronous", result);
}
