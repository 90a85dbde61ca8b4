#!/usr/bin/env bun
/**
 * The `isthmus` command, and in a bundle the programs that it starts.
 *
 * @module
 */
import { BENCH_PROGRAMS } from "@isthmus/bench/programs";
import { runAsProgram } from "@isthmus/programs";

const PROGRAMS = {
  ...BENCH_PROGRAMS,
  messenger: () => import("./demo/children/messenger.ts"),
  peer: () => import("./demo/children/peer.ts"),
  "participant-main": () => import("@isthmus/chaos/participant"),
};

// A process of the dashboard's demonstration ends with the dashboard.
if (process.env["ISTHMUS_PARENT_WATCH"] === "stdin")
  await import("@isthmus/dashboard/parent-watch");
if (!(await runAsProgram(PROGRAMS))) {
  const [{ createProcessHost }, { runIsthmus }] = await Promise.all([
    import("./process-host.ts"),
    import("./run.ts"),
  ]);
  const exitCode = await runIsthmus(process.argv.slice(2), createProcessHost());
  // Not `process.exit`: what is still on its way into a pipe must arrive.
  process.exitCode = process.exitCode || exitCode;
}
