/**
 * Several producers and several workers at one work queue, and an undertaker, who looks after the dead letters.
 *
 * @module
 */
import { type ChannelSchema, WorkQueue, type WorkQueueOptions } from "@isthmus/ipc";
import { judgeQueue } from "../judges/queue.ts";
import type { Participant } from "../participant.ts";
import type { Scenario } from "../scenario.ts";
import { produceJobs } from "./produce.ts";
import type { Wire } from "./wire.ts";
import { buryLetters, workOnJobs } from "./work.ts";

/** A queue and who works on it. */
export interface QueueSpec<S extends ChannelSchema> {
  /** Its jobs. */
  readonly wire: Wire<S>;
  readonly producers: number;
  readonly workers: number;
  /** Room for all jobs, in bytes: so little that it is often full. */
  readonly capacityBytes: number;
  /** How often a job is taken at most. */
  readonly maxAttempts: number;
  /** How long a job may be worked on, in milliseconds; none unless given. */
  readonly leaseMs?: number;
}

/** What a participant needs of its queue. */
export interface QueueOpening<S extends ChannelSchema> {
  readonly wire: Wire<S>;
  /** Joins. */
  readonly open: () => WorkQueue<S>;
  /** The lease in milliseconds; 0: there is none. */
  readonly leaseMs: number;
}

/**
 * Makes the scenario of a work queue, which is persistent: its jobs outlive a moment in which all its participants are dead.
 *
 * @param name The queue's.
 * @param spec Its jobs, its options, and who works on it.
 */
export function queueScenario<S extends ChannelSchema>(name: string, spec: QueueSpec<S>): Scenario {
  const { wire, producers, workers, capacityBytes, maxAttempts, leaseMs } = spec;
  const options: WorkQueueOptions<S> = {
    schema: wire.schema,
    capacityBytes,
    maxAttempts,
    leaseMs,
    lifetime: "persistent",
  };
  const opening: QueueOpening<S> = {
    wire,
    open: () => WorkQueue.createOrOpen(name, options),
    leaseMs: leaseMs ?? 0,
  };
  const produce = (participant: Participant): Promise<void> => produceJobs(participant, opening);
  const work = (participant: Participant): Promise<void> => workOnJobs(participant, opening);
  const bury = (participant: Participant): Promise<void> => buryLetters(participant, opening);
  return {
    name,
    roles: [
      { name: "producer", count: producers, rank: 0, needs: "worker", play: produce },
      { name: "worker", count: workers, rank: 1, play: work },
      { name: "undertaker", count: 1, rank: 2, play: bury },
    ],
    judge: (evidence) => judgeQueue(evidence, { maxAttempts, isLeased: leaseMs !== undefined }),
  };
}
