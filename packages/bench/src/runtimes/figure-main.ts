/**
 * `figure-main.ts SUITE CASE` measures once and prints the figure, of a micro benchmark in CPU time: three runtimes in turn take
 * minutes, in which a machine is seldom left alone. It runs on every runtime that the packages run on.
 *
 * @module
 */
import { tmpdir } from "node:os";
import { Consumer } from "@isthmus/ipc";
import { SIZES } from "../runner/sizes.ts";
import type { CaseContext, SuiteModule } from "../runner/suite.ts";
import { pollSamples } from "../suites/poll-samples.ts";
import { CAPACITY_BYTES, expectedSum, Sample } from "../suites/sample.ts";

const MICRO_MS = 500;

const [suite = "", name = "", count = "0"] = process.argv.slice(2);

const SUITES: Readonly<Record<string, () => Promise<SuiteModule>>> = {
  accessors: () => import("../suites/micro/accessors.ts"),
  structs: () => import("../suites/micro/structs.ts"),
  locks: () => import("../suites/micro/locks.ts"),
  counters: () => import("../suites/micro/counters.ts"),
};

const context: CaseContext = {
  sizes: { ...SIZES.quick, microMs: MICRO_MS },
  seed: 1,
  directory: tmpdir(),
  memoryDirectory: tmpdir(),
  now: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  },
};

/** The receiving end of a channel, whose other end is `participant.ts`: records a second. */
function receive(channel: string, records: number): number {
  using consumer = Consumer.createNew(channel, { schema: Sample, capacityBytes: CAPACITY_BYTES });
  process.stdout.write("ready\n");
  return pollSamples(consumer, records, expectedSum(0, records));
}

async function measure(): Promise<number> {
  if (suite === "receive") return receive(name, Number(count));
  const { cases } = (await SUITES[suite]?.()) ?? { cases: {} };
  const run = cases[name];
  if (run === undefined) throw new Error(`There is no ${suite}/${name}`);
  return (await run(context)).value;
}

process.stdout.write(`${await measure()}\n`);
