/**
 * The suites about jobs that several processes share, as far as one needs them before they run.
 *
 * @module
 */
import type { SuiteSpec } from "../../runner/suite.ts";

const RATE = { unit: "records_per_second", labels: [] } as const;
const P99 = { unit: "ns", labels: ["p99"] } as const;

/** In the order in which they run. */
export const WORKER_SUITES: readonly SuiteSpec[] = [
  {
    id: "workers",
    title: "Jobs of 64 bytes, one producer, two workers, three processes",
    cases: [
      { name: "queue", title: "WorkQueue", role: "isthmus", ...RATE },
      { name: "sqlite", title: "bun:sqlite, WAL, synchronous off", role: "peer", ...RATE },
      {
        name: "redis",
        title: "Redis on loopback, LPUSH, BLMOVE, LREM",
        role: "peer",
        unit: "records_per_second",
        labels: ["batched"],
      },
      {
        name: "redisSocket",
        title: "Redis on a Unix socket, LPUSH, BLMOVE, LREM",
        role: "peer",
        unit: "records_per_second",
        labels: ["batched"],
      },
      {
        name: "death-queue",
        title: "a worker's death to its job at the next one",
        role: "isthmus",
        ...P99,
      },
      {
        name: "death-pipe",
        title: "a process's death to the end of its pipe",
        role: "reference",
        ...P99,
      },
      { name: "death-limit", title: "5 ms", role: "reference", ...P99 },
    ],
    load: () => import("./workers.ts"),
  },
];
