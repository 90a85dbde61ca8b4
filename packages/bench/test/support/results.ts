/**
 * A small run, made up.
 *
 * @module
 */
import type { BenchResults, CaseRecord, ClaimRecord } from "../../src/results/bench-results.ts";

/** A case with some figures. */
export function caseOf(
  id: string,
  samples: readonly number[],
  extra: Partial<CaseRecord> = {},
): CaseRecord {
  const sorted = samples.toSorted((one, two) => one - two);
  return {
    id,
    suite: id.split(".")[0] ?? "",
    title: id,
    role: "isthmus",
    unit: "ns",
    better: "lower",
    labels: [],
    samples,
    median: sorted[sorted.length >> 1] ?? null,
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    ...extra,
  };
}

/** A claim with a ratio. */
export function claimOf(id: string, value: number, extra: Partial<ClaimRecord> = {}): ClaimRecord {
  return {
    id,
    group: "group",
    title: `title of ${id}`,
    subject: "a.one",
    baseline: "a.two",
    ratio: {
      value,
      low: value * 0.9,
      high: value * 1.1,
      confidence: 0.95,
      samples: [value, value],
    },
    verdict: "measured",
    ...extra,
  };
}

/** A run. */
export function resultsOf(extra: Partial<BenchResults> = {}): BenchResults {
  return {
    kind: "isthmus-bench",
    schema_version: 1,
    started_at: "2025-03-01T10:00:00.000Z",
    elapsed_ms: 1234,
    machine: {
      cpu: "Made-up <CPU> & Sons",
      cpu_count: 4,
      memory_bytes: 2 ** 33,
      os: "Linux",
      kernel: "9.9",
      arch: "x64",
      bun: "1.4.5",
      isthmus: "0.1.0",
      cpu_governor: "performance",
      load_average_1min_before: 0.1,
      load_average_1min_after: 0.5,
      file_system_type: "ext4",
    },
    parameters: { mode: "quick", rounds: 5, only: [], seed: 1, sizes: { fileBytes: 1024 } },
    warnings: [],
    cases: [caseOf("a.one", [100, 110, 120]), caseOf("a.two", [200, 210, 240])],
    claims: [claimOf("claim", 2)],
    peers_skipped: [],
    ...extra,
  };
}
