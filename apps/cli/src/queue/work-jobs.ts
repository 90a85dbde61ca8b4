/**
 * Taking jobs out of a queue, one after the other, and running a program for each.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import type { ChannelSchema, Job, QueueInfo } from "@isthmus/ipc";
import { pause } from "@isthmus/ipc/internal";
import type { Environment } from "../context.ts";
import { formatDuration } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { ProgressLines } from "../output/progress-lines.ts";
import { NotFoundError } from "../segments/not-found-error.ts";
import { ChildWatch } from "./child-watch.ts";
import { findProgram, JobCommand, type JobFailure } from "./job-command.ts";
import { jobInput } from "./job-text.ts";
import { type OpenQueue, openQueue } from "./open-queue.ts";

/** What is worked on, and how. */
export interface WorkOptions {
  readonly queue: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  /** How many programs run at a time. */
  readonly concurrency: number;
  /** How many jobs to take; Infinity: without end. */
  readonly count: number;
  /** Whether to end when nothing is left to do. */
  readonly isUntilEmpty: boolean;
  /** How long to wait for a job, or for the queue. */
  readonly timeoutMs: number;
  /** How long a job that failed is not given to anybody. */
  readonly retryDelayMs: number;
  readonly graceMs: number;
  readonly isQuiet: boolean;
  readonly signal: AbortSignal;
  readonly progress: ProgressLines;
  /** Is given what programs write to their standard error. */
  readonly onError: (text: string) => void;
}

/** How many attempts ended how. */
export interface WorkResult {
  readonly queue: string;
  readonly done: number;
  readonly failed: number;
  /** How many of those that failed became dead letters. */
  readonly dead: number;
  /** How many jobs were given back when the worker was interrupted. */
  readonly returned: number;
  readonly elapsedMs: number;
}

/** A result, and why the work ended before its time, if it did. */
export interface WorkOutcome {
  readonly result: WorkResult;
  readonly failure: unknown;
}

/** How often to look whether the queue is there. */
const LOOK_MS = 50;
/** How often to look whether the name still leads to it. */
const CHECK_MS = 500;

/**
 * Works until there has been enough, or it is interrupted: then programs are ended and their jobs given back.
 *
 * @param options What is worked on, and how.
 * @returns What came of it, also when it was interrupted or no job came.
 */
export async function workOnJobs(options: WorkOptions): Promise<WorkOutcome> {
  const { command, cwd, env } = options;
  findProgram(command[0] ?? "", cwd, env);
  await using watch = new ChildWatch();
  if (!watch.isThere) {
    options.progress.note("there is no sh: if this worker is killed, what it runs goes on");
  }
  return await new WorkRun(options, watch).outcome();
}

/** One worker. */
class WorkRun {
  readonly #options: WorkOptions;
  readonly #program: JobCommand;
  /** Aborted, with what went wrong, when no further job is to be taken. */
  readonly #ending = new AbortController();
  readonly #counts = { done: 0, failed: 0, dead: 0, returned: 0 };
  #left: number;
  #running = 0;
  #lastEndMs = performance.now();

  constructor(options: WorkOptions, watch: ChildWatch) {
    this.#options = options;
    this.#program = new JobCommand({ ...options, watch });
    this.#left = options.count;
  }

  async outcome(): Promise<WorkOutcome> {
    const startMs = performance.now();
    let failure: unknown;
    try {
      while (!(await this.#serve()));
    } catch (error) {
      failure = error;
    }
    const elapsedMs = performance.now() - startMs;
    return { result: { queue: this.#options.queue, ...this.#counts, elapsedMs }, failure };
  }

  /** Works on the queue that has the name now; returns false when another one has it by the end. */
  async #serve(): Promise<boolean> {
    const { queue: name, concurrency, isUntilEmpty, isQuiet, progress, signal } = this.#options;
    using open = await this.#open();
    const { queue } = open;
    if (!isQuiet) progress.note(`takes jobs of ${printable(name)}`);
    this.#lastEndMs = performance.now();
    const over = new AbortController();
    const stop = AbortSignal.any([signal, this.#ending.signal, over.signal]);
    let isMoved = false;
    const timer = setInterval(() => {
      if (this.#running > 0 || queue.isReachable || queue.metrics.waiting > 0) return;
      isMoved = true;
      over.abort();
    }, CHECK_MS);
    try {
      if (isUntilEmpty) {
        queue.drain({ signal: stop }).then(
          () => over.abort(),
          () => undefined,
        );
      }
      await Promise.all(Array.from({ length: concurrency }, () => this.#take(open, stop)));
    } finally {
      clearInterval(timer);
      over.abort();
    }
    signal.throwIfAborted();
    this.#ending.signal.throwIfAborted();
    if (isMoved) progress.note(`${printable(name)} leads to another queue now`);
    return !isMoved;
  }

  /** Waits for the queue, for either side may be first. */
  async #open(): Promise<OpenQueue> {
    const { queue, timeoutMs, progress, signal } = this.#options;
    const startMs = performance.now();
    for (;;) {
      try {
        const open = openQueue(queue);
        progress.resume();
        progress[Symbol.dispose]();
        return open;
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
      if (performance.now() - startMs >= timeoutMs) {
        throw new TimeoutError(`There is no queue "${queue}" after ${formatDuration(timeoutMs)}`);
      }
      progress.say(`waiting for a queue ${printable(queue)}`);
      await pause(LOOK_MS, signal);
    }
  }

  /** Takes one job after the other. */
  async #take(open: OpenQueue, stop: AbortSignal): Promise<void> {
    const { timeoutMs } = this.#options;
    while (!stop.aborted && this.#left > 0) {
      this.#left--;
      let job: Job<ChannelSchema>;
      try {
        job = await open.queue.take({ signal: stop, timeoutMs });
      } catch (error) {
        this.#left++;
        if (stop.aborted) return;
        const isIdle = this.#running === 0 && performance.now() - this.#lastEndMs >= timeoutMs;
        if (error instanceof TimeoutError && !isIdle) continue;
        this.#end(error);
        return;
      }
      this.#running++;
      try {
        await this.#work(job, open);
      } catch (error) {
        this.#end(error);
      } finally {
        this.#running--;
        this.#lastEndMs = performance.now();
      }
    }
  }

  /** Runs the program for a job, and ends the job as the program says. */
  async #work(job: Job<ChannelSchema>, { info }: OpenQueue): Promise<void> {
    // However this is left, the job is given back.
    using _given = job;
    const { queue, signal, retryDelayMs } = this.#options;
    if (this.#isStopped) return this.#giveBack(job);
    const startMs = performance.now();
    let failure: JobFailure | undefined;
    try {
      failure = await this.#program.run(jobInput(job.value, info.mode === "bytes"), {
        ISTHMUS_QUEUE: queue,
        ISTHMUS_JOB_ID: String(job.id),
        ISTHMUS_JOB_ATTEMPTS: String(job.attempts),
        ISTHMUS_JOB_PRIORITY: String(job.priority),
      });
    } catch (error) {
      this.#giveBack(job);
      throw error;
    }
    const time = formatDuration(performance.now() - startMs);
    if (failure === undefined) {
      const isOurs = job.done();
      this.#counts.done++;
      if (!isOurs)
        this.#note(`job ${job.id} is done, but its lease was over: it may be done twice`);
      else this.#chat(`job ${job.id} is done, ${time}`);
    } else if (signal.aborted) this.#giveBack(job);
    else {
      const isOurs = job.fail(textOf(failure), { delayMs: retryDelayMs });
      const isDead = isOurs && job.attempts >= info.maxAttempts;
      this.#counts.failed++;
      if (isDead) this.#counts.dead++;
      this.#note(failureText(job, info, failure) + (isDead ? "; it is a dead letter now" : ""));
    }
  }

  get #isStopped(): boolean {
    return this.#options.signal.aborted || this.#ending.signal.aborted;
  }

  /** A job that nothing is wrong with but that this worker stops does not lose an attempt. */
  #giveBack(job: Job<ChannelSchema>): void {
    if (this.#isStopped) job.giveBack();
    else job.dispose();
    this.#counts.returned++;
    this.#note(`job ${job.id} is given back`);
  }

  /** Has no further job taken; the first reason counts. */
  #end(reason: unknown): void {
    this.#ending.abort(reason);
  }

  #note(text: string): void {
    this.#options.progress.note(text);
  }

  #chat(text: string): void {
    if (!this.#options.isQuiet) this.#note(text);
  }
}

/** What a job keeps of a failure. */
function textOf({ end, said }: JobFailure): string {
  return said === "" ? end : `${end}: ${said}`;
}

/** The same on one line, with the last line that was said: all of them have been seen. */
function failureText(
  { id, attempts }: Job<ChannelSchema>,
  { maxAttempts }: QueueInfo,
  { end, said }: JobFailure,
): string {
  const attempt = `attempt ${attempts}${maxAttempts === Infinity ? "" : ` of ${maxAttempts}`}`;
  const last = printable(said.slice(said.lastIndexOf("\n") + 1));
  return `job ${id} failed, ${attempt}: ${textOf({ end, said: last })}`;
}
