/**
 * What an observer sees of a work queue.
 *
 * @module
 */
import type { Figures } from "../figures/figure.ts";
import type { Mode } from "../flow/record-layout.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { QUEUE_FIGURES } from "../queue/queue-figures.ts";
import type { ParticipantInfo } from "./segment-info.ts";

/** A job that somebody works on. */
export interface QueueJobInfo {
  /** Number of the job. */
  readonly id: number;
  /** Who works on it; undefined when it has left, or died and was cleared up after. */
  readonly worker: ParticipantInfo | undefined;
  /** How often it has been taken, this time included. */
  readonly attempts: number;
  readonly priority: number;
  /** For how long it has been worked on, in milliseconds. */
  readonly forMs: number;
}

/** A dead letter, as far as its own cell tells. */
export interface QueueDeadLetterInfo {
  /** Number of the job. */
  readonly id: number;
  /** How often it was taken before it became one. */
  readonly attempts: number;
  /** Why it came back the last time; see `Job.lastError`. */
  readonly lastError: string | undefined;
}

/** A work queue at one moment. */
export interface QueueInfo extends Figures<typeof QUEUE_FIGURES.segment> {
  /** Jobs of a struct, of raw bytes, or of JSON. */
  readonly mode: Mode;
  /** Bytes of a job of a struct; 0 otherwise. */
  readonly recordBytes: number;
  /** How often a job is taken at most; Infinity: as often as need be. */
  readonly maxAttempts: number;
  /** How long a job may be worked on, in milliseconds; Infinity: as long as its worker lives. */
  readonly leaseMs: number;
  /** The jobs that are worked on, longest first; of very many, the first ones. */
  readonly jobs: readonly QueueJobInfo[];
  /** The dead letter that came last; undefined where there is none. */
  readonly newestDeadLetter: QueueDeadLetterInfo | undefined;
  /** How long jobs took from being added to being taken for the first time. */
  readonly waitTime: HistogramSnapshot | undefined;
  /** How long jobs took from being taken to being done. */
  readonly runTime: HistogramSnapshot | undefined;
}
