/**
 * Taking jobs and dead letters in all ways that a work queue offers. Everything is written down after it was taken and
 * before it is given back: in between, it was certainly held.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import type { ChannelSchema, DeadLetter, Job, RecordCursor, WorkQueue } from "@isthmus/ipc";
import { EVENT } from "../evidence.ts";
import type { Participant } from "../participant.ts";
import type { QueueOpening } from "./queue.ts";
import type { Reading } from "./wire.ts";

/** How long to wait for a job before it looks whether it is to end, in milliseconds. */
const IDLE_MS = 100;
/** Jobs that a worker has at once. */
const HELD_MAX = 3;
/** Jobs that it takes in one loop. */
const LOOP_JOBS_MAX = 20;
/** Rounds between joining and leaving. */
const ROUNDS_MAX = 300;
/** A worker leaves with what it has in one round of so many, and is too slow for a lease with one job of so many. */
const ONE_IN_DESERTED = 60;
const ONE_IN_SLOW = 40;
/** Of so many jobs one fails and one is left; all others are done. */
const ENDS = 12;
const FAIL_DELAY_MS_MAX = 20;
/** How long somebody clings to a job that is not its own any more, in milliseconds. */
const CLING_MS = 300;
/** Dead letters that are looked at in one round. */
const LETTERS_MAX = 4;
const ONE_IN_PAUSE = 40;
const PAUSE_MS_MAX = 5;

/** A job that somebody has. */
interface Held<S extends ChannelSchema> extends Reading {
  readonly job: Job<S>;
}

/** What one participant does with the jobs of its queue. */
class Hands<S extends ChannelSchema> {
  readonly #participant: Participant;
  readonly #opening: QueueOpening<S>;
  readonly #held: Held<S>[] = [];

  constructor(participant: Participant, opening: QueueOpening<S>) {
    this.#participant = participant;
    this.#opening = opening;
  }

  /** Takes some jobs and ends them; false to leave with those that are not ended. */
  async round(queue: WorkQueue<S>): Promise<boolean> {
    const participant = this.#participant;
    const { random } = participant;
    if (!participant.hasTakenOver) {
      this.#begin(queue.tryTake());
      participant.noteSuccess();
    }
    const way = random.below(3);
    if (way === 0) {
      for (let left = 1 + random.below(HELD_MAX); left > 0; left--) this.#begin(queue.tryTake());
    } else if (way === 1) this.#begin(await this.#take(queue));
    else await this.#follow(queue);
    const { leaseMs } = this.#opening;
    if (leaseMs > 0 && random.oneIn(ONE_IN_SLOW)) Bun.sleepSync(leaseMs * 1.5);
    if (participant.mayLeave && this.#held.length > 0 && random.oneIn(ONE_IN_DESERTED)) {
      for (const held of this.#held.splice(0)) this.#noteGiving(held, false);
      return false;
    }
    while (this.#held.length > 0) {
      const [one] = this.#held.splice(random.below(this.#held.length), 1);
      if (one !== undefined) this.#end(one);
    }
    participant.note(EVENT.idle);
    return true;
  }

  /** Does all jobs that are left, as the last one. */
  finish(queue: WorkQueue<S>): void {
    for (const held of this.#held.splice(0)) this.#end(held, true);
    for (;;) {
      if (queue.isPaused) queue.resume();
      this.#begin(queue.tryTake());
      const held = this.#held.pop();
      if (held !== undefined) this.#end(held, true);
      else {
        const { waiting, delayed, held: after, inFlight } = queue.metrics;
        if (waiting + delayed + after + inFlight === 0) return;
        this.#participant.note(EVENT.idle);
        Bun.sleepSync(1);
      }
    }
  }

  async #take(queue: WorkQueue<S>): Promise<Job<S> | undefined> {
    try {
      return await queue.take({ timeoutMs: IDLE_MS });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      return undefined;
    }
  }

  async #follow(queue: WorkQueue<S>): Promise<void> {
    const signal = AbortSignal.timeout(IDLE_MS);
    let left = 1 + this.#participant.random.below(LOOP_JOBS_MAX);
    try {
      for await (const job of queue.jobs({ signal })) {
        this.#begin(job);
        const held = this.#held.pop();
        if (held !== undefined) this.#end(held);
        if (--left === 0) break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #begin(job: Job<S> | undefined): void {
    if (job === undefined) return;
    const participant = this.#participant;
    const reading = { stream: 0, sequence: 0 };
    const isWhole = this.#opening.wire.read(job.value as RecordCursor<S>, reading);
    const { stream, sequence } = reading;
    if (participant.takeHarm("skip")) {
      job.done();
      return;
    }
    participant.note(isWhole ? EVENT.taken : EVENT.torn, sequence, stream, job.attempts);
    if (participant.takeHarm("cling")) {
      job.dispose();
      Bun.sleepSync(CLING_MS);
      this.#noteGiving(reading, false);
      return;
    }
    this.#held.push({ job, ...reading });
    participant.dawdle();
  }

  #end(held: Held<S>, isLast = false): void {
    const { random } = this.#participant;
    const way = isLast ? 0 : random.below(ENDS);
    this.#noteGiving(held, way > 1 || isLast);
    if (way === 0 && !isLast) {
      const delayMs = random.oneIn(2) ? 0 : random.below(FAIL_DELAY_MS_MAX);
      if (!held.job.fail("by chance", { delayMs })) this.#note(EVENT.disowned, held);
    } else if (way === 1) held.job.dispose();
    else this.#note(held.job.done() ? EVENT.done : EVENT.disowned, held);
  }

  #noteGiving(held: Reading, isDone: boolean): void {
    this.#participant.note(EVENT.giving, held.sequence, held.stream, isDone ? 1 : 0);
  }

  #note(code: typeof EVENT.done | typeof EVENT.disowned, { sequence, stream }: Reading): void {
    this.#participant.note(code, sequence, stream);
  }
}

/** Works until it is to end, leaving and coming back now and then; the last workers do what is left. */
export async function workOnJobs<S extends ChannelSchema>(
  participant: Participant,
  opening: QueueOpening<S>,
): Promise<void> {
  let hands = new Hands(participant, opening);
  const join = (): WorkQueue<S> => {
    hands = new Hands(participant, opening);
    return opening.open();
  };
  await participant.work(ROUNDS_MAX, join, (queue) => hands.round(queue), {
    finish: (queue) => {
      if (participant.isLast) hands.finish(queue);
    },
  });
}

/** What the undertaker does with the dead letters of its queue. */
class Burials<S extends ChannelSchema> {
  readonly #participant: Participant;
  readonly #opening: QueueOpening<S>;

  constructor(participant: Participant, opening: QueueOpening<S>) {
    this.#participant = participant;
    this.#opening = opening;
  }

  /** Looks at some dead letters; tries them anew, forgets them, or takes one; holds all work up now and then. */
  async round(queue: WorkQueue<S>): Promise<void> {
    const participant = this.#participant;
    const { random } = participant;
    // Whoever held the work up before may have been killed.
    if (queue.isPaused) queue.resume();
    for (const letter of queue.dead.list(LETTERS_MAX)) {
      const reading = this.#read(letter);
      if (random.oneIn(3)) {
        participant.note(EVENT.retrying, reading.sequence, reading.stream);
        queue.dead.retry(letter.id);
      } else if (random.oneIn(2)) this.#forget(reading, () => queue.dead.drop(letter.id) === 1);
    }
    this.take(queue, random.oneIn(2));
    participant.noteSuccess();
    if (random.oneIn(ONE_IN_PAUSE)) {
      queue.pause();
      await Bun.sleep(random.below(PAUSE_MS_MAX));
      queue.resume();
    }
    participant.note(EVENT.idle);
  }

  /** Takes a dead letter; returns whether there was one. */
  take(queue: WorkQueue<S>, isForgotten: boolean): boolean {
    using job = queue.dead.tryTake();
    if (job === undefined) return false;
    const reading = this.#read(job);
    if (isForgotten) this.#forget(reading, () => job.done());
    return true;
  }

  /** Writes down what is left when everybody else has ended. */
  audit(queue: WorkQueue<S>): void {
    const { waiting, delayed, held, inFlight, deadLetters, fill, corruptions } = queue.metrics;
    const { recoveries, orphaned } = queue.metrics;
    const jobs = waiting + delayed + held + inFlight + deadLetters;
    this.#participant.note(EVENT.recovered, recoveries, 0, orphaned);
    this.#participant.note(EVENT.audited, jobs === 0 && fill > 0 ? 1 : jobs, 0, corruptions);
  }

  #read({ value, attempts }: Pick<DeadLetter<S>, "value" | "attempts">): Reading {
    const reading = { stream: 0, sequence: 0 };
    const isWhole =
      value !== undefined && this.#opening.wire.read(value as RecordCursor<S>, reading);
    const code = isWhole ? EVENT.buried : EVENT.torn;
    this.#participant.note(code, reading.sequence, reading.stream, attempts);
    return reading;
  }

  #forget({ sequence, stream }: Reading, forget: () => boolean): void {
    this.#participant.note(EVENT.giving, sequence, stream, 1);
    this.#participant.note(forget() ? EVENT.done : EVENT.disowned, sequence, stream);
  }
}

/** Looks after the dead letters until it is to end; the last one does and forgets what is left, and looks at the gauges. */
export async function buryLetters<S extends ChannelSchema>(
  participant: Participant,
  opening: QueueOpening<S>,
): Promise<void> {
  const burials = new Burials(participant, opening);
  await participant.work(ROUNDS_MAX, opening.open, (queue) => burials.round(queue), {
    finish: (queue) => {
      if (!participant.isLast) return;
      new Hands(participant, opening).finish(queue);
      while (burials.take(queue, true)) participant.note(EVENT.idle);
      burials.audit(queue);
    },
  });
}
