/**
 * The suite about shared state, as far as one needs it before it runs.
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
];
