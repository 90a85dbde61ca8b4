/**
 * What a run of the benchmark leaves behind: the one shape of `results.json`.
 *
 * Field names are a contract (the dashboard, `--compare` and the gate read them); units come last. This file imports
 * nothing, so that reading results costs nothing.
 *
 * @module
 */

/** Raised when a field changes its meaning or goes; added fields do not raise it. */
export const SCHEMA_VERSION = 1;

/** What one sample of a case counts. */
export const UNITS = ["bytes_per_second", "records_per_second", "ns", "bytes"] as const;

/** What one sample of a case counts. */
export type Unit = (typeof UNITS)[number];

/** The machine, as far as it decides about figures. */
export interface MachineRecord {
  readonly cpu: string;
  readonly cpu_count: number;
  readonly memory_bytes: number;
  readonly os: string;
  readonly kernel: string;
  readonly arch: string;
  readonly bun: string;
  readonly isthmus: string;
  /** The scaling governor of the first CPU; `null` where the system does not tell. */
  readonly cpu_governor: string | null;
  readonly load_average_1min_before: number;
  readonly load_average_1min_after: number;
  /** The type of the file system on which the test files lie, by its number in `statfs`. */
  readonly file_system_type: string;
}

/** How the run was asked for. */
export interface ParametersRecord {
  readonly mode: "quick" | "full" | "custom";
  readonly rounds: number;
  readonly only: readonly string[];
  readonly seed: number;
  /** Sizes, counts and durations: two runs compare only where these are equal. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** Latencies of all rounds of a case together, in nanoseconds. */
export interface LatencyRecord {
  readonly count: number;
  readonly latency_ns_min: number;
  readonly latency_ns_p50: number;
  readonly latency_ns_p90: number;
  readonly latency_ns_p99: number;
  readonly latency_ns_p999: number;
  readonly latency_ns_max: number;
}

/** One thing that was measured. */
export interface CaseRecord {
  readonly id: string;
  readonly suite: string;
  readonly title: string;
  /** `isthmus`, `peer` (what one would use instead) or `reference` (what the hardware allows). */
  readonly role: "isthmus" | "peer" | "reference";
  readonly unit: Unit;
  readonly better: "higher" | "lower";
  /** What must be known to judge the figure: `warm`, `cold`, `batched`, … */
  readonly labels: readonly string[];
  /** One figure per round, in the order of the rounds. */
  readonly samples: readonly number[];
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Only for latencies on a fixed schedule. */
  readonly latency?: LatencyRecord;
  /** The size of a record, where a suite measures several. */
  readonly record_bytes?: number;
  /** By how much the process grew at most, one figure per round, where memory is the question. */
  readonly peak_growth_bytes?: readonly number[];
  /** Why there are no samples: it cannot run here. */
  readonly skipped?: string;
  /** Why there are no samples: it broke, or what it read was wrong. */
  readonly failed?: string;
}

/** A factor with the interval in which it lies. */
export interface RatioRecord {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** 0.95: of 100 such runs, the interval is to contain the true factor in 95. */
  readonly confidence: number;
  /** One factor per round. */
  readonly samples: readonly number[];
}

/** What can be said about a claim. */
export const VERDICTS = ["holds", "uncertain", "fails", "measured", "skipped"] as const;

/** What can be said about a claim. */
export type Verdict = (typeof VERDICTS)[number];

/** One row of the claims table. */
export interface ClaimRecord {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  /** Ids of the two cases. */
  readonly subject: string;
  readonly baseline: string;
  /** What is compared, when it is not the figures themselves. */
  readonly quantity?: "peak_growth_bytes";
  /** How many times better the subject is said to be; absent in rows that claim nothing. */
  readonly target?: { readonly at_least: number; readonly up_to?: number };
  readonly ratio: RatioRecord | null;
  readonly verdict: Verdict;
  /** Why a claim does not hold here, or why a row was skipped. */
  readonly reason?: string;
}

/** A whole run. */
export interface BenchResults {
  readonly kind: "isthmus-bench";
  readonly schema_version: typeof SCHEMA_VERSION;
  readonly started_at: string;
  readonly elapsed_ms: number;
  readonly machine: MachineRecord;
  readonly parameters: ParametersRecord;
  /** What a reader must know before believing the figures. */
  readonly warnings: readonly string[];
  readonly cases: readonly CaseRecord[];
  readonly claims: readonly ClaimRecord[];
  /** Peers that were not measured at all, with the reason. */
  readonly peers_skipped: readonly { readonly peer: string; readonly reason: string }[];
}
