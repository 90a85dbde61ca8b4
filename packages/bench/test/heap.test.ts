/** Records that are written and read in place leave nothing for the collector. */
import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { Consumer, Producer } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { CAPACITY_BYTES, Sample, type SampleFields, SampleWriter } from "../src/suites/sample.ts";

const BURST_RECORDS = 1000;
const BURSTS = 300;
/** An object for one record in a hundred would be more. */
const GROWTH_MAX_BYTES = 64 << 10;

test("claim and poll keep the heap as it is", () => {
  using _home = new Home();
  const options = { schema: Sample, capacityBytes: CAPACITY_BYTES };
  using producer = Producer.createNew("flat", options);
  using consumer = Consumer.openExisting("flat", options);
  const writer = new SampleWriter();
  let sum = 0;
  const handle = ({ a }: SampleFields): void => {
    sum += a;
  };
  const run = (): void => {
    for (let burst = 0; burst < BURSTS; burst++) {
      for (let i = 0; i < BURST_RECORDS; i++, writer.number++) producer.claim(writer.write);
      producer.flush();
      while (consumer.poll(handle) > 0);
    }
  };
  run();
  Bun.gc(true);
  const before = heapStats().heapSize;
  run();
  expect(heapStats().heapSize - before).toBeLessThan(GROWTH_MAX_BYTES);
  expect(sum).toBe((writer.number * (writer.number - 1)) / 2);
});
