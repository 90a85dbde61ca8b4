/**
 * The two steps of a job that is worked on: it is begun, and it is ended. Every job goes through both, so they make no
 * objects, and have no private names (decision 8).
 *
 * @module
 */
import type { JobFacts } from "./job.ts";
import { CELL } from "./queue-layout.ts";
import type { QueueSegment } from "./queue-segment.ts";

/** What one handle begins and ends. */
export class Claiming {
  /** Of the job that was begun last. */
  readonly facts: { -readonly [K in keyof JobFacts]: JobFacts[K] } = {
    id: 0,
    attempts: 0,
    priority: 0,
    lastError: undefined,
    link: 0,
    state: 0,
    takenNs: 0,
  };
  private readonly queue: QueueSegment;
  private hasExpired = false;

  constructor(queue: QueueSegment) {
    this.queue = queue;
  }

  /** Takes a job, and notes what is known of it; returns its link, 0 when there is none. */
  begin(isDead: boolean, nowNs: number): number {
    const queue = this.queue;
    let link = 0;
    queue.lock();
    try {
      link = this.claim(isDead, nowNs);
    } catch (error) {
      link = this.tryAgain(isDead, nowNs, error);
    } finally {
      queue.unlock();
    }
    // What was worked on for too long may be a dead letter now, and have been the last job.
    if (this.hasExpired) {
      this.hasExpired = false;
      queue.room.wake();
      queue.ready.wake();
    }
    return link;
  }

  /** Call it with the mutex. */
  private claim(isDead: boolean, nowNs: number): number {
    const queue = this.queue;
    const { self, sizes, table } = queue;
    const { cells } = table;
    const nowMs = table.isTimed ? queue.nowMs() : 0;
    const expired = sizes.leaseMs > 0 ? cells.count("expired") : 0;
    const link = isDead ? table.takeDead(self, nowMs, nowNs) : table.take(self, nowMs, nowNs);
    if (sizes.leaseMs > 0 && cells.count("expired") !== expired) this.hasExpired = true;
    if (link === 0) return 0;
    if (!isDead && cells.get(link, CELL.attempts) === 1) {
      queue.noteWait(nowNs - cells.getLong(link, CELL.addedAt));
    }
    const facts = this.facts;
    facts.link = link;
    facts.state = cells.stateOf(link);
    facts.takenNs = nowNs;
    return link;
  }

  private tryAgain(isDead: boolean, nowNs: number, error: unknown): number {
    return this.queue.mended(error, () => this.claim(isDead, nowNs));
  }

  /** Ends a job; returns whether another one has come by it, undefined when it is not this worker's any more. */
  finish(link: number, state: number, ranNs: number): boolean | undefined {
    const queue = this.queue;
    queue.lock();
    try {
      return this.end(link, state, ranNs);
    } catch (error) {
      return this.endAgain(link, state, error);
    } finally {
      queue.unlock();
    }
  }

  /** Call it with the mutex; returns whether another job has come, undefined when this one is not this worker's. */
  private end(link: number, state: number, ranNs: number): boolean | undefined {
    const queue = this.queue;
    const table = queue.table;
    if (!table.isTaken(link, state)) return undefined;
    if (ranNs >= 0) queue.noteRun(ranNs);
    // Only the next one of its key may have to wait for its time.
    const nowMs = table.cells.getLong(link, CELL.key) > 0 ? queue.nowMs() : 0;
    return table.finish(link, nowMs);
  }

  private endAgain(link: number, state: number, error: unknown): boolean | undefined {
    return this.queue.mended(error, () => this.end(link, state, -1));
  }
}
