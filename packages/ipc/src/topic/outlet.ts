/**
 * What a publisher does behind its methods: writing, deciding when to publish, and waiting for room.
 *
 * @module
 */
import { conditionError } from "@isthmus/core/internal";
import { Counters } from "../metrics/counters.ts";
import { TaskQueue } from "../sync/task-queue.ts";
import { postpone, runPostponed } from "../wait/before-sleep.ts";
import { type Condition, timedOut, waitAsync, waitSync } from "../wait/wait-for.ts";
import type { SharedWords } from "../words.ts";
import type { Topic } from "./topic.ts";
import { PUBLISHER_COUNTERS_OFFSET } from "./topic-layout.ts";
import { type FillInPlace, openTopicWriter, type TopicWriter } from "./topic-writer.ts";

/** Records of one synchronous run that are published together. */
const BURST_RECORDS = 64;

/** How many publications share one look at the clock. */
const PUBLICATIONS_PER_TOUCH = 16;

/** The lane of one publisher, and its way into it. */
export class Outlet {
  readonly counters: Counters;
  readonly #topic: Topic;
  readonly #lane: number;
  readonly #writer: TopicWriter;
  readonly #words: SharedWords;
  readonly #idle: number;
  readonly #dryWords: number;
  readonly #isFailing: boolean;
  readonly #turns = new TaskQueue();
  readonly #postponed = { run: () => this.publish(), end: () => this.#endRun() };
  /** Sends that wait in the event loop: those that come later must not overtake them. */
  #asyncCount = 0;
  /** Records that have been committed since the last publication. */
  #pending = 0;
  #publications = 0;
  /** Whether this run of JavaScript has published something and will look again when it ends. */
  #isRun = false;

  /**
   * @param topic The topic.
   * @param lane The lane, which this process owns and which is ready.
   * @param isFailing Whether to throw instead of waiting for room.
   */
  constructor(topic: Topic, lane: number, isFailing: boolean) {
    const offset = topic.laneOffset(lane) + PUBLISHER_COUNTERS_OFFSET;
    this.counters = new Counters(topic.segment.memory.mapping, offset);
    this.#topic = topic;
    this.#lane = lane;
    this.#writer = openTopicWriter(topic, lane, this.counters);
    this.#words = topic.words;
    this.#idle = topic.idle;
    this.#dryWords = topic.bitWords;
    this.#isFailing = isFailing;
  }

  /** Whether sends wait in the event loop. */
  get isAwaited(): boolean {
    return this.#asyncCount > 0;
  }

  /** Writes a record if there is room; returns whether. */
  write(record: unknown): boolean {
    if (this.#writer.write(record)) return true;
    return this.#makeRoom() && this.#writer.write(record);
  }

  /** Has a record written in place if there is room; returns whether. */
  fill(fill: FillInPlace, lengthBytes: number | undefined): boolean {
    if (this.#writer.fill(fill, lengthBytes)) return true;
    return this.#makeRoom() && this.#writer.fill(fill, lengthBytes);
  }

  /** Decides when the record that has just been written is to be seen. */
  committed(): void {
    const pending = this.#pending + 1;
    // Plain looks, a third of the cost of atomic ones: the record that was written before them, to memory of the
    // same kind as far as the compiler knows, keeps them where they are.
    if (this.#isRun && pending < BURST_RECORDS) {
      let idle = this.#words.get(this.#idle) | this.#words.get(this.#idle + 1);
      for (let word = 2; word < this.#dryWords; word++) idle |= this.#words.get(this.#idle + word);
      if (idle === 0) {
        this.#pending = pending;
        return;
      }
    }
    this.#settle();
  }

  /** Has what is written in this run of JavaScript published when it ends, or the thread does. */
  beginRun(): void {
    if (this.#isRun) return;
    this.#isRun = true;
    postpone(this.#postponed);
  }

  /** Makes everything that was committed visible and wakes those who wait for it; returns whether there was any. */
  publish(): boolean {
    this.#pending = 0;
    if (!this.#writer.publish()) return false;
    this.#topic.data.wake();
    if (++this.#publications % PUBLICATIONS_PER_TOUCH === 0) this.counters.touch();
    return true;
  }

  /** Publishes at the end of a run or before a wait, and notes the time. */
  flush(): void {
    this.publish();
    this.counters.touch();
  }

  /** Counts a record for which there was no room. Subscribers must see those that take the room. */
  drop(): void {
    this.counters.add("drops", 1);
    this.publish();
  }

  /** Waits on this thread until an attempt to write has succeeded. */
  wait(attempt: () => boolean, timeoutMs: number): void {
    if (this.#isFailing) {
      this.drop();
      throw conditionError("EAGAIN", `${this.#description()}: there is no room`, "send");
    }
    this.#beginWait();
    // None can come or go while this thread waits.
    const here = this.#topic.gatesHere();
    const attemptOrFail = (): boolean => {
      if (attempt()) return true;
      if (here.length > 0 && this.#topic.isHeldUpBy(here, this.#lane)) {
        const why = "a subscriber on this thread is in the way, which reads nothing while it waits";
        throw timedOut(this.#description(), timeoutMs, `${why}: use sendAsync()`);
      }
      return false;
    };
    if (waitSync(this.#condition(attemptOrFail), timeoutMs) === undefined) {
      throw this.#timedOut(timeoutMs);
    }
  }

  /** Waits in the event loop, after those that wait already, until an attempt to write has succeeded. */
  async waitInTurn(
    attempt: () => boolean,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    this.#asyncCount++;
    try {
      const pass = await this.#turns.enter(signal, timeoutMs);
      if (pass === undefined) throw this.#timedOut(timeoutMs);
      try {
        const { segment } = this.#topic;
        segment.checkOpen("Publisher");
        this.#beginWait();
        const options = { timeoutMs: Math.max(0, deadline - performance.now()), signal };
        const found = await waitAsync(
          this.#condition(attempt),
          segment.doorbell,
          options,
          (onDeath) => this.#topic.watchGates(onDeath),
        );
        if (found === undefined) throw this.#timedOut(timeoutMs);
      } finally {
        pass();
      }
    } finally {
      this.#asyncCount--;
    }
  }

  /** Does what may make room: publishes what takes it, and clears up after subscribers that have died. */
  #makeRoom(): boolean {
    const isPublished = this.publish();
    return this.#topic.reapDeadGates() || isPublished;
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
      owner: "Publisher",
      cell: this.#topic.space,
    };
  }

  #timedOut(timeoutMs: number): Error {
    return timedOut(this.#description(), timeoutMs, this.#topic.describeSlowest(this.#lane));
  }

  #description(): string {
    return `send to "${this.#topic.name}"`;
  }

  /** Publishes now, and what comes later when this run of JavaScript ends, at the latest. */
  #settle(): void {
    this.publish();
    this.#topic.segment.checkWhole();
    this.beginRun();
  }

  #endRun(): void {
    this.#isRun = false;
    if (!this.#topic.segment.isDisposed) this.flush();
  }
}
