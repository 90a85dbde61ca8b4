/**
 * Adding jobs to a queue: at once, or when there is room.
 *
 * @module
 */
import {
  checkNumber,
  checkOptions,
  conditionError,
  invalidType,
  type OptionNames,
  outOfRange,
} from "@isthmus/core/internal";
import { codecOf, type RecordCodec, RecordMemory } from "../flow/record-codec.ts";
import { sharedClock } from "../metrics/clock.ts";
import {
  type AsyncWaitOptions,
  type Condition,
  checkSignal,
  checkTime,
  DEFAULT_TIMEOUT_MS,
  timedOut,
  waitAsync,
  waitSync,
} from "../wait/wait-for.ts";
import { DELAY_MS_MAX } from "./job.ts";
import type { NewJob } from "./job-table.ts";
import { hashOfKey } from "./key-hash.ts";
import { classOf } from "./priority.ts";
import { COUNTS, SHARE_COUNT } from "./queue-layout.ts";
import type { QueueSegment } from "./queue-segment.ts";

/** How a job is added. */
export interface JobOptions {
  /** An integer from -16 to 15: the higher one is taken first, but one take of sixteen is from below. Default 0. */
  readonly priority?: number | undefined;
  /** How long nobody gets it, in milliseconds. Default 0. */
  readonly delayMs?: number | undefined;
  /**
   * Of the jobs with one key, at most one is worked on at a time, in the order in which they were added: the next one
   * waits until the one before it is done or dead. Default: none.
   */
  readonly key?: string | number | undefined;
}

/** How a job is added, and how long to wait for room. */
export interface AddOptions extends JobOptions {
  /** How long to wait for room, in milliseconds. 5000 unless given, for `addAsync` without end. */
  readonly timeoutMs?: number | undefined;
}

/** How a job is added in the event loop. */
export interface AddAsyncOptions extends AddOptions, AsyncWaitOptions {}

const ADD_OPTIONS: OptionNames<AddAsyncOptions> = {
  priority: true,
  delayMs: true,
  key: true,
  timeoutMs: true,
  signal: true,
};

/** What has the room, for messages. */
const HOLDERS = {
  waiting: "waiting",
  delayed: "delayed",
  held: "held",
  inFlight: "in flight",
  deadLetters: "dead letters",
} as const;

/** Records that are longer are copied outside of the mutex. */
const COPY_BYTES_MAX = 4096;

const NO_MEMORY = new RecordMemory(new Uint8Array(0));

/** Options that have been checked. */
interface Checked {
  readonly jobClass: number;
  readonly delayMs: number;
  readonly key: number;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What one handle puts into its queue. What every job goes through makes no objects, and has no private names (decision 8). */
export class Adding {
  private readonly queue: QueueSegment;
  private readonly codec: RecordCodec;
  private readonly now = sharedClock();
  private readonly reap: () => number;
  private scratch: RecordMemory;
  /** The job that is being added. */
  private readonly job: { -readonly [K in keyof NewJob]: NewJob[K] };

  /** @param reap Gives back what the dead had, now and then; returns how much. */
  constructor(queue: QueueSegment, reap: () => number) {
    this.queue = queue;
    this.reap = reap;
    this.codec = codecOf(queue.shape, "job");
    this.scratch = new RecordMemory(new Uint8Array(this.codec.sizeBytes ?? 256));
    const share = queue.self.slot % SHARE_COUNT;
    this.job = { jobClass: 0, share, key: 0, dueMs: 0, addedNs: 0 };
  }

  /** Adds a job, waiting on this thread for room; returns its number. */
  add(job: unknown, options?: AddOptions): number {
    const checked = this.check(options);
    const record = this.encode(job);
    return this.addNow(record, checked) ?? this.addWaiting(record, checked);
  }

  /** Adds a job if there is room; returns its number. */
  tryAdd(job: unknown, options?: JobOptions): number | undefined {
    const checked = this.check(options);
    const id = this.addNow(this.encode(job), checked);
    if (id === undefined) this.count("drops");
    return id;
  }

  /** Adds a job, waiting in the event loop for room; returns its number. */
  async addAsync(job: unknown, options?: AddAsyncOptions): Promise<number> {
    const checked = this.check(options);
    // A copy: before it is added, others may be encoded where this one is.
    const record = new Uint8Array(this.encode(job));
    const timeoutMs = checkTime(checked.timeoutMs, Infinity);
    const { doorbell } = this.queue.segment;
    const wait = { timeoutMs, signal: checked.signal };
    const added = await waitAsync(this.condition(record, checked), doorbell, wait);
    if (added === undefined) throw this.timedOut(timeoutMs);
    return added;
  }

  private addWaiting(record: Uint8Array, checked: Checked): number {
    if (this.queue.isFailing) {
      this.count("drops");
      throw conditionError("EAGAIN", `${this.description()}: there is no room`, "add");
    }
    const timeoutMs = checkTime(checked.timeoutMs, DEFAULT_TIMEOUT_MS);
    const added = waitSync(this.condition(record, checked), timeoutMs);
    if (added === undefined) throw this.timedOut(timeoutMs);
    return added;
  }

  /** Adds a record; undefined when there is no room, not even that of producers who have died. */
  private addNow(record: Uint8Array, checked: Checked): number | undefined {
    const id = this.addOnce(record, checked);
    return id === undefined && this.reap() > 0 ? this.addOnce(record, checked) : id;
  }

  private addOnce(record: Uint8Array, { jobClass, delayMs, key }: Checked): number | undefined {
    const { queue, job } = this;
    queue.segment.checkOpen("WorkQueue");
    job.jobClass = jobClass;
    job.key = key;
    job.addedNs = this.now();
    job.dueMs = delayMs > 0 ? Math.ceil(job.addedNs / 1e6 + delayMs) : 0;
    const id = record.length <= COPY_BYTES_MAX ? this.addShort(record) : this.addLong(record);
    // Unlocking was a fence.
    if (id !== undefined) queue.ready.wakeAfterFence();
    return id;
  }

  private addShort(record: Uint8Array): number | undefined {
    const queue = this.queue;
    queue.lock();
    try {
      return this.put(record);
    } catch (error) {
      return this.putAgain(record, error);
    } finally {
      queue.unlock();
    }
  }

  /** Call it with the mutex. */
  private put(record: Uint8Array): number | undefined {
    const queue = this.queue;
    const table = queue.table;
    const link = table.reserve(record.length, undefined);
    if (link === 0) return undefined;
    queue.write(link, record);
    return table.publish(link, this.job);
  }

  private putAgain(record: Uint8Array, error: unknown): number | undefined {
    return this.queue.mended(error, () => this.put(record));
  }

  /** The same, for a record that takes long to copy: nobody else waits meanwhile. */
  private addLong(record: Uint8Array): number | undefined {
    const { queue, job } = this;
    const link = queue.locked((table) => table.reserve(record.length, queue.self));
    if (link === 0) return undefined;
    queue.unlocked(() => queue.write(link, record));
    return queue.locked((table) => table.publish(link, job));
  }

  /** Room for a record: looked for in vain, it is counted once. */
  private condition(record: Uint8Array, checked: Checked): Condition<number> {
    let isCounted = false;
    return {
      attempt: () => {
        const id = this.addNow(record, checked);
        if (id === undefined && !isCounted) this.count("fullWaits");
        isCounted = true;
        return id;
      },
      description: this.description(),
      owner: "WorkQueue",
      cell: this.queue.room,
    };
  }

  private check(options: AddAsyncOptions | undefined): Checked {
    if (options === undefined) return DEFAULTS;
    const {
      priority = 0,
      delayMs = 0,
      key,
      timeoutMs,
      signal,
    } = checkOptions("options", options, ADD_OPTIONS);
    checkTime(timeoutMs, 0);
    if (key !== undefined && typeof key !== "string" && typeof key !== "number") {
      throw invalidType("options.key", "a string or a number", key);
    }
    return {
      jobClass: classOf(priority),
      delayMs: checkNumber("options.delayMs", delayMs, 0, DELAY_MS_MAX),
      key: key === undefined ? 0 : hashOfKey(String(key), this.queue.segment.superblock.epoch),
      timeoutMs,
      signal: checkSignal(signal),
    };
  }

  /** Encodes a job into memory of this process: code of the user's may run, and must not while others wait. */
  private encode(job: unknown): Uint8Array {
    this.queue.segment.checkOpen("WorkQueue");
    const length = this.codec.measure(job);
    const { cellCount, payloadBytes } = this.queue.sizes;
    const longest = cellCount * payloadBytes;
    if (length > longest) {
      const name = this.queue.segment.name;
      throw outOfRange("the job's length", `<= ${longest} bytes in "${name}"`, length);
    }
    const scratch =
      this.scratch.bytes.length < length
        ? new RecordMemory(new Uint8Array(length * 2))
        : this.scratch;
    // A getter of this job may add another one, which gets memory of its own.
    this.scratch = NO_MEMORY;
    this.codec.encode(scratch, 0, job);
    this.scratch = scratch;
    const { bytes } = scratch;
    return bytes.length === length ? bytes : bytes.subarray(0, length);
  }

  private count(name: "drops" | "fullWaits"): void {
    this.queue.locked(({ cells }) => cells.add(COUNTS[name], 1));
  }

  private timedOut(timeoutMs: number): Error {
    const { cells } = this.queue.table;
    const what = Object.entries(HOLDERS)
      .map(([name, words]) => `${cells.count(name as keyof typeof HOLDERS)} ${words}`)
      .join(", ");
    return timedOut(this.description(), timeoutMs, `there is no room: ${what}`);
  }

  private description(): string {
    return `add a job to "${this.queue.segment.name}"`;
  }
}

const DEFAULTS: Checked = {
  jobClass: classOf(0),
  delayMs: 0,
  key: 0,
  timeoutMs: undefined,
  signal: undefined,
};
