/**
 * Collects the outcomes of a case over all rounds.
 *
 * @module
 */
import { HistogramSnapshot } from "@isthmus/ipc";
import type { CaseRecord, LatencyRecord } from "../results/bench-results.ts";
import { summarize } from "../statistics/statistics.ts";
import type { CaseMessage } from "./case-message.ts";
import { caseId } from "./plan.ts";
import type { CaseSpec, SuiteSpec } from "./suite.ts";

/** One case, as the rounds go by. */
export class Tally {
  readonly #suite: SuiteSpec;
  readonly #case: CaseSpec;
  readonly #samples: number[] = [];
  readonly #peaks: number[] = [];
  readonly #latencies: HistogramSnapshot[] = [];
  #skipped: string | undefined;
  #failed: string | undefined;

  constructor(suite: SuiteSpec, spec: CaseSpec) {
    this.#suite = suite;
    this.#case = spec;
  }

  /** Whether another round can add anything. */
  get isOver(): boolean {
    return this.#skipped !== undefined || this.#failed !== undefined;
  }

  /** Takes the outcome of one round; a case that failed once is not measured. */
  add(message: CaseMessage): void {
    if ("skipped" in message) this.#skipped = message.skipped;
    else if ("failed" in message) this.#failed = message.failed;
    else {
      this.#samples.push(message.value);
      if (message.peakGrowthBytes !== undefined) this.#peaks.push(message.peakGrowthBytes);
      if (message.histogram !== undefined) this.#latencies.push(snapshotOf(message.histogram));
    }
  }

  /**
   * Everything that is known about the case.
   *
   * @param rounds How many rounds count: one that was broken off does not.
   */
  record(rounds: number): CaseRecord {
    const { title, role, unit, labels = [], recordBytes } = this.#case;
    const samples = this.isOver ? [] : this.#samples.slice(0, rounds);
    const peaks = this.#peaks.slice(0, rounds);
    const [first, ...more] = this.#latencies.slice(0, rounds);
    const latencies = more.reduce((all, one) => all?.merge(one), first);
    const { median, min, max } =
      samples.length === 0 ? { median: null, min: null, max: null } : summarize(samples);
    return {
      id: caseId(this.#suite, this.#case),
      suite: this.#suite.id,
      title,
      role,
      unit,
      better: unit.endsWith("_per_second") ? "higher" : "lower",
      labels,
      samples,
      median,
      min,
      max,
      ...(latencies && { latency: latencyRecord(latencies) }),
      ...(recordBytes !== undefined && { record_bytes: recordBytes }),
      ...(peaks.length > 0 && { peak_growth_bytes: peaks }),
      ...(this.#skipped !== undefined && { skipped: this.#skipped }),
      ...(this.#failed !== undefined && { failed: this.#failed }),
    };
  }
}

function snapshotOf(base64: string): HistogramSnapshot {
  return HistogramSnapshot.read(new Uint8Array(Buffer.from(base64, "base64")));
}

function latencyRecord(snapshot: HistogramSnapshot): LatencyRecord {
  return {
    count: snapshot.count,
    latency_ns_min: snapshot.minNs,
    latency_ns_p50: snapshot.percentile(50),
    latency_ns_p90: snapshot.percentile(90),
    latency_ns_p99: snapshot.percentile(99),
    latency_ns_p999: snapshot.percentile(99.9),
    latency_ns_max: snapshot.maxNs,
  };
}
