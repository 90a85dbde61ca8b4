/**
 * Taking jobs out of a queue: at once, or when there is one; also those of workers that have died.
 *
 * @module
 */
import { isTurnDue } from "@isthmus/core/internal";
import type { ChannelSchema, RecordValue } from "../flow/record-schema.ts";
import { sharedClock } from "../metrics/clock.ts";
import {
  type AsyncWaitOptions,
  type CheckedWait,
  checkWait,
  TIMEOUT_MS_MAX,
  timedOut,
  type Watch,
  waitAgain,
  waitAsync,
} from "../wait/wait-for.ts";
import { Claiming } from "./claiming.ts";
import { type Claim, type GivingBack, Job, type JobKeeper } from "./job.ts";
import type { JobOwner } from "./job-cells.ts";
import type { Returning } from "./job-table.ts";
import { priorityOf } from "./priority.ts";
import { CELL, CLASS_MASK, COUNTS, QUEUE } from "./queue-layout.ts";
import type { QueueSegment } from "./queue-segment.ts";

/** All bits of a generation but the highest: a life is told from another by them. */
const LIFE_MASK = 0x7fff_ffff;

/** How long jobs are taken before another look for workers that have died, while there is always a job, in nanoseconds. */
const LOOK_NS = 100e6;

/** A wait that nothing but a job ends. */
const ENDLESS: CheckedWait = { timeoutMs: Infinity, signal: undefined };

/** What jobs that are not done are, for messages. */
const NAMES = {
  waiting: "are ready",
  delayed: "wait for their time",
  held: "wait for others of their key",
  inFlight: "are being worked on",
} as const;

/** What one handle takes out of its queue. */
export class Taking<S extends ChannelSchema> implements JobKeeper {
  readonly #queue: QueueSegment;
  readonly #claiming: Claiming;
  readonly #now = sharedClock();
  #lookAtNs = 0;

  constructor(queue: QueueSegment) {
    this.#queue = queue;
    this.#claiming = new Claiming(queue);
  }

  /**
   * Takes the next job; undefined when there is none.
   *
   * @param holder The handle, which nobody forgets before the job.
   */
  tryTake(holder: Disposable, isDead = false): Job<S> | undefined {
    this.#queue.segment.checkOpen("WorkQueue");
    const nowNs = this.#now();
    if (nowNs >= this.#lookAtNs) this.reap();
    const job = this.#take(holder, isDead, nowNs);
    if (job !== undefined) return job;
    return this.reap() > 0 ? this.#take(holder, isDead, this.#now()) : undefined;
  }

  /** Takes the next job, waiting in the event loop. */
  take(holder: Disposable, options: AsyncWaitOptions | undefined, isDead = false): Promise<Job<S>> {
    // No async function: its promise is all that a job which is there needs.
    try {
      this.#queue.segment.checkOpen("WorkQueue");
      const wait = options === undefined ? ENDLESS : checkWait(options);
      wait.signal?.throwIfAborted();
      // As the wait would begin, without what it takes to wait.
      const isTurn = isTurnDue();
      const job = isTurn ? undefined : this.tryTake(holder, isDead);
      return job === undefined
        ? this.#takeWaiting(holder, wait, isDead, isTurn)
        : Promise.resolve(job);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #takeWaiting(
    holder: Disposable,
    wait: CheckedWait,
    isDead: boolean,
    isTurn: boolean,
  ): Promise<Job<S>> {
    const { segment, ready } = this.#queue;
    const description = `take a ${isDead ? "dead letter" : "job"} from "${segment.name}"`;
    const attempt = (): Job<S> | undefined => this.tryTake(holder, isDead);
    const condition = { attempt, description, owner: "WorkQueue", cell: ready };
    const goOn = isTurn ? waitAsync : waitAgain;
    const job = await goOn(condition, segment.doorbell, wait, this.#watchJobs(isDead));
    if (job === undefined) throw timedOut(description, wait.timeoutMs, this.#describe());
    return job;
  }

  /** Waits until nothing is left to do. */
  async drain(options: AsyncWaitOptions | undefined): Promise<void> {
    const { segment, room } = this.#queue;
    segment.checkOpen("WorkQueue");
    const wait = checkWait(options);
    const description = `drain "${segment.name}"`;
    const attempt = (): true | undefined => {
      segment.checkOpen("WorkQueue");
      if (this.#isEmpty()) return true;
      return this.reap() > 0 && this.#isEmpty() ? true : undefined;
    };
    const condition = { attempt, description, owner: "WorkQueue", cell: room };
    const watch: Watch = (look) =>
      this.#watchUntil(
        this.#queue.locked(({ nextDueMs }) => nextDueMs),
        look,
      );
    const isDrained = await waitAsync(condition, segment.doorbell, wait, watch);
    if (isDrained === undefined) throw timedOut(description, wait.timeoutMs, this.#describe());
  }

  /**
   * Gives back what workers had who have died, or left without saying so.
   *
   * @returns How many jobs.
   */
  reap(): number {
    const { segment } = this.#queue;
    this.#lookAtNs = this.#now() + LOOK_NS;
    let count = 0;
    for (const owner of this.#others()) {
      if (!segment.participants.isOver(owner.slot, owner.life & LIFE_MASK, LIFE_MASK)) continue;
      count += this.giveBackOf(owner, "orphaned");
    }
    return count;
  }

  /** The same, unless that was done a moment ago. */
  reapNowAndThen(): number {
    return this.#now() >= this.#lookAtNs ? this.reap() : 0;
  }

  /** Gives back what one of those who had jobs had. */
  giveBackOf(owner: JobOwner, reason: Returning["reason"]): number {
    const { ready, room } = this.#queue;
    const returning = { reason, dueMs: 0, nowMs: this.#queue.nowMs() };
    const count = this.#queue.locked((table) => table.giveBackOf(owner, returning));
    if (count > 0) {
      ready.wake();
      room.wake();
    }
    return count;
  }

  /** A job as it is, without taking it. */
  valueOf(link: number): RecordValue<S> {
    return this.#queue.read(link) as RecordValue<S>;
  }

  finish(link: number, state: number, takenNs: number): boolean {
    const queue = this.#queue;
    queue.segment.checkOpen("WorkQueue");
    const ranNs = this.#now() - takenNs;
    const isPassed = this.#claiming.finish(link, state, ranNs);
    if (isPassed === undefined) return false;
    // Unlocking was a fence.
    if (isPassed) queue.ready.wakeAfterFence();
    queue.room.wakeAfterFence();
    return true;
  }

  giveBack(claim: Claim, how: GivingBack, delayMs: number, error: string | undefined): boolean {
    const { segment } = this.#queue;
    if (segment.isDisposed && how === "returned") return false;
    segment.checkOpen("WorkQueue");
    const nowMs = this.#queue.nowMs();
    const dueMs = delayMs > 0 ? Math.ceil(nowMs + delayMs) : 0;
    return this.#giveBack(claim, {
      reason: how === "failed" ? "failed" : "returned",
      dueMs,
      nowMs,
      error: encoded(error),
      isUncounted: how === "uncounted",
    });
  }

  #isEmpty(): boolean {
    return this.#queue.locked((table) => {
      table.handleDue(this.#queue.nowMs());
      return table.isEmpty;
    });
  }

  #take(holder: Disposable, isDead: boolean, nowNs: number): Job<S> | undefined {
    const queue = this.#queue;
    let broken: unknown;
    // No more than there can be: somebody may make such jobs as fast as they are thrown out.
    for (let left = queue.sizes.cellCount; left > 0; left--) {
      const link = this.#claiming.begin(isDead, nowNs);
      if (link === 0) return undefined;
      const { state } = this.#claiming.facts;
      try {
        const job = this.#jobOf(link, holder);
        if (this.#isOurs(link, state)) return job;
      } catch (error) {
        if (!this.#isOurs(link, state)) continue;
        broken = queue.explained(error);
        this.#bury({ link, state }, broken);
        if (isDead) throw broken;
      }
    }
    if (broken !== undefined) throw broken;
    return undefined;
  }

  /** Whether what was read was a job of this handle's to the end: a lease may have ended meanwhile. */
  #isOurs(link: number, state: number): boolean {
    return this.#queue.sizes.leaseMs === 0 || this.#isTaken(link, state);
  }

  #isTaken(link: number, state: number): boolean {
    return this.#queue.locked((table) => table.isTaken(link, state));
  }

  /** Nobody can read it: it is kept for whoever looks into the dead letters. */
  #bury(claim: Claim, error: unknown): void {
    this.#queue.locked(({ cells }) => cells.add(COUNTS.corruptions, 1));
    this.#giveBack(claim, {
      reason: "failed",
      dueMs: 0,
      nowMs: this.#queue.nowMs(),
      error: encoded(String(error)),
      isHopeless: true,
    });
  }

  /** What a worker gets of a job that it has taken. */
  #jobOf(link: number, holder: Disposable): Job<S> {
    const { cells, records } = this.#queue.table;
    const { facts } = this.#claiming;
    facts.id = cells.getLong(link, CELL.sequence);
    facts.attempts = cells.get(link, CELL.attempts) >>> 0;
    facts.priority = priorityOf(cells.get(link, CELL.place) & CLASS_MASK);
    facts.lastError = records.lastError(link);
    return new Job<S>(facts, this.valueOf(link), holder, this);
  }

  #giveBack({ link, state }: Claim, returning: Returning): boolean {
    const { ready, room } = this.#queue;
    const isOurs = this.#queue.locked((table) => {
      if (!table.isTaken(link, state)) return false;
      table.giveBack(link, returning);
      return true;
    });
    ready.wake();
    room.wake();
    return isOurs;
  }

  /** Those besides this handle who have jobs now. */
  #others(): JobOwner[] {
    const { self, table } = this.#queue;
    if (table.cells.header(QUEUE.takenFirst) === 0) return [];
    return this.#queue
      .locked((each) => each.owners())
      .filter(({ slot, life }) => slot !== self.slot || life !== self.life);
  }

  /** Watches the lives of those who have jobs now; returns how to stop. */
  readonly #watch: Watch = (onDeath) => {
    const slots = this.#others().map(({ slot }) => slot);
    return this.#queue.segment.watchLives(slots, onDeath);
  };

  /** What one wait for a job watches besides: it looks again when the next job is due, or a lease is over. */
  #watchJobs(isDead: boolean): Watch {
    let isFirst = true;
    return (look) => {
      const dueMs = this.#queue.locked(({ cells, nextDueMs, isPaused }) => {
        if (isFirst) cells.add(COUNTS.emptyWaits, 1);
        // Since it looked, somebody else may have found several due, taken one, and left the others.
        const isThere = isDead
          ? cells.count("deadLetters") > 0
          : cells.count("waiting") > 0 && !isPaused;
        return isThere ? 0 : nextDueMs;
      });
      isFirst = false;
      return this.#watchUntil(dueMs, look);
    };
  }

  /** Watches the lives of those who have jobs now, and looks again at a time, in milliseconds of the shared clock. */
  #watchUntil(dueMs: number, look: () => void): () => void {
    const stop = this.#watch(look);
    const inMs = Math.max(1, dueMs - this.#queue.nowMs());
    const timer = inMs === Infinity ? undefined : setTimeout(look, Math.min(inMs, TIMEOUT_MS_MAX));
    return () => {
      clearTimeout(timer);
      stop?.();
    };
  }

  /** What is in the way, for the message of a time-out. */
  #describe(): string {
    const { cells, isPaused } = this.#queue.table;
    if (isPaused) return "it is paused";
    const parts = (["waiting", "delayed", "held", "inFlight"] as const)
      .map((name) => [cells.count(name), NAMES[name]] as const)
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${count} ${what}`);
    return parts.length === 0 ? "it has no jobs" : `of its jobs ${parts.join(", ")}`;
  }
}

/** The text of an error as it is kept. */
function encoded(error: string | undefined): Uint8Array | undefined {
  return error === undefined ? undefined : new TextEncoder().encode(error);
}
