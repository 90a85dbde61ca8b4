/**
 * The suites about what processes of a server share, as far as one needs them before they run.
 *
 * @module
 */
import type { CaseSpec, SuiteSpec } from "../../runner/suite.ts";

type Row = readonly [name: string, title: string, role: CaseSpec["role"], label?: string];

function rows(unit: CaseSpec["unit"], list: readonly Row[]): CaseSpec[] {
  return list.map(([name, title, role, label]) => ({
    name,
    title,
    role,
    unit,
    labels: label === undefined ? [] : [label],
  }));
}

/** In the order in which they run. */
export const STORE_SUITES: readonly SuiteSpec[] = [
  {
    id: "cache",
    title: "A value of 64 bytes, by one of 10,000 keys",
    cases: rows("ns", [
      ["get-cache", "get: SharedCache", "isthmus"],
      ["get-into-cache", "getInto: SharedCache", "isthmus"],
      ["get-ttl-cache", "get: SharedCache, values with a ttl", "isthmus"],
      ["get-lmdb", "get: lmdb", "peer"],
      ["get-sqlite", "get: bun:sqlite, WAL, prepared", "peer"],
      ["get-redis", "get: Redis on a Unix socket", "peer"],
      ["get-map", "get: Map of this process alone", "reference"],
      ["set-cache", "set: SharedCache", "isthmus"],
      ["set-lmdb", "set: lmdb", "peer", "writes batched"],
      ["increment-cache", "increment: SharedCache", "isthmus"],
      ["increment-lmdb", "increment: lmdb", "peer", "writes batched"],
    ]).map((each) => (each.role === "peer" ? { ...each, process: "peers" } : each)),
    load: () => import("./caches.ts"),
  },
  {
    id: "shared",
    title: "Limits, counters and rows that processes share",
    cases: rows("ns", [
      ["take", "RateLimiter.take", "isthmus"],
      ["increment", "a counter's inc", "isthmus"],
      ["increment-labels", "a counter's inc, by its labels", "isthmus"],
      ["atomic-add", "Atomics.add in a mapping", "reference"],
      ["clock", "asking the system for the time", "reference"],
      ["row", "SharedTable.read of eight numbers", "isthmus"],
      ["row-cursor", "SharedTable.read of eight numbers by a cursor", "isthmus"],
      ["struct", "schema.decode of eight numbers, unshared", "reference"],
    ]),
    load: () => import("./shared.ts"),
  },
  {
    id: "cacheSize",
    title: "A get of 64 bytes, by how many entries there are",
    cases: rows("ns", [
      ["few", "10,000 entries", "isthmus"],
      ["many", "10 million entries in 4 GiB (fewer in a quick run)", "isthmus"],
      ["chase", "two dependent reads at random in 4 GiB", "reference"],
    ]),
    load: () => import("./cache-size.ts"),
  },
  {
    id: "cacheCrowd",
    title: "Gets of 64 bytes by several processes, all together",
    cases: rows("records_per_second", [
      ["one", "one process reads", "isthmus"],
      ["crowd", "four processes read, one writes", "isthmus"],
    ]),
    load: () => import("./cache-crowd.ts"),
  },
];
