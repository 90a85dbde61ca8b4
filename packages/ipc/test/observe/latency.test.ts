/** What an observer sees of how late records are, where a channel measures it. */
import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import {
  json,
  observe,
  Producer,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
} from "../../src/index.ts";
import { Histogram } from "../../src/metrics/histogram.ts";
import { HISTOGRAM_BYTES } from "../../src/metrics/histogram-layout.ts";
import { lieIn, withSection } from "./support.ts";

test("a channel's latencies: of all its time, and of the time between two samples", () => {
  using home = new Home();
  const content = new Uint8Array(new ArrayBuffer(HISTOGRAM_BYTES));
  const histogram = new Histogram(content);
  for (let i = 0; i < 100; i++) histogram.record(1000);
  {
    using _producer = Producer.createNew("model", { schema: json, capacityBytes: 4096 });
    expect(observe("model").channel?.latency).toBeUndefined();
    const bytes = withSection(readFileSync(home.file("model")), SECTION.latency, content);
    writeFileSync(home.file("measured"), bytes);
  }
  using observer = new SegmentObserver("measured");
  const before = observer.sample() as SegmentSample;
  expect(before.sections.at(-1)).toMatchObject({ name: "latency", lengthBytes: HISTOGRAM_BYTES });
  expect(before.channel?.latency).toMatchObject({ count: 100, minNs: 1000, maxNs: 1000 });
  for (let i = 0; i < 50; i++) histogram.record(1_000_000);
  lieIn(home.file("measured"), SECTION.latency, 0, content);
  const after = observer.sample() as SegmentSample;
  expect(after.channel?.latency?.count).toBe(150);
  expect(after.channel?.latency?.percentile(50)).toBe(1000);
  const window = ratesBetween(before, after)?.channel?.latency;
  expect(window?.count).toBe(50);
  expect((window?.percentile(50) as number) / 1_000_000).toBeCloseTo(1, 1);
  lieIn(home.file("measured"), SECTION.latency, 0, content.fill(0xff));
  expect(observer.sample()?.channel?.latency).toMatchObject({ count: 0, maxNs: 0 });
});

testIf(!isWindows, "numbers of blocks, which Wine does not tell")(
  "a channel that measures latencies really allocates no lane before it is taken",
  () => {
    using home = new Home();
    const lane = 1 << 20;
    const options = { schema: json, capacityBytes: lane, maxProducers: 16, latency: true };
    using _producer = Producer.createNew("sparse", options);
    const { blocks, size } = statSync(home.file("sparse"));
    expect(size).toBeGreaterThan(16 * lane);
    // Of the sixteen lanes it has, one is used; blocks have 512 bytes.
    expect(blocks * 512).toBeLessThan(3 * lane);
  },
);
