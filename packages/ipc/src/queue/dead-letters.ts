/**
 * Jobs that were tried as often as they may be.
 *
 * @module
 */
import { checkInteger } from "@isthmus/core/internal";
import type { ChannelSchema, RecordValue } from "../flow/record-schema.ts";
import type { AsyncWaitOptions } from "../wait/wait-for.ts";
import type { Job } from "./job.ts";
import type { JobTable } from "./job-table.ts";
import { priorityOf } from "./priority.ts";
import { CELL, CLASS_MASK, KINDS, QUEUE } from "./queue-layout.ts";
import type { QueueSegment } from "./queue-segment.ts";
import type { Taking } from "./taking.ts";

/** A dead letter as it lies there. */
export interface DeadLetter<S extends ChannelSchema> {
  /** Number of the job. */
  readonly id: number;
  /** The job; undefined when its bytes cannot be one. */
  readonly value: RecordValue<S> | undefined;
  /** How often it was taken before it became one. */
  readonly attempts: number;
  readonly priority: number;
  /** Why it came back the last time; see `Job.lastError`. */
  readonly lastError: string | undefined;
}

/**
 * The dead letters of a `WorkQueue`: a queue of its own in the same segment, in the order in which they came. Whoever takes
 * one and says `done` removes it; left otherwise it stays a dead letter.
 *
 * @example
 * ```ts
 * import { json, WorkQueue } from "@isthmus/ipc";
 *
 * using queue = WorkQueue.createOrOpen("example-dead", { schema: json, maxAttempts: 1 });
 * queue.add({ path: "one.png" });
 * queue.tryTake()?.fail(new Error("no such file"));
 * for (const { id, value, lastError } of queue.dead.list()) console.log(id, value, lastError);
 * console.log(queue.dead.retry()); // 1
 * ```
 */
export class DeadLetters<S extends ChannelSchema> {
  readonly #holder: Disposable;
  readonly #queue: QueueSegment;
  readonly #taking: Taking<S>;

  /** @internal Made by `WorkQueue`. */
  constructor(holder: Disposable, queue: QueueSegment, taking: Taking<S>) {
    this.#holder = holder;
    this.#queue = queue;
    this.#taking = taking;
  }

  /** How many there are, without those that somebody has taken. */
  get count(): number {
    this.#queue.segment.checkOpen("WorkQueue");
    return this.#queue.table.cells.count("deadLetters");
  }

  /** Takes the first one; undefined when there is none. Never waits. */
  tryTake(): Job<S> | undefined {
    return this.#taking.tryTake(this.#holder, true);
  }

  /**
   * Takes the first one, waiting for it without blocking the event loop.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @throws {TimeoutError} Rejects with `ETIMEDOUT`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  take(options?: AsyncWaitOptions): Promise<Job<S>> {
    return this.#taking.take(this.#holder, options, true);
  }

  /**
   * Looks at them without taking any, the first one first.
   *
   * @param limit How many at most. Default 100.
   * @throws {DisposedError} After disposal of the queue.
   */
  list(limit = 100): DeadLetter<S>[] {
    checkInteger("limit", limit, 0);
    this.#queue.segment.checkOpen("WorkQueue");
    return this.#queue.locked(({ cells, records }) => {
      const found: DeadLetter<S>[] = [];
      for (const link of cells.list(QUEUE.deadFirst, KINDS.dead)) {
        if (found.length >= limit) break;
        found.push({
          id: cells.getLong(link, CELL.sequence),
          value: this.#valueOf(link),
          attempts: cells.get(link, CELL.attempts) >>> 0,
          priority: priorityOf(cells.get(link, CELL.place) & CLASS_MASK),
          lastError: records.lastError(link),
        });
      }
      return found;
    });
  }

  /**
   * Tries dead letters anew, as if they had just been added.
   *
   * @param id Which one; all of them unless given.
   * @returns How many.
   * @throws {DisposedError} After disposal of the queue.
   */
  retry(id?: number): number {
    const nowMs = this.#queue.nowMs();
    const count = this.#each(id, (table, link) => table.retry(link, nowMs));
    if (count > 0) this.#queue.ready.wake();
    return count;
  }

  /**
   * Forgets dead letters.
   *
   * @param id Which one; all of them unless given.
   * @returns How many.
   * @throws {DisposedError} After disposal of the queue.
   */
  drop(id?: number): number {
    const count = this.#each(id, (table, link) => table.drop(link));
    if (count > 0) this.#queue.room.wake();
    return count;
  }

  /** Does something with the dead letters that are meant, one after the other; others may go on in between. */
  #each(id: number | undefined, use: (table: JobTable, link: number) => void): number {
    this.#queue.segment.checkOpen("WorkQueue");
    if (id !== undefined) checkInteger("id", id, 0);
    // No more than there are now: what is tried anew may come back.
    let count = 0;
    for (let left = id === undefined ? this.count : 1; left > 0; left--) {
      const isFound = this.#queue.locked((table) => {
        const link = this.#find(table, id);
        if (link !== 0) use(table, link);
        return link !== 0;
      });
      if (!isFound) break;
      count++;
    }
    return count;
  }

  #find({ cells }: JobTable, id: number | undefined): number {
    for (const link of cells.list(QUEUE.deadFirst, KINDS.dead)) {
      if (id === undefined || cells.getLong(link, CELL.sequence) === id) return link;
    }
    return 0;
  }

  #valueOf(link: number): RecordValue<S> | undefined {
    try {
      return this.#taking.valueOf(link);
    } catch {
      return undefined;
    }
  }
}
