/** Rates are the differences of two samples. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import {
  Consumer,
  json,
  NamedMutex,
  Producer,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
} from "../../src/index.ts";

/** A later sample, as if so many milliseconds had passed. */
function laterBy(first: SegmentSample, second: SegmentSample, elapsedMs: number): SegmentSample {
  return { ...second, takenAtNs: first.takenAtNs + elapsedMs * 1e6 };
}

describe("ratesBetween()", () => {
  test("divides what a channel has counted by the time in between, lane by lane", () => {
    using _home = new Home();
    const options = { schema: json, capacityBytes: 4096 };
    using first = Producer.createNew("rates", options);
    using second = Producer.openExisting("rates", options);
    using consumer = Consumer.openExisting("rates", options);
    first.send("x");
    first.flush();
    using observer = new SegmentObserver("rates");
    const before = observer.sample() as SegmentSample;
    for (let i = 0; i < 10; i++) first.send("xy");
    for (let i = 0; i < 5; i++) second.send("z");
    first.flush();
    second.flush();
    consumer.poll(() => {}, { limit: 3 });
    while (second.trySend("z"));
    const later = observer.sample() as SegmentSample;
    const extra = later.channel?.lanes[1]?.records as number;
    const rates = ratesBetween(before, laterBy(before, later, 500));
    expect(rates).toMatchObject({
      elapsedMs: 500,
      acquisitionsPerSecond: 0,
      channel: {
        recordsPerSecond: 2 * (10 + extra),
        bytesPerSecond: 2 * (10 * 4 + extra * 3),
        consumedPerSecond: 6,
        dropsPerSecond: 2,
        latency: undefined,
        lanes: [
          { lane: 0, recordsPerSecond: 20, bytesPerSecond: 80, dropsPerSecond: 0 },
          { lane: 1, recordsPerSecond: 2 * extra, dropsPerSecond: 2 },
        ],
      },
    });
  });

  test("counts a lane that was not there before from its beginning", () => {
    using _home = new Home();
    using _first = Producer.createNew("late", { schema: json });
    using observer = new SegmentObserver("late");
    const before = observer.sample() as SegmentSample;
    using second = Producer.openExisting("late", { schema: json });
    second.send(1);
    second.flush();
    const later = observer.sample() as SegmentSample;
    expect(ratesBetween(before, laterBy(before, later, 1000))?.channel).toMatchObject({
      recordsPerSecond: 1,
      lanes: [{ recordsPerSecond: 0 }, { recordsPerSecond: 1 }],
    });
  });

  test("counts acquisitions of a mutex, also when their number wraps", () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("locked");
    using observer = new SegmentObserver("locked");
    const before = observer.sample() as SegmentSample;
    for (let i = 0; i < 7; i++) mutex.acquire().release();
    const later = laterBy(before, observer.sample() as SegmentSample, 1000);
    expect(ratesBetween(before, later)).toMatchObject({
      acquisitionsPerSecond: 7,
      contentionsPerSecond: 0,
      channel: undefined,
    });
    const wrapped = { ...before, mutex: { ...before.mutex, acquisitions: 0xffff_fffe } };
    const rates = ratesBetween(wrapped as SegmentSample, later);
    expect(rates?.acquisitionsPerSecond).toBe(9);
  });

  test("is undefined for another life of the name, for no time, and never negative", () => {
    using _home = new Home();
    const sampleOf = (): SegmentSample => {
      using producer = Producer.createNew("lives", { schema: json });
      producer.send(1);
      producer.flush();
      using observer = new SegmentObserver("lives");
      return observer.sample() as SegmentSample;
    };
    const [one, two] = [sampleOf(), sampleOf()];
    expect(ratesBetween(one, two)).toBeUndefined();
    expect(ratesBetween(one, one)).toBeUndefined();
    expect(ratesBetween(two, laterBy(two, one, -5))).toBeUndefined();
    const fewer = laterBy(one, { ...one, channel: sampleless(one) }, 1000);
    expect(ratesBetween(one, fewer)?.channel).toMatchObject({ recordsPerSecond: 0 });
  });

  /** The channel of a sample, as if it had counted backwards. */
  function sampleless({ channel }: SegmentSample): SegmentSample["channel"] {
    return channel && { ...channel, lanes: channel.lanes.map((lane) => ({ ...lane, records: 0 })) };
  }
});
