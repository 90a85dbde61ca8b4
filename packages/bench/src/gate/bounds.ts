/**
 * How far a ratio may fall before somebody must look.
 *
 * Ratios only: an absolute time says more about the machine than about the code. The bounds are a half to a tenth of
 * what the ratios are on a quiet machine, so that a busy day passes and a broken fast path does not.
 *
 * @module
 */

/** The least that a claim's ratio must reach. */
export interface Bound {
  /** Id of a claim. */
  readonly claim: string;
  readonly atLeast: number;
}

/** All bounds. */
export const BOUNDS: readonly Bound[] = [
  { claim: "sequential-stream", atLeast: 0.8 },
  { claim: "random-read-sync", atLeast: 3 },
  { claim: "random-file-handle", atLeast: 20 },
  { claim: "large-whole-memory", atLeast: 2 },
  { claim: "again-read-sync", atLeast: 0.8 },
  { claim: "scan-loop", atLeast: 1.5 },
  { claim: "pipes-batch", atLeast: 5 },
  { claim: "pipes-claim", atLeast: 5 },
  { claim: "pipes-send", atLeast: 3 },
  { claim: "pipes-asleep", atLeast: 0.2 },
  { claim: "messages-spawn-ipc", atLeast: 1.2 },
  { claim: "state-update-sqlite", atLeast: 1.5 },
  { claim: "jobs-sqlite", atLeast: 3 },
  { claim: "jobs-hand-over", atLeast: 0.2 },
  { claim: "jobs-full", atLeast: 0.2 },
  { claim: "cache-get-sqlite", atLeast: 3 },
  { claim: "shared-row", atLeast: 0.2 },
  { claim: "journal-sqlite", atLeast: 2 },
  { claim: "journal-one", atLeast: 0.7 },
  { claim: "journal-replay", atLeast: 0.3 },
  { claim: "start-channel", atLeast: 0.03 },
  { claim: "physics-mutex", atLeast: 0.04 },
  { claim: "physics-accessor", atLeast: 0.1 },
];
