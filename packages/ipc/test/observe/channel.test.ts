/** What an observer sees of channels whose ends live, stand still and die. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { timeoutWakesMax } from "@isthmus/testing/patience";
import {
  bytes,
  type ChannelInfo,
  Consumer,
  type ConsumerMetrics,
  json,
  observe,
  Producer,
  type ProducerMetrics,
  SegmentObserver,
  type SegmentSample,
} from "../../src/index.ts";
import { member } from "../flow/support/member.ts";
import { Numbered } from "../flow/support/numbered.ts";

const SMALL = { capacityBytes: 64 * 1024 };

function channelOf(observer: SegmentObserver): ChannelInfo {
  const { channel } = observer.sample() as SegmentSample;
  if (channel === undefined) throw new Error("no channel");
  return channel;
}

/** What the two ends tell about themselves, as an observer names it. */
function expected(producer: ProducerMetrics, consumer: ConsumerMetrics): object {
  const seen = consumer.lanes.find(({ lane }) => lane === producer.lane);
  return {
    lane: producer.lane,
    position: producer.position,
    records: producer.records,
    bytes: producer.bytes,
    drops: producer.drops,
    fullWaits: producer.fullWaits,
    lag: producer.lag,
    lastActivityMs: producer.lastActivityMs,
    consumedPosition: seen?.position,
    consumedRecords: seen?.records,
    consumedBytes: seen?.bytes,
  };
}

describe("SegmentObserver", () => {
  test("sees of a channel at rest what its ends count themselves, also after both were killed", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [consumer, first, second] = [member(stack), member(stack), member(stack)];
    await consumer.call("consume", "seen", SMALL);
    await first.call("produce", "seen");
    await second.call("produce", "seen");
    using observer = new SegmentObserver("seen");
    await consumer.call("poll", 30_000);
    for (const [sender, producer] of [first, second].entries()) {
      await producer.call("stream", sender, 15_000);
    }
    await consumer.answer();
    for (const producer of [first, second]) await producer.answer();
    // What is left in the ring, and refused by it.
    await first.call("send", 0, 15_000, 700);
    for (let i = 0; i < 500; i++) await first.call("trySend", 0, 15_700 + i);
    const metrics = [
      await first.call<ProducerMetrics>("metrics"),
      await second.call<ProducerMetrics>("metrics"),
    ];
    const consumed = await consumer.call<ConsumerMetrics>("metrics");
    expect(metrics[0]).toMatchObject({ lag: 1024 });
    expect(metrics[0]?.drops).toBeGreaterThan(0);
    const seen = channelOf(observer);
    expect(seen).toEqual(observe("seen").channel as ChannelInfo);
    expect(seen.lanes).toMatchObject(metrics.map((one) => expected(one, consumed)));
    expect(seen.consumer).toMatchObject({
      records: consumed.records,
      bytes: consumed.bytes,
      emptyWaits: consumed.emptyWaits,
      corruptions: 0,
      lastActivityMs: consumed.lastActivityMs,
    });
    expect(seen).toMatchObject({
      mode: "fixed",
      recordBytes: Numbered.size,
      capacity: 1024,
      records: 31_024,
      bytes: 31_024 * Numbered.size,
      lag: 1024,
      fill: 1,
      consumerWakes: metrics[0]?.wakes,
      producerWakes: consumed.wakes,
      latency: undefined,
    });
    const waits = seen.lanes.reduce((sum, lane) => sum + lane.fullWaits, seen.consumer.emptyWaits);
    expect(seen.timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(waits));
    const pids = (one: ChannelInfo): unknown => [
      ...one.lanes.map(({ producer }) => [producer?.pid, producer?.role, producer?.isAlive]),
      [
        one.consumer.participant?.pid,
        one.consumer.participant?.role,
        one.consumer.participant?.isAlive,
      ],
    ];
    const everybody = (isAlive: boolean): unknown => [
      [first.pid, "producer", isAlive],
      [second.pid, "producer", isAlive],
      [consumer.pid, "consumer", isAlive],
    ];
    expect(pids(seen)).toEqual(everybody(true));
    for (const one of [first, second, consumer]) await one.kill();
    const after = channelOf(observer);
    expect(pids(after)).toEqual(everybody(false));
    expect(after).toEqual(observe("seen").channel as ChannelInfo);
    expect(after.lanes).toMatchObject(metrics.map((one) => expected(one, consumed)));
    expect(observer.sample()?.isHeld).toBe(false);
  });

  for (const [mode, schema, record, size] of [
    ["bytes", bytes, new Uint8Array(100), 100],
    ["json", json, { any: "thing" }, 15],
  ] as const) {
    test(`counts records of ${mode}, their bytes and how much room they take`, () => {
      using _home = new Home();
      const options = { schema: schema as typeof json, capacityBytes: 4096, maxProducers: 3 };
      using producer = Producer.createNew("sized", options);
      using observer = new SegmentObserver("sized");
      expect(channelOf(observer).consumer.participant).toBeUndefined();
      using consumer = Consumer.openExisting("sized", options);
      for (let i = 0; i < 10; i++) producer.send(record);
      producer.flush();
      expect(consumer.poll(() => {}, { limit: 4 })).toBe(4);
      const units = Math.ceil((8 + size) / 8);
      expect(channelOf(observer)).toMatchObject({
        mode,
        recordBytes: 0,
        capacityBytes: 4096,
        capacity: 512,
        maxProducers: 3,
        records: 10,
        bytes: 10 * size,
        lag: 6,
        fill: (6 * units) / 512,
        lanes: [{ position: 10 * units, consumedPosition: 4 * units, lag: 6 }],
        consumer: { records: 4, bytes: 4 * size, participant: { pid: process.pid, isAlive: true } },
      });
      consumer.poll(() => {});
      expect(channelOf(observer)).toMatchObject({ lag: 0, fill: 0 });
    });
  }

  test("sees that the consumer waits, and that an end that has left is nobody's", async () => {
    using _home = new Home();
    using observer = (() => {
      using producer = Producer.createNew("left", { schema: Numbered, lifetime: "persistent" });
      using consumer = Consumer.openExisting("left", { schema: Numbered });
      const seen = new SegmentObserver("left");
      expect(consumer.tryReceive()).toBeUndefined();
      expect(channelOf(seen).consumer.isIdle).toBe(true);
      expect(channelOf(seen).lanes.map((lane) => lane.producer?.name)).toEqual([
        expect.any(String),
      ]);
      expect(producer.metrics.lane).toBe(0);
      return seen;
    })();
    const { consumer, lanes } = channelOf(observer);
    expect([consumer.participant, lanes[0]?.producer, consumer.isIdle]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect(observer.sample()).toMatchObject({ isHeld: false, participants: [] });
  });
});
