/**
 * `figure-main.ts SUITE CASE` measures once and prints the figure. It runs on every runtime that the packages run on.
 *
 * @module
 */
import { tmpdir } from "node:os";
import { Consumer } from "@isthmus/ipc";
import { SIZES } from "../runner/sizes.ts";
import type { CaseContext, SuiteModule } from "../runner/suite.ts";
import {
  CAPACITY_BYTES,
  expectedSum,
  Sample,
  type SampleFields,
  sumOf,
  warmUpOf,
} from "../suites/sample.ts";

const MICRO_MS = 100;
const PATIENCE = { timeoutMs: 60_000 };

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
};

/** The receiving end of a channel, whose other end is `participant.ts`: records a second. */
function receive(channel: string, records: number): number {
  using consumer = Consumer.createNew(channel, { schema: Sample, capacityBytes: CAPACITY_BYTES });
  process.stdout.write("ready\n");
  const warmUp = warmUpOf(records);
  let sum = 0;
  let seen = 0;
  let startedAt = 0;
  const handle = (record: SampleFields): void => {
    sum += sumOf(record);
    if (++seen === warmUp) startedAt = performance.now();
  };
  handle(consumer.receive(PATIENCE));
  while (seen < records) consumer.poll(handle);
  const seconds = (performance.now() - startedAt) / 1000;
  if (sum !== expectedSum(0, records)) throw new Error(`records were lost: their sum is ${sum}`);
  return (records - warmUp) / seconds;
}

async function measure(): Promise<number> {
  if (suite === "receive") return receive(name, Number(count));
  const { cases } = (await SUITES[suite]?.()) ?? { cases: {} };
  const run = cases[name];
  if (run === undefined) throw new Error(`There is no ${suite}/${name}`);
  return (await run(context)).value;
}

process.stdout.write(`${await measure()}\n`);
