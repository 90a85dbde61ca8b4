/**
 * What a suite says about itself without being loaded, and what it does once it is.
 *
 * The descriptions are read by the command, which never loads what it measures: cases run in
 * processes that did nothing else before, because compiled code fits what ran first.
 *
 * @module
 */
import type { Unit } from "../results/bench-results.ts";
import type { Sizes } from "./sizes.ts";

/** What must be there before a suite begins. */
export type Need = "file" | "coldFile" | "largeFile" | "reference";

/** One thing to measure. */
export interface CaseSpec {
  /** Unique within the suite. */
  readonly name: string;
  readonly title: string;
  readonly role: "isthmus" | "peer" | "reference";
  readonly unit: Unit;
  readonly labels?: readonly string[];
  /** Only where a suite measures several sizes of records. */
  readonly recordBytes?: number;
  /** The optional peer without which the case is skipped. */
  readonly peer?: string;
  /**
   * Cases of a suite with the same word run one after the other in one process; a case without one has its own.
   */
  readonly process?: string;
}

/** Some cases that belong together. */
export interface SuiteSpec {
  readonly id: string;
  readonly title: string;
  readonly cases: readonly CaseSpec[];
  readonly needs?: readonly Need[];
  /** Loads the code; only the processes that measure call it. */
  readonly load: () => Promise<SuiteModule>;
}

/** The code of a suite. */
export interface SuiteModule {
  /** By name, as in the description. */
  readonly cases: Readonly<Record<string, CaseFunction>>;
}

/** Measures once, verifies what it has measured, and throws a {@link SkipError} where that cannot be done. */
export type CaseFunction = (context: CaseContext) => Figure | Promise<Figure>;

/** What a measurement gives. */
export interface Figure {
  /** In the unit of the case. */
  readonly value: number;
  /** The bytes of a histogram of latencies in nanoseconds. */
  readonly histogram?: Uint8Array;
  /** By how many bytes the process grew at most. */
  readonly peakGrowthBytes?: number;
}

/** What a case may use. */
export interface CaseContext {
  readonly sizes: Sizes;
  readonly seed: number;
  /** A directory on a disk, with the test files. */
  readonly directory: string;
  /** A directory in memory, where the system has one; scratch space. */
  readonly memoryDirectory: string;
  /** The folder with the packages of optional peers, when they have been asked for. */
  readonly peersDirectory?: string;
  /** The compiled reference program, or why there is none. */
  readonly reference?: { readonly path: string } | { readonly reason: string };
  /** The clock of micro benchmarks, in nanoseconds; that on the wall unless given. */
  readonly now?: () => number;
}

/** Thrown by a case that cannot run here. */
export class SkipError extends Error {
  override readonly name: string = "SkipError";
}
