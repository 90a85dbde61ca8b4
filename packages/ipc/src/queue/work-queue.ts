/**
 * Jobs that several workers share.
 *
 * @module
 */
import { invalidType } from "@isthmus/core/internal";
import type { ChannelSchema, RecordInput } from "../flow/record-schema.ts";
import { touch } from "../segment/handles.ts";
import { NamedHandle } from "../segment/named-handle.ts";
import type { OpenVerb } from "../segment/segment.ts";
import type { AsyncWaitOptions } from "../wait/wait-for.ts";
import { type AddAsyncOptions, Adding, type AddOptions, type JobOptions } from "./adding.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { Job } from "./job.ts";
import { type QueueMetrics, queueMetrics } from "./queue-metrics.ts";
import type { WorkQueueOptions } from "./queue-options.ts";
import { QueueSegment } from "./queue-segment.ts";
import { Taking } from "./taking.ts";

/**
 * A queue of jobs that any number of processes add to and take from: each job goes to one worker, and comes back when that
 * worker leaves it or dies.
 *
 * **Delivery.** A job is done once as long as nobody dies with it. The kernel says who has died: then the job goes to the
 * next worker at once, and never because of time unless `leaseMs` is given. A worker that dies between the end of its work
 * and `done` has done the work, and it is done again. Every take counts as an attempt, also one that ended with a death,
 * unless the job was given back by `giveBack`; after `maxAttempts` a job becomes a dead letter.
 *
 * **Order.** Jobs of one producer, one priority and no delay are taken in the order in which they were added; a job that
 * comes back goes to the front. Between producers takes go round, so that none waits behind another one's many jobs.
 *
 * **When others see a job.** As soon as `add` returns.
 *
 * **Waiting.** One short lock is behind every call, for a microsecond or so. A process that is stopped in just that moment
 * stops the others; one that dies in it does not.
 *
 * **Memory order.** Whoever takes a job sees everything that its producer wrote to memory before it was added.
 *
 * @example
 * ```ts
 * import { json, WorkQueue } from "@isthmus/ipc";
 *
 * using queue = WorkQueue.createOrOpen("example-thumbnails", { schema: json });
 * queue.add({ path: "one.png" });
 * queue.add({ path: "two.png" }, { priority: 1 });
 * {
 *   using job = await queue.take();
 *   console.log(job.value.path, job.attempts); // two.png 1
 *   job.done();
 * }
 * {
 *   using job = await queue.take();
 *   job.fail(new Error("no such file"));
 * }
 * ```
 */
export class WorkQueue<S extends ChannelSchema> extends NamedHandle {
  readonly schema: S;
  /** Jobs that were tried as often as they may be. */
  readonly dead: DeadLetters<S>;
  readonly #queue: QueueSegment;
  readonly #adding: Adding;
  readonly #taking: Taking<S>;

  private constructor(verb: OpenVerb, name: string, options: WorkQueueOptions<S>) {
    const queue = new QueueSegment(verb, name, options);
    super(queue.segment, "WorkQueue");
    const taking = new Taking<S>(queue);
    this.schema = options.schema;
    this.#queue = queue;
    this.#taking = taking;
    this.#adding = new Adding(queue, () => taking.reapNowAndThen());
    this.dead = new DeadLetters(this, queue, taking);
    queue.segment.whenForgotten(this, () => leave(queue, taking as Taking<ChannelSchema>));
    // Whoever had jobs of a queue that nobody has held since may have died.
    taking.reap();
  }

  /**
   * Creates a queue.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Its schema and size.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<S extends ChannelSchema>(
    name: string,
    options: WorkQueueOptions<S>,
  ): WorkQueue<S> {
    return new WorkQueue("createNew", name, options);
  }

  /**
   * Opens a queue that somebody holds.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The schema; sizes are those of its creator.
   * @throws {SystemError} `ENOENT` when nobody does; `EAGAIN` when it has no place left (`maxParticipants`).
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both
   *   fingerprints and the first field that differs.
   */
  static openExisting<S extends ChannelSchema>(
    name: string,
    options: WorkQueueOptions<S>,
  ): WorkQueue<S> {
    return new WorkQueue("openExisting", name, options);
  }

  /**
   * Opens a queue, or creates it; see `createdNew`. What its creator chose stays as it is.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schema and size, attempts and leases.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: WorkQueueOptions<S>,
  ): WorkQueue<S> {
    return new WorkQueue("createOrOpen", name, options);
  }

  /** Whether nothing is to be taken; see `pause`. */
  get isPaused(): boolean {
    this.checkOpen();
    return this.#queue.table.isPaused;
  }

  /** What has happened in this queue so far, whoever did it. */
  get metrics(): QueueMetrics {
    this.checkOpen();
    return queueMetrics(this.#queue);
  }

  /**
   * Adds a job, waiting on this thread while there is no room.
   *
   * @param job What the schema describes; it is copied.
   * @param options `priority`, `delayMs`, `key`, and `timeoutMs`: how long to wait, 5000 ms unless given.
   * @returns The job's number: 1 for the first job of a queue.
   * @throws {TimeoutError} `ETIMEDOUT` when there was no room all the time.
   * @throws {SystemError} `EAGAIN` instead of waiting, with `onFull: "fail"`; `EINTR` when a signal arrived that this
   *   program handles.
   * @throws {TypeError | RangeError} When the schema does not allow the job, or it is longer than the queue.
   */
  add(job: RecordInput<S>, options?: AddOptions): number {
    return this.#adding.add(job, options);
  }

  /**
   * Adds a job if there is room; returns its number, or undefined. Never waits.
   *
   * @param job What the schema describes; it is copied.
   * @param options `priority`, `delayMs` in milliseconds, `key`.
   * @throws {TypeError | RangeError} When the schema does not allow the job, or it is longer than the queue.
   */
  tryAdd(job: RecordInput<S>, options?: JobOptions): number | undefined {
    return this.#adding.tryAdd(job, options);
  }

  /**
   * Adds a job without blocking the event loop. With `onFull: "fail"` it waits all the same.
   *
   * @param job What the schema describes; it is copied before this returns.
   * @param options As of `add`, without a limit of time unless given, and a `signal` that ends the wait.
   * @returns The job's number. Rejects with `TimeoutError`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  async addAsync(job: RecordInput<S>, options?: AddAsyncOptions): Promise<number> {
    const id = await this.#adding.addAsync(job, options);
    touch(this);
    return id;
  }

  /**
   * Adds several jobs, one after the other, as `add` does.
   *
   * @param jobs What the schema describes.
   * @param options The same for all of them.
   * @returns The jobs' numbers. When it throws, the jobs before that have been added.
   */
  addAll(jobs: Iterable<RecordInput<S>>, options?: AddOptions): number[] {
    if (typeof jobs?.[Symbol.iterator] !== "function") {
      throw invalidType("jobs", "an iterable of jobs", jobs);
    }
    const ids: number[] = [];
    for (const job of jobs) ids.push(this.#adding.add(job, options));
    return ids;
  }

  /** Takes the next job; undefined when none is ready. Never waits. */
  tryTake(): Job<S> | undefined {
    return this.#taking.tryTake(this);
  }

  /**
   * Takes the next job, waiting for it without blocking the event loop.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns The job: `using job = await queue.take()`. Rejects with `TimeoutError`, the signal's reason, or
   *   `DisposedError` when disposed meanwhile.
   */
  take(options?: AsyncWaitOptions): Promise<Job<S>> {
    return this.#taking.take(this, options);
  }

  /**
   * Takes one job after the other. A job that its turn of the loop has not ended is given back when
   * the loop asks for the next one, and however the loop is left. It ends when the queue is disposed.
   *
   * @param options A `signal` that ends the loop.
   * @throws {Error} The signal's reason, when it ends the loop.
   */
  jobs(options?: { readonly signal?: AbortSignal | undefined }): AsyncGenerator<Job<S>, void> {
    this.checkOpen();
    return this.#jobs(options);
  }

  async *#jobs(
    options: { readonly signal?: AbortSignal | undefined } | undefined,
  ): AsyncGenerator<Job<S>, void> {
    for (;;) {
      let job: Job<S>;
      try {
        job = await this.#taking.take(this, options);
      } catch (error) {
        if (this.#queue.segment.isDisposed) return;
        throw error;
      }
      try {
        yield job;
      } finally {
        job[Symbol.dispose]();
      }
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Job<S>, void> {
    return this.jobs();
  }

  /** Has no more jobs taken, by nobody, until `resume`. Those that are taken are finished, others may be added. */
  pause(): void {
    this.checkOpen();
    this.#queue.locked((table) => table.pause(true));
  }

  /** Has jobs taken again. */
  resume(): void {
    this.checkOpen();
    this.#queue.locked((table) => table.pause(false));
    this.#queue.ready.wake();
  }

  /**
   * Waits until nothing is left to do: no job is ready, delayed, held back by its key, or being worked on. Dead letters
   * do not count.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @throws {TimeoutError} Rejects with `ETIMEDOUT`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  async drain(options?: AsyncWaitOptions): Promise<void> {
    await this.#taking.drain(options);
    touch(this);
  }

  /** Gives back the jobs that this handle has taken and not ended, and leaves. Waits reject. */
  dispose(): void {
    leave(this.#queue, this.#taking as Taking<ChannelSchema>);
  }
}

function leave(queue: QueueSegment, taking: Taking<ChannelSchema>): void {
  if (queue.segment.isDisposed) return;
  try {
    taking.giveBackOf(queue.self, "returned");
  } catch (error) {
    // Of a file that was cut short nothing is left that could be given back.
    if (queue.segment.memory.mapping.fault === undefined) throw error;
  } finally {
    queue.segment.dispose();
  }
}
