/**
 * Limits, counters and rows of a table, beside the bare thing that each is made of.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";
import { sharedClock } from "@isthmus/ipc/internal";
import { RateLimiter, SharedCounters, SharedTable } from "@isthmus/store";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { Sample, sampleOf, sumOf } from "../sample.ts";
import { shuffledKeys } from "./keys.ts";
import { mustAddUp, timePasses } from "./passes.ts";

/** Operations of one call; also how many rows and keys there are. */
const COUNT = 1000;

/** So many units that none is ever refused. */
const UNITS = 1_000_000_000;

/** All of them. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  take: async (context) => {
    using limiter = RateLimiter.createNew("bench-limiter", { limit: UNITS, perMs: 1000 });
    const keys = shuffledKeys(COUNT, context.seed);
    let allowed = 0;
    const figure = await timeCalls(context, (i) => {
      if (limiter.take(keys[i] as string).allowed) allowed++;
    });
    mustAddUp(limiter.metrics.allowed, allowed);
    return figure;
  },
  increment: (context) =>
    withCounters(context, (counters) => {
      const counter = counters.counter("requests_total");
      return () => counter.inc();
    }),
  "increment-labels": (context) =>
    withCounters(context, (counters) => {
      const counter = counters.counter("requests_total", { labels: ["method", "status"] });
      return () => counter.inc({ method: "GET", status: 200 });
    }),
  "atomic-add": async (context) => {
    using memory = MemoryMappedFile.createNew(null, 4096);
    using view = memory.createViewAccessor();
    const { buffer, byteOffset } = view.bytes();
    const words = new Int32Array(buffer, byteOffset, 16);
    return await timeCalls(context, () => void Atomics.add(words, 0, 1));
  },
  clock: async (context) => {
    const clock = sharedClock();
    let last = clock();
    return await timeCalls(context, () => {
      const now = clock();
      if (now < last) throw new Error("the clock went back");
      last = now;
    });
  },
  row: (context) => withTable(context, (table, i) => sumOf(table.read(i))),
  "row-cursor": (context) => withTable(context, (table, i) => table.read(i, sumOf)),
  struct: (context) => withView(context, (view, i) => sumOf(Sample.decode(view, i * Sample.size))),
};

/** Calls with the numbers 0 to 999, again and again. */
async function timeCalls({ sizes }: CaseContext, call: (i: number) => void): Promise<Figure> {
  const run = (from: number, to: number): void => {
    for (let i = from; i < to; i++) call(i);
  };
  return await timePasses(sizes, { operations: COUNT, run });
}

async function withCounters(
  context: CaseContext,
  open: (counters: SharedCounters) => () => void,
): Promise<Figure> {
  using counters = SharedCounters.createNew("bench-counters");
  const count = open(counters);
  let calls = 0;
  const figure = await timeCalls(context, () => {
    calls++;
    count();
  });
  const [family] = counters.read();
  const [sample] = family?.samples ?? [];
  mustAddUp(sample && "value" in sample ? sample.value : NaN, calls);
  return figure;
}

const openTable = () => SharedTable.createNew("bench-rows", Sample, { length: COUNT });

async function withTable(
  context: CaseContext,
  read: (table: ReturnType<typeof openTable>, index: number) => number,
): Promise<Figure> {
  using table = openTable();
  for (let i = 0; i < COUNT; i++) {
    table.update(i, (row) => {
      Object.assign(row, sampleOf(i));
    });
  }
  return await measureRows(context, (index) => read(table, index));
}

async function withView(
  context: CaseContext,
  read: (view: DataView<ArrayBuffer>, index: number) => number,
): Promise<Figure> {
  const view = new DataView(new ArrayBuffer(COUNT * Sample.size));
  for (let i = 0; i < COUNT; i++) Sample.encode(view, i * Sample.size, sampleOf(i));
  return await measureRows(context, (index) => read(view, index));
}

async function measureRows(context: CaseContext, read: (index: number) => number): Promise<Figure> {
  let sum = 0;
  let expected = 0;
  const figure = await timeCalls(context, (i) => {
    sum += read(i);
    expected += 8 * i + 28;
  });
  mustAddUp(sum, expected);
  return figure;
}
