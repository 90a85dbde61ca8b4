/**
 * Adding numbered jobs in all ways that a work queue offers.
 *
 * @module
 */
import type { ChannelSchema, RecordInput, WorkQueue } from "@isthmus/ipc";
import { EVENT, streamNumber } from "../evidence.ts";
import { PATIENCE, type Participant } from "../participant.ts";
import { optionsOf, planOf } from "./job-plan.ts";
import type { QueueOpening } from "./queue.ts";
import type { Wire } from "./wire.ts";

const RUN_JOBS_MAX = 12;
/** Runs between joining and leaving. */
const RUNS_MAX = 300;

/** One stream: all jobs between joining and leaving once, numbered from 0. */
class JobStream<S extends ChannelSchema> {
  #next = 0;
  readonly #participant: Participant;
  readonly #wire: Wire<S>;
  readonly #number: number;

  constructor(participant: Participant, wire: Wire<S>, joining: number) {
    this.#participant = participant;
    this.#wire = wire;
    this.#number = streamNumber(participant.id, joining);
  }

  /** Adds some jobs; they have been added when this resolves. */
  async run(queue: WorkQueue<S>): Promise<void> {
    const participant = this.#participant;
    if (participant.takeHarm("swap")) await this.#swap(queue);
    for (let left = 1 + participant.random.below(RUN_JOBS_MAX); left > 0; left--) {
      await this.#add(queue, this.#next, this.#make(this.#next));
      this.#next++;
      participant.dawdle();
    }
  }

  /** Adds one job, with which goes what is planned for a number. */
  async #add(queue: WorkQueue<S>, sequence: number, job: RecordInput<S>): Promise<void> {
    const participant = this.#participant;
    const options = optionsOf(planOf(this.#number, sequence));
    const waiting = { ...options, ...PATIENCE };
    participant.note(EVENT.intended, sequence + 1, this.#number);
    // Full or not, it has been there.
    let isAdded = !participant.hasTakenOver && queue.tryAdd(job, options) !== undefined;
    participant.noteSuccess();
    const way = participant.random.below(4);
    if (!isAdded && way === 0) isAdded = queue.tryAdd(job, options) !== undefined;
    if (!isAdded && way === 1) {
      await participant.persistAsync(() => queue.addAsync(job, waiting));
    } else if (!isAdded && way === 2) participant.persist(() => queue.addAll([job], waiting));
    else if (!isAdded) participant.persist(() => queue.add(job, waiting));
    participant.note(EVENT.acknowledged, sequence + 1, this.#number);
  }

  /** Adds the next two jobs of one key in each other's place. */
  async #swap(queue: WorkQueue<S>): Promise<void> {
    const keyOf = (sequence: number): number => planOf(this.#number, sequence).key;
    let first = this.#next;
    while (keyOf(first) === 0) first++;
    let second = first + 1;
    while (keyOf(second) !== keyOf(first)) second++;
    for (; this.#next <= second; this.#next++) {
      const other = this.#next === first ? second : this.#next === second ? first : this.#next;
      await this.#add(queue, this.#next, this.#make(other));
    }
  }

  #make(sequence: number): RecordInput<S> {
    return this.#wire.make(this.#number, sequence, this.#participant.random);
  }
}

/** Adds jobs until it is to end, leaving and coming back now and then. */
export async function produceJobs<S extends ChannelSchema>(
  participant: Participant,
  { wire, open }: QueueOpening<S>,
): Promise<void> {
  let stream = new JobStream(participant, wire, 0);
  const join = (joining: number): WorkQueue<S> => {
    stream = new JobStream(participant, wire, joining);
    return open();
  };
  await participant.work(RUNS_MAX, join, (queue) => stream.run(queue));
}
