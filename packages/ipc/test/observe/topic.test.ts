/** What an observer sees of topics whose participants live, stand still and die. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { ifSignals } from "@isthmus/testing/requirement";
import {
  bytes,
  json,
  listSegments,
  observe,
  Publisher,
  type PublisherMetrics,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
  Subscriber,
  type SubscriberMetrics,
  type TopicInfo,
} from "../../src/index.ts";
import { member, subscribed } from "../flow/support/member.ts";
import { Numbered, numbered } from "../flow/support/numbered.ts";

const SMALL = { capacityBytes: 64 * Numbered.size };

function topicOf(name: string): TopicInfo {
  const { topic } = observe(name);
  if (topic === undefined) throw new Error("no topic");
  return topic;
}

/** What a publisher tells about itself, as an observer names it. */
function published({ lane, position, records, bytes: length, ...rest }: PublisherMetrics): object {
  const { fullWaits, drops, lastActivityMs } = rest;
  return { lane, position, records, bytes: length, fullWaits, drops, lastActivityMs };
}

/** The same of a subscriber. */
function read({ lanes, wakes: _, ...rest }: SubscriberMetrics): object {
  return {
    ...rest,
    places: lanes.map(({ publisherPid: _pid, ...place }) => place),
  };
}

describe("observe() of a topic", () => {
  test("shows what its participants count themselves, also after all of them were killed", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [first, second] = [member(stack), member(stack)];
    await first.call("publish", "seen", SMALL);
    await second.call("publish", "seen", SMALL);
    const gated = await subscribed(stack, "seen", { onSlow: "gate" });
    const lapped = await subscribed(stack, "seen", { onSlow: "lap" });
    await gated.call("poll", { 0: 999, 1: 499 });
    await first.call("stream", 0, 1000);
    await second.call("stream", 1, 500);
    for (const one of [first, second, gated]) await one.answer();
    // The gated one has no room left for them; the other is lapped for the last time and has not seen it.
    await first.call("send", 0, 1000, 64);
    for (let i = 0; i < 5; i++) expect(await first.call("trySend", 0, 2000 + i)).toBe(false);
    const sent = [
      await first.call<PublisherMetrics>("metrics"),
      await second.call<PublisherMetrics>("metrics"),
    ];
    const reading = [
      await gated.call<SubscriberMetrics>("metrics"),
      await lapped.call<SubscriberMetrics>("metrics"),
    ] as const;
    expect(sent[0]?.drops).toBe(5);
    expect(reading[0].lag).toBe(64);
    const seen = topicOf("seen");
    expect(seen.publishers).toMatchObject(sent.map(published));
    expect(seen.subscribers).toMatchObject(reading.map(read));
    expect(seen).toMatchObject({
      mode: "fixed",
      recordBytes: Numbered.size,
      capacity: 64,
      records: 1564,
      bytes: 1564 * Numbered.size,
      drops: 5,
      lag: reading[1].lag,
      fill: 1,
      publisherWakes: reading[0].wakes,
      subscriberWakes: sent[0]?.wakes,
    });
    expect(seen.subscribers.map(({ onSlow }) => onSlow)).toEqual(["gate", "lap"]);
    const states = (one: TopicInfo): unknown => [
      ...one.publishers.map(({ publisher }) => [publisher?.pid, publisher?.isAlive]),
      ...one.subscribers.map(({ participant }) => [participant.pid, participant.isAlive]),
    ];
    const everybody = [first, second, gated, lapped];
    expect(states(seen)).toEqual(everybody.map(({ pid }) => [pid, true]));
    for (const one of everybody) await one.kill();
    const after = topicOf("seen");
    expect(states(after)).toEqual(everybody.map(({ pid }) => [pid, false]));
    expect(after.subscribers.map(({ state }) => state)).toEqual(["dead", "dead"]);
    expect(after.publishers).toMatchObject(sent.map(published));
    expect(after.subscribers).toMatchObject(reading.map(read));
    expect(listSegments().find(({ name }) => name === "seen")?.topic).toEqual(after);
  });

  ifSignals(
    "tells a subscriber that stands still with records before it from one that has none",
    async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      using publisher = Publisher.createNew("still", { schema: Numbered, ...SMALL });
      const idle = await subscribed(stack, "still", { onSlow: "lap" });
      const stopped = await subscribed(stack, "still", { onSlow: "gate" });
      await idle.call("poll", { 0: 9 });
      process.kill(stopped.pid, "SIGSTOP");
      for (let i = 0; i < 10; i++) publisher.send(numbered(0, i));
      publisher.flush();
      await idle.answer();
      using observer = new SegmentObserver("still");
      const before = observer.sample() as SegmentSample;
      const states = (): unknown => topicOf("still").subscribers.map(({ state }) => state);
      // A heartbeat can only be old once time has passed: this waits for it, however slow the machine is.
      while (topicOf("still").subscribers[1]?.state !== "stalled") await Bun.sleep(20);
      expect(states()).toEqual(["live", "stalled"]);
      const rates = ratesBetween(before, observer.sample() as SegmentSample)?.topic;
      expect(rates?.subscribers.map(({ isStandingStill }) => isStandingStill)).toEqual([
        false,
        true,
      ]);
      process.kill(stopped.pid, "SIGCONT");
      await stopped.call("poll", { 0: 9 });
      await stopped.answer();
      expect(states()).toEqual(["live", "live"]);
    },
  );

  for (const [mode, schema, record] of [
    ["bytes", bytes, new Uint8Array(100)],
    ["json", json, { any: "thing" }],
  ] as const) {
    test(`counts how many records of ${mode} somebody is behind, and has lost`, () => {
      using _home = new Home();
      const options = { schema: schema as typeof json, capacityBytes: 4096 };
      using publisher = Publisher.createNew("sized", options);
      using gated = Subscriber.openExisting("sized", { ...options, onSlow: "gate" });
      using lapped = Subscriber.openExisting("sized", { ...options, onSlow: "lap" });
      const lags = (): number[] => topicOf("sized").subscribers.map(({ lag }) => lag);
      for (let round = 0; round < 30; round++) {
        for (let i = 0; i < 10; i++) publisher.send(record);
        publisher.flush();
        expect(lags()).toEqual([10, 10 * (round + 1)]);
        expect(gated.poll(() => {}, { limit: 4 })).toBe(4);
        expect(lags()[0]).toBe(6);
        gated.poll(() => {});
      }
      expect(topicOf("sized")).toMatchObject({ records: 300, lag: 300, lost: 0, fill: 0 });
      lapped.poll(() => {});
      const { lost, records } = lapped.metrics;
      expect(lost).toBeGreaterThan(0);
      expect(topicOf("sized")).toMatchObject({
        lost,
        subscribers: [{ lost: 0 }, { lost, records, lag: 0, laps: 1 }],
      });
    });
  }

  test("a slot's next owner does not inherit the figures of the one before", () => {
    using _home = new Home();
    using publisher = Publisher.createNew("inherited", { schema: Numbered, ...SMALL });
    using observer = new SegmentObserver("inherited");
    const join = (): Subscriber<typeof Numbered> =>
      Subscriber.openExisting("inherited", { schema: Numbered, onSlow: "gate" });
    const first = join();
    for (let i = 0; i < 50; i++) publisher.send(numbered(0, i));
    publisher.flush();
    first.poll(() => {});
    const before = observer.sample() as SegmentSample;
    first.dispose();
    expect(topicOf("inherited").subscribers).toEqual([]);
    using _second = join();
    const after = observer.sample() as SegmentSample;
    expect(after.topic?.subscribers).toMatchObject([{ records: 0, lag: 0, lost: 0 }]);
    for (let i = 50; i < 53; i++) publisher.send(numbered(0, i));
    publisher.flush();
    _second.poll(() => {});
    const last = observer.sample() as SegmentSample;
    const rates = ratesBetween(before, last);
    const seconds = (rates?.elapsedMs ?? 0) / 1000;
    expect(rates?.topic?.recordsPerSecond).toBeCloseTo(3 / seconds, 6);
    expect(rates?.topic?.readPerSecond).toBeCloseTo(3 / seconds, 6);
  });
});
