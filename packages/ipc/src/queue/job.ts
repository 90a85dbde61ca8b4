/**
 * A job that a worker has taken.
 *
 * @module
 */
import { checkNumber, checkOptions, type OptionNames } from "@isthmus/core/internal";
import type { ChannelSchema, RecordValue } from "../flow/record-schema.ts";
import { touch } from "../segment/handles.ts";

/** How a job that failed comes back. */
export interface FailOptions {
  /** How long it is not given to anybody, in milliseconds. Default 0: it comes next. */
  readonly delayMs?: number | undefined;
}

const FAIL_OPTIONS: OptionNames<FailOptions> = { delayMs: true };

/** The longest delay in milliseconds: a year and more. */
export const DELAY_MS_MAX: number = 2 ** 35;

/** One take of a job: by it the queue tells whether the job is still this worker's. */
export interface Claim {
  /** Its cell. */
  readonly link: number;
  /** The state that the cell got by being taken. */
  readonly state: number;
}

/** How a job is given back: `"uncounted"` as if it had not been taken. */
export type GivingBack = "failed" | "returned" | "uncounted";

/** Where jobs are ended. */
export interface JobKeeper {
  /** Ends a job; false when it is not this worker's any more. */
  finish(link: number, state: number, takenNs: number): boolean;
  /** Gives it back; false when it is not this worker's any more. */
  giveBack(claim: Claim, how: GivingBack, delayMs: number, error: string | undefined): boolean;
}

/** What is known of a job. A handle has one for all its jobs. */
export interface JobFacts extends Claim {
  readonly id: number;
  readonly attempts: number;
  readonly priority: number;
  readonly lastError: string | undefined;
  readonly takenNs: number;
}

/**
 * A job that this worker has taken, and nobody else has. It is to be ended with `done`, `fail` or `giveBack`; left without, by
 * `using`, by disposal of its queue, or by the end of this process, it is given back at once. One that is merely
 * forgotten stays taken.
 *
 * @example
 * ```ts
 * import { json, WorkQueue } from "@isthmus/ipc";
 *
 * using queue = WorkQueue.createOrOpen("example-jobs", { schema: json });
 * queue.add({ path: "one.png" });
 * using job = await queue.take();
 * if (job.attempts < 3) job.fail("busy", { delayMs: 1000 }); // nobody gets it for a second
 * else job.done();
 * ```
 */
export class Job<S extends ChannelSchema> implements Disposable {
  /** Number of the job, which `add` gave. */
  readonly id: number;
  /** What was added: a plain object of the struct, a `Uint8Array`, or a value of JSON. */
  readonly value: RecordValue<S>;
  /** How often it has been taken, this time included: 1 for the first time. */
  readonly attempts: number;
  readonly priority: number;
  /**
   * Why it came back the last time: what `fail` was told, or one of `it failed` (without an error, or room for its text),
   * `it was left without done()`, `its worker died` and `its lease was over`. Undefined when it never did.
   */
  readonly lastError: string | undefined;
  readonly #link: number;
  readonly #state: number;
  readonly #takenNs: number;
  /** The handle that took it: a queue that the program has forgotten stays open as long as one of its jobs. */
  readonly #holder: Disposable;
  readonly #keeper: JobKeeper;
  #isOver = false;

  /** Jobs come from `WorkQueue.take` and `DeadLetters.take`. */
  constructor(facts: JobFacts, value: RecordValue<S>, holder: Disposable, keeper: JobKeeper) {
    this.id = facts.id;
    this.value = value;
    this.attempts = facts.attempts;
    this.priority = facts.priority;
    this.lastError = facts.lastError;
    this.#link = facts.link;
    this.#state = facts.state;
    this.#takenNs = facts.takenNs;
    this.#holder = holder;
    this.#keeper = keeper;
  }

  /**
   * Says that the job is done: it never comes again. A second time, and after `fail` or `giveBack`, it does nothing.
   *
   * @returns False when the job was not this worker's any more, because its lease was over or its queue was disposed: it
   *   may be done twice.
   * @throws {DisposedError} After disposal of the queue.
   */
  done(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    return this.#keeper.finish(this.#link, this.#state, this.#takenNs);
  }

  /**
   * Gives the job back, with what went wrong. With its last attempt it becomes a dead letter: see `WorkQueue.dead`.
   *
   * @param error What went wrong; its name and message are kept, up to 1024 bytes.
   * @param options `delayMs`: how long nobody gets it. Jobs with the same key wait as long.
   * @returns False when the job was not this worker's any more.
   * @throws {DisposedError} After disposal of the queue.
   */
  fail(error?: unknown, options?: FailOptions): boolean {
    const { delayMs = 0 } = checkOptions("options", options, FAIL_OPTIONS);
    checkNumber("options.delayMs", delayMs, 0, DELAY_MS_MAX);
    if (this.#isOver) return false;
    this.#isOver = true;
    return this.#keeper.giveBack(this.#claim(), "failed", delayMs, textOf(error));
  }

  /**
   * Gives the job back as if it had not been taken: the next worker gets it at once, the attempt does not count, and
   * `lastError` stays what it was. For a worker that is to stop: one that goes on gets the same job again.
   *
   * @returns False when the job was not this worker's any more.
   * @throws {DisposedError} After disposal of the queue.
   */
  giveBack(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    return this.#keeper.giveBack(this.#claim(), "uncounted", 0, undefined);
  }

  /** Gives the job back unless it was ended: the next worker gets it at once, and the attempt counts. */
  dispose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#keeper.giveBack(this.#claim(), "returned", 0, undefined);
  }

  #claim(): Claim {
    touch(this.#holder);
    return { link: this.#link, state: this.#state };
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What is kept of an error; undefined keeps nothing. */
function textOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  try {
    return String(error);
  } catch {
    return "an error that has no text";
  }
}
