/**
 * The live demonstration: what the page asks for, and what it is told. Imports nothing.
 *
 * @module
 */

/** The least and the most of each parameter. A rate of 0 is: as fast as possible. */
export const DEMONSTRATION_LIMITS = {
  records_per_second: [0, 1_000_000],
  size_bytes: [24, 65_536],
  batch_records: [1, 1024],
} as const;

/** What a person can choose. */
export interface DemonstrationParameters {
  readonly records_per_second: number;
  readonly size_bytes: number;
  /** Records that are published together. */
  readonly batch_records: number;
}

/** The two processes of a demonstration. */
export const DEMONSTRATION_ROLES = ["producer", "consumer"] as const;

/** One of the two processes. */
export type DemonstrationRole = (typeof DEMONSTRATION_ROLES)[number];

/** What a process said at its end. */
export interface TransferSummary {
  readonly messages: number;
  readonly elapsed_ms: number;
  readonly messages_per_second: number;
  readonly lost: number;
  readonly corrupt: number;
}

/** One of the two processes. */
export interface DemonstrationProcess {
  readonly pid: number | null;
  /** When a successor will be started, in milliseconds since 1970. */
  readonly restarts_at_ms: number | null;
  /** The figures of the last one that ended in order. */
  readonly summary: TransferSummary | null;
}

/** The whole demonstration. */
export interface DemonstrationState {
  readonly phase: "stopped" | "running" | "stopping";
  readonly channel: string;
  readonly parameters: DemonstrationParameters;
  readonly producer: DemonstrationProcess;
  readonly consumer: DemonstrationProcess;
  /** Why it ended by itself. */
  readonly error: string | null;
}

/** What the page posts to `/api/demonstration`. */
export type DemonstrationRequest =
  | ({ readonly action: "start" } & DemonstrationParameters)
  | { readonly action: "stop" }
  | { readonly action: "kill"; readonly role: DemonstrationRole };
