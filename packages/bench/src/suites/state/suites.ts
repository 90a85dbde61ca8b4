/**
 * The suites about shared state and jobs, as far as one needs them before they run.
 *
 * @module
 */
import type { CaseSpec, SuiteSpec } from "../../runner/suite.ts";

const STORES = [
  { name: "struct", title: "SharedStruct", role: "isthmus", labels: [] },
  { name: "sqlite", title: "bun:sqlite, WAL, prepared", role: "peer", labels: [] },
  { name: "lmdb", title: "lmdb", role: "peer", labels: ["writes batched"] },
] as const;

/** In the order in which they run. */
export const STATE_SUITES: readonly SuiteSpec[] = [
  {
    id: "state",
    title: "A record of 64 bytes that other processes see",
    cases: (["update", "read"] as const).flatMap((what) =>
      STORES.map(({ name, title, ...rest }): CaseSpec => {
        return { name: `${what}-${name}`, title: `${what}: ${title}`, ...rest, unit: "ns" };
      }),
    ),
    load: () => import("./state.ts"),
  },
  {
    id: "jobs",
    title: "A job of 64 bytes, added, taken and done",
    cases: [
      { name: "queue", title: "WorkQueue", role: "isthmus", unit: "ns", labels: [] },
      {
        name: "queue-full",
        title: "WorkQueue, 100,000 waiting",
        role: "isthmus",
        unit: "ns",
        labels: [],
      },
      {
        name: "sqlite",
        title: "bun:sqlite, WAL, synchronous off",
        role: "peer",
        unit: "ns",
        labels: [],
      },
    ],
    load: () => import("./jobs.ts"),
  },
];
