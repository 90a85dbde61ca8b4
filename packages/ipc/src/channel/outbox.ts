/**
 * What a producer does behind its methods: committing, deciding when to publish, and waiting for room.
 *
 * @module
 */
import { conditionError } from "@isthmus/core/internal";
import { Counters } from "../metrics/counters.ts";
import { TaskQueue } from "../sync/task-queue.ts";
import { postpone, runPostponed } from "../wait/before-sleep.ts";
import { type Condition, timedOut, waitAsync, waitSync } from "../wait/wait-for.ts";
import type { SharedWords } from "../words.ts";
import type { Channel } from "./channel.ts";
import { CHANNEL, LANE_PRODUCER_COUNTERS_OFFSET } from "./channel-layout.ts";
import { type LaneWriter, openLaneWriter } from "./lane-writer.ts";

/** Records of one synchronous run that are published together. */
const BURST_RECORDS = 64;

/** How many bursts share one look at the clock. */
const BURSTS_PER_TOUCH = 16;

/** The lane of one producer, and its way into it. */
export class Outbox {
  readonly writer: LaneWriter;
  readonly counters: Counters;
  readonly #channel: Channel;
  readonly #words: SharedWords;
  readonly #isDry: number;
  readonly #isFailing: boolean;
  readonly #turns = new TaskQueue();
  readonly #postponed = { run: () => this.#publishPending(), end: () => this.#endRun() };
  /** Sends that wait in the event loop: those that come later must not overtake them. */
  #asyncCount = 0;
  /** Records that have been committed since the last publication. */
  #pending = 0;
  #bursts = 0;
  #isPostponed = false;

  /**
   * @param channel The channel.
   * @param lane The lane, which this process owns and which is ready.
   * @param isFailing Whether to throw instead of waiting for room.
   */
  constructor(channel: Channel, lane: number, isFailing: boolean) {
    const offset = channel.laneOffset(lane) + LANE_PRODUCER_COUNTERS_OFFSET;
    this.counters = new Counters(channel.segment.memory.mapping, offset);
    this.writer = openLaneWriter(channel, lane, this.counters);
    this.#channel = channel;
    this.#words = channel.words;
    this.#isDry = channel.base + CHANNEL.isDry;
    this.#isFailing = isFailing;
  }

  /** Whether sends wait in the event loop. */
  get isAwaited(): boolean {
    return this.#asyncCount > 0;
  }

  /** Decides what becomes of a record that has just been committed. */
  committed(): void {
    const pending = this.#pending + 1;
    // A plain look, a third of the cost of an atomic one: the record that was written before it, to memory of the
    // same kind as far as the compiler knows, keeps it where it is.
    if (this.#isPostponed && pending < BURST_RECORDS && this.#words.get(this.#isDry) === 0) {
      this.#pending = pending;
      return;
    }
    this.#publishNow();
  }

  /** Apart from `committed`, which is small enough to become part of the caller's loop that way. */
  #publishNow(): void {
    this.publish();
    if (this.#isPostponed) return;
    this.#isPostponed = true;
    postpone(this.#postponed);
  }

  /** Makes everything that was committed visible and wakes the consumer. */
  publish(): void {
    this.#pending = 0;
    if (!this.writer.publish()) return;
    this.#channel.data.wake();
    if (++this.#bursts % BURSTS_PER_TOUCH === 0) this.counters.touch();
  }

  /** Publishes at the end of a run or before a wait, and notes the time. */
  flush(): void {
    this.publish();
    this.counters.touch();
  }

  /** Counts a record for which there was no room. The consumer must see those that take the room. */
  drop(): void {
    this.counters.add("drops", 1);
    this.publish();
  }

  /** Waits on this thread until an attempt to commit has succeeded. */
  wait(attempt: () => boolean, timeoutMs: number): void {
    if (this.#isFailing) {
      this.drop();
      throw conditionError("EAGAIN", `${this.#description()}: there is no room`, "send");
    }
    this.#beginWait();
    if (waitSync(this.#condition(attempt), timeoutMs) === undefined) {
      throw timedOut(this.#description(), timeoutMs);
    }
  }

  /** Waits in the event loop, after those that wait already, until an attempt to commit has succeeded. */
  async waitInTurn(
    attempt: () => boolean,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    this.#asyncCount++;
    try {
      const pass = await this.#turns.enter(signal, timeoutMs);
      if (pass === undefined) throw timedOut(this.#description(), timeoutMs);
      try {
        this.#channel.segment.checkOpen("Producer");
        this.#beginWait();
        const options = { timeoutMs: Math.max(0, deadline - performance.now()), signal };
        const { doorbell } = this.#channel.segment;
        const found = await waitAsync(this.#condition(attempt), doorbell, options);
        if (found === undefined) throw timedOut(this.#description(), timeoutMs);
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
      attempt: () => {
        if (!attempt()) return undefined;
        this.committed();
        return true;
      },
      description: this.#description(),
      owner: "Producer",
      cell: this.#channel.space,
    };
  }

  #description(): string {
    return `send to "${this.#channel.name}"`;
  }

  #publishPending(): void {
    if (this.#pending > 0) this.publish();
  }

  #endRun(): void {
    this.#isPostponed = false;
    if (!this.#channel.segment.isDisposed) this.flush();
  }
}
