/**
 * The programs that a run of the benchmark starts, for a bundle that contains them.
 *
 * @module
 */
import type { Programs } from "@isthmus/programs";

/** All of them. */
export const BENCH_PROGRAMS: Programs = {
  "measure-main": () => import("./runner/measure-main.ts"),
  participant: () => import("./suites/messages/participant.ts"),
  "cache-party": () => import("./suites/store/cache-party.ts"),
  "job-worker": () => import("./suites/workers/job-worker.ts"),
  "sync-writer": () => import("./suites/journal/sync-writer.ts"),
  worker: () => import("./suites/messages/worker.ts"),
  "probe-main": () => import("./peers/probe-main.ts"),
};
