/**
 * Taking jobs out of a queue: at once, or when there is one; also those of workers that have died.
 *
 * @module
 */
import { codecOf, type RecordCodec, RecordMemory } from "../flow/record-codec.ts";
import type { ChannelSchema, RecordValue } from "../flow/record-schema.ts";
import { sharedClock } from "../metrics/clock.ts";
import {
  type AsyncWaitOptions,
  checkWait,
  TIMEOUT_MS_MAX,
  timedOut,
  type Watch,
  waitAsync,
} from "../wait/wait-for.ts";
import { Job, type JobKeeper } from "./job.ts";
import type { JobOwner } from "./job-cells.ts";
import type { JobTable, Returning } from "./job-table.ts";
import { priorityOf } from "./priority.ts";
import { CELL, CLASS_MASK, QUEUE } from "./queue-layout.ts";
import type { QueueSegment } from "./queue-segment.ts";

/** All bits of a generation but the highest: a life is told from another by them. */
const LIFE_MASK = 0x7fff_ffff;

/** How long jobs are taken before another look for workers that have died, while there is always a job, in milliseconds. */
const LOOK_MS = 100;

/** What jobs that are not done are, for messages. */
const NAMES = {
  ready: "are ready",
  delayed: "wait for their time",
  held: "wait for others of their key",
  inFlight: "are being worked on",
} as const;

/** How a job is chosen. */
type Choose = (table: JobTable, owner: JobOwner, nowMs: number, nowNs: number) => number;

const NEXT: Choose = (table, ...when) => table.take(...when);
const DEAD: Choose = (table, ...when) => table.takeDead(...when);

/** What one handle takes out of its queue. */
export class Taking<S extends ChannelSchema> {
  readonly #queue: QueueSegment;
  readonly #codec: RecordCodec;
  readonly #now = sharedClock();
  #scratch = new RecordMemory(new Uint8Array(256));
  #lookAtMs = 0;

  constructor(queue: QueueSegment) {
    this.#queue = queue;
    this.#codec = codecOf(queue.shape);
  }

  /** Takes the next job; undefined when there is none. */
  tryTake(isDead = false): Job<S> | undefined {
    this.#queue.segment.checkOpen("WorkQueue");
    this.reapNowAndThen();
    const choose = isDead ? DEAD : NEXT;
    const job = this.#take(choose);
    if (job !== undefined) return job;
    return this.reap() > 0 ? this.#take(choose) : undefined;
  }

  /** Takes the next job, waiting in the event loop. */
  async take(options: AsyncWaitOptions | undefined, isDead = false): Promise<Job<S>> {
    this.#queue.segment.checkOpen("WorkQueue");
    const wait = checkWait(options);
    const { segment, ready } = this.#queue;
    const description = `take a ${isDead ? "dead letter" : "job"} from "${segment.name}"`;
    const attempt = (): Job<S> | undefined => this.tryTake(isDead);
    const condition = { attempt, description, owner: "WorkQueue", cell: ready };
    const job = await waitAsync(condition, segment.doorbell, wait, this.#watchJobs(isDead));
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
    this.#lookAtMs = performance.now() + LOOK_MS;
    let count = 0;
    for (const owner of this.#others()) {
      if (!segment.participants.isOver(owner.slot, owner.life & LIFE_MASK, LIFE_MASK)) continue;
      const text = `the worker in place ${owner.slot} ended`;
      count += this.giveBackOf(owner, "orphaned", text);
    }
    return count;
  }

  /** The same, unless that was done a moment ago. */
  reapNowAndThen(): number {
    return performance.now() >= this.#lookAtMs ? this.reap() : 0;
  }

  /** Gives back what one of those who had jobs had. */
  giveBackOf(owner: JobOwner, reason: Returning["reason"], error?: string): number {
    const { ready, room } = this.#queue;
    const text = error === undefined ? undefined : new TextEncoder().encode(error);
    const returning = { reason, dueMs: 0, nowMs: Date.now(), error: text };
    const count = this.#queue.locked((table) => table.giveBackOf(owner, returning));
    if (count > 0) {
      ready.wake();
      room.wake();
    }
    return count;
  }

  /** A job as it is, without taking it. */
  valueOf(link: number): RecordValue<S> {
    const length = this.#queue.read(link, (bytes) => this.#scratchFor(bytes));
    return this.#codec.decode(this.#scratch, 0, length) as RecordValue<S>;
  }

  #isEmpty(): boolean {
    return this.#queue.locked((table) => {
      table.handleDue(Date.now());
      return table.isEmpty;
    });
  }

  #take(choose: Choose): Job<S> | undefined {
    const queue = this.#queue;
    const { self, table } = queue;
    const { cells } = table;
    let broken: unknown;
    // No more than there can be: somebody may make such jobs as fast as they are thrown out.
    for (let left = cells.cellCount; left > 0; left--) {
      const nowNs = this.#now();
      let hasExpired = false;
      const taken = queue.locked(() => {
        const expired = cells.count("expired");
        const link = choose(table, self, Date.now(), nowNs);
        hasExpired = cells.count("expired") !== expired;
        if (link === 0) return undefined;
        const addedNs = cells.getLong(link, CELL.addedAt);
        if (choose === NEXT && cells.get(link, CELL.attempts) === 1)
          queue.noteWait(nowNs - addedNs);
        return { link, state: cells.stateOf(link) };
      });
      // What was worked on for too long may be a dead letter now, and have been the last job.
      if (hasExpired) {
        queue.room.wake();
        queue.ready.wake();
      }
      if (taken === undefined) return undefined;
      const { link, state } = taken;
      const keeper = this.#keeperOf(link, state, nowNs);
      try {
        const job = queue.unlocked(() => this.#jobAt(link, keeper));
        if (this.#isOurs(link, state)) return job;
      } catch (error) {
        if (!this.#isOurs(link, state)) continue;
        // Nobody can read it: it is kept for whoever looks into the dead letters, and the next one is taken.
        queue.locked(({ cells: counted }) => counted.add("corruptions", 1));
        this.#giveBack(link, state, {
          reason: "failed",
          dueMs: 0,
          error: String(error),
          isHopeless: true,
        });
        if (choose === DEAD) throw error;
        broken = error;
      }
    }
    if (broken !== undefined) throw broken;
    return undefined;
  }

  /** Whether what was read was a job of this handle's to the end: a lease may have ended meanwhile. */
  #isOurs(link: number, state: number): boolean {
    const { leaseMs } = this.#queue.sizes;
    return leaseMs === 0 || this.#queue.locked((table) => table.isTaken(link, state));
  }

  /** What a worker gets of a job that it has taken. */
  #jobAt(link: number, keeper: JobKeeper): Job<S> {
    const { cells } = this.#queue.table;
    const text = cells.get(link, CELL.error) === 0 ? undefined : cells.readError(link);
    const facts = {
      id: cells.getLong(link, CELL.sequence),
      value: this.valueOf(link),
      attempts: cells.get(link, CELL.attempts) >>> 0,
      priority: priorityOf(cells.get(link, CELL.place) & CLASS_MASK),
      lastError: text && new TextDecoder().decode(text),
    };
    return new Job<S>(facts, keeper);
  }

  #keeperOf(link: number, state: number, takenNs: number): JobKeeper {
    const queue = this.#queue;
    return {
      finish: () => {
        queue.segment.checkOpen("WorkQueue");
        const ranNs = this.#now() - takenNs;
        const isOurs = queue.locked((table) => {
          if (!table.isTaken(link, state)) return false;
          table.finish(link, Date.now());
          queue.noteRun(ranNs);
          return true;
        });
        if (isOurs) {
          queue.ready.wake();
          queue.room.wake();
        }
        return isOurs;
      },
      giveBack: (reason, delayMs, error) => {
        if (queue.segment.isDisposed && reason === "returned") return false;
        queue.segment.checkOpen("WorkQueue");
        const dueMs = delayMs > 0 ? Math.ceil(Date.now() + delayMs) : 0;
        return this.#giveBack(link, state, { reason, dueMs, error, isHopeless: false });
      },
    };
  }

  #giveBack(
    link: number,
    state: number,
    how: {
      readonly reason: Returning["reason"];
      readonly dueMs: number;
      readonly error: string | undefined;
      readonly isHopeless: boolean;
    },
  ): boolean {
    const { ready, room } = this.#queue;
    const { reason, dueMs, isHopeless } = how;
    const error = how.error === undefined ? undefined : new TextEncoder().encode(how.error);
    const returning = { reason, dueMs, nowMs: Date.now(), error, isHopeless };
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
    const { participants, doorbell } = this.#queue.segment;
    const stops: (() => void)[] = [];
    for (const { slot } of this.#others()) {
      const bell = participants.bellOf(slot);
      if (bell !== 0 && bell !== doorbell.bell) stops.push(doorbell.watchLife(bell, onDeath));
    }
    if (stops.length === 0) return undefined;
    return () => {
      for (const stop of stops) stop();
    };
  };

  /** What one wait for a job watches besides: it looks again when the next job is due, or a lease is over. */
  #watchJobs(isDead: boolean): Watch {
    let isFirst = true;
    return (look) => {
      const dueMs = this.#queue.locked(({ cells, nextDueMs, isPaused }) => {
        if (isFirst) cells.add("emptyWaits", 1);
        // Since it looked, somebody else may have found several due, taken one, and left the others.
        const isThere = isDead ? cells.count("dead") > 0 : cells.count("ready") > 0 && !isPaused;
        return isThere ? 0 : nextDueMs;
      });
      isFirst = false;
      return this.#watchUntil(dueMs, look);
    };
  }

  /** Watches the lives of those who have jobs now, and looks again at a time, in milliseconds since 1970. */
  #watchUntil(dueMs: number, look: () => void): () => void {
    const stop = this.#watch(look);
    const inMs = Math.max(1, dueMs - Date.now());
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
    const parts = (["ready", "delayed", "held", "inFlight"] as const)
      .map((name) => [cells.count(name), NAMES[name]] as const)
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${count} ${what}`);
    return parts.length === 0 ? "it has no jobs" : `of its jobs ${parts.join(", ")}`;
  }

  #scratchFor(lengthBytes: number): Uint8Array {
    if (this.#scratch.bytes.length < lengthBytes) {
      this.#scratch = new RecordMemory(new Uint8Array(lengthBytes * 2));
    }
    return this.#scratch.bytes;
  }
}
