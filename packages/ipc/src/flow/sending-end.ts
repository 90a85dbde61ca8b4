/**
 * What producers and publishers do behind their methods, whatever their records are: deciding when to publish, and
 * waiting for room.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import {
  conditionError,
  invalidType,
  isTurnDue,
  refuseAsync,
  takeTurn,
} from "@isthmus/core/internal";
import type { Counters } from "../metrics/counters.ts";
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
  type Watch,
  waitAsync,
  waitSync,
} from "../wait/wait-for.ts";
import { type BatchSink, callApart, OpenBatch } from "./open-batch.ts";
import type { RecordSegment } from "./record-segment.ts";
import type { SlotRing } from "./struct-sender.ts";
import type { VariableRing } from "./variable-sender.ts";

/** Fills a place in shared memory: a cursor of a struct, or a view of bytes. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Sender.claim.
export type FillInPlace = (place: any) => void;

/** Records of one synchronous run that are published together. */
export const BURST_RECORDS = 64;

/** How many publications share one look at the clock. */
const PUBLICATIONS_PER_TOUCH = 16;

/** What `idle` says inside a batch, and when every record is to be looked at. */
const NEVER: Int32Array<ArrayBuffer> = Int32Array.of(0);
const ALWAYS: Int32Array<ArrayBuffer> = Int32Array.of(1);

/** What a kind of segment says of a lane that this process sends through. */
export interface SendingLane {
  readonly lanes: RecordSegment;
  /** The lane, which this process owns and which is ready. */
  readonly lane: number;
  /** Who sends, for messages: `"Producer"`. */
  readonly owner: string;
  /** Whether to throw instead of waiting for room. */
  readonly isFailing: boolean;
  readonly counters: Counters;
  /** One word of the segment: not 0 while a receiver wants to see the next record at once. */
  readonly idle: Int32Array<ArrayBuffer>;
  /** Clears up after receivers that have died, if senders wait for them; returns whether that may have made room. */
  makeRoom(): boolean;
  /** Watches the lives of receivers whose deaths nobody else would tell of. */
  readonly watch: Watch;
  /** Returns what says why this thread would wait for itself, if it does; asked after each attempt in vain. */
  selfBlocking(): () => string | undefined;
  /** Who does not make room, for the message of a time-out. */
  describeReceivers(): string | undefined;
  /** Opens the sending side of the lane's ring, where records have one size. */
  slots(): SlotRing;
  /** The same where they have any size. */
  bytes(): VariableRing;
}

/** The lane of one sender, and its way into it. */
export abstract class SendingEnd {
  readonly counters: Counters;
  protected readonly how: SendingLane;
  protected readonly lanes: RecordSegment;
  /** One word, looked at after every record: not 0 when something is to be decided, first of all that it be published. */
  protected idle: Int32Array<ArrayBuffer>;
  /** Whether this run of JavaScript has published something and will look again when it ends. */
  protected isRun = false;
  /** Whether the callback of a batch is running. */
  protected isBatch = false;
  /** Whether the sender was disposed, perhaps inside a callback that is still running. */
  protected isClosing = false;
  readonly #turns = new TaskQueue();
  readonly #postponed = { run: () => this.publish(), end: () => this.#endRun() };
  /** Sends that wait in the event loop: those that come later must not overtake them. */
  #asyncCount = 0;
  #publications = 0;
  /** What was thrown to whoever came in while a record was being written, until `fail` has passed it on. */
  #refusal: unknown;

  constructor(how: SendingLane) {
    this.how = how;
    this.lanes = how.lanes;
    this.counters = how.counters;
    this.idle = how.idle;
  }

  /** The longest record in bytes that there can be room for. */
  abstract get recordBytesMax(): number;

  /** See `Sender.send`. What it throws goes to `fail`. */
  abstract send(record: unknown, options?: WaitOptions): void;

  /** See `Sender.claim`; `lengthBytes` for records of `bytes`. What it throws goes to `fail`. */
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

  /** See `Sender.trySend`. */
  trySend(record: unknown): boolean {
    this.checkFree();
    if (this.attempt(record)) return true;
    this.#drop();
    return false;
  }

  /** See `Sender.sendAsync`. */
  async sendAsync(
    record: unknown,
    options: AsyncWaitOptions | undefined,
    sender: Disposable,
  ): Promise<void> {
    const { timeoutMs, signal } = checkWait(options);
    signal?.throwIfAborted();
    this.checkFree();
    if (this.#asyncCount > 0 || !this.attempt(record)) {
      await this.#waitInTurn(record, timeoutMs, signal);
      touch(sender);
    } else if (isTurnDue()) {
      await takeTurn();
    }
  }

  /** See `Sender.batch`. */
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
      const result = callApart(fill, sink);
      if (result !== undefined) refuseAsync(result, "fill");
    } finally {
      sink.close();
      this.publish();
      this.interrupt();
      this.isBatch = false;
      if (this.isClosing) this.#leave();
      else this.idle = this.how.idle;
    }
  }

  /** Publishes what has been written and notes the time. */
  flush(): void {
    this.publish();
    this.counters.touch();
  }

  /** Makes everything that has been written visible and wakes receivers; returns whether there was anything. */
  publish(): boolean {
    if (!this.release()) return false;
    this.lanes.data.wake();
    this.reachAhead();
    if (++this.#publications % PUBLICATIONS_PER_TOUCH === 0) this.counters.touch();
    return true;
  }

  /** Throws unless the sender is open. */
  checkOpen(): void {
    if (this.isClosing) this.lanes.refuseDisposed(this.how.owner);
    this.lanes.segment.checkWhole();
  }

  /** Publishes and leaves the segment: at once, or when the callback that is running has returned. */
  close(): void {
    if (this.isClosing) return;
    this.isClosing = true;
    // The record that is being written lies in this memory.
    if (this.isBusy) this.idle = ALWAYS;
    else if (this.isBatch) this.interrupt();
    else this.#leave();
  }

  /**
   * Throws unless the sender can be used now.
   *
   * @param isGuarded Whether what it throws goes to `fail`.
   */
  protected checkFree(isGuarded = false): void {
    if (this.isBusy) {
      const refusal = new NotSupportedError(
        `Cannot use the ${this.how.owner.toLowerCase()} of "${this.lanes.name}" inside its own claim()`,
      );
      if (isGuarded) this.#refusal = refusal;
      throw refusal;
    }
    this.checkOpen();
  }

  /** Publishes what has been written, and has the rest of this run of JavaScript published at its end at the latest. */
  protected publishOrLeave(): void {
    if (this.isClosing) {
      this.interrupt();
      if (!this.isBatch) this.#leave();
      return;
    }
    if (this.isBatch) return;
    this.publish();
    this.lanes.segment.checkWhole();
    this.#beginRun();
  }

  /** Waits on this thread for room. */
  protected waitForRoom(attempt: () => boolean, options: WaitOptions | undefined): void {
    this.checkOpen();
    const timeoutMs = checkTimeout(options);
    const description = this.#description();
    if (this.how.isFailing) {
      this.#drop();
      throw conditionError("EAGAIN", `${description}: there is no room`, "send");
    }
    this.#beginWait();
    const whyBlocked = this.how.selfBlocking();
    const attemptOrFail = (): boolean => {
      if (attempt()) return true;
      const why = whyBlocked();
      if (why !== undefined) throw timedOut(description, timeoutMs, `${why}: use sendAsync()`);
      return false;
    };
    if (waitSync(this.#condition(attemptOrFail), timeoutMs) === undefined) {
      throw this.#timedOut(timeoutMs);
    }
  }

  /** Does what may make room: publishes what takes it, and clears up after receivers that have died. */
  protected makeRoom(): boolean {
    const isPublished = this.publish();
    return this.how.makeRoom() || isPublished;
  }

  #leave(): void {
    if (this.lanes.segment.isDisposed) return;
    this.flush();
    this.interrupt();
    this.lanes.leave();
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
        const { doorbell } = this.lanes.segment;
        const found = await waitAsync(condition, doorbell, options, this.how.watch);
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
      owner: this.how.owner,
      cell: this.lanes.space,
    };
  }

  /** Counts a record for which there was no room. Receivers must see those that take the room. */
  #drop(): void {
    this.counters.add("drops", 1);
    this.publish();
  }

  #timedOut(timeoutMs: number): Error {
    return timedOut(this.#description(), timeoutMs, this.how.describeReceivers());
  }

  #description(): string {
    return `send to "${this.lanes.name}"`;
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
