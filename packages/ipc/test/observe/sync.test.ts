/** What an observer sees of semaphores, events, structs and those who wait for them. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import {
  NamedEvent,
  NamedMutex,
  NamedSemaphore,
  observe,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
  SharedStruct,
  struct,
  u32,
} from "../../src/index.ts";
import { peerOf } from "../shared-struct/support/peers.ts";

describe("observe()", () => {
  test("of a semaphore: how many permits there are and, where it is kept, who has them", async () => {
    using _home = new Home();
    using anonymous = NamedSemaphore.createNew("anonymous", { initial: 3, max: 5 });
    expect(anonymous.tryWait()).toBe(true);
    expect(observe("anonymous").semaphore).toEqual({
      max: 5,
      available: 2,
      returnsOnDeath: false,
      held: [],
    });
    using first = NamedSemaphore.createNew("kept", { initial: 4, max: 4, returnOnDeath: true });
    using second = NamedSemaphore.openExisting("kept");
    first.wait();
    first.wait();
    second.wait();
    const { semaphore, mutex } = observe("kept");
    expect(semaphore).toMatchObject({ max: 4, available: 1, returnsOnDeath: true });
    const held = semaphore?.held.map(({ participant, permits }) => [
      participant.slot,
      participant.pid,
      permits,
    ]);
    // One process has one place, however many objects it uses.
    expect(held).toEqual([[0, process.pid, 3]]);
    first.dispose();
    expect(observe("kept").semaphore).toMatchObject({ available: 3, held: [{ permits: 1 }] });
    expect(mutex?.acquisitions).toBeGreaterThanOrEqual(3);
  });

  test("of an event: its mode, whether it is set, and how often it has been", () => {
    using _home = new Home();
    using event = NamedEvent.createNew("event", { reset: "manual" });
    using observer = new SegmentObserver("event");
    expect(observe("event").event).toEqual({ reset: "manual", isSet: false, setCount: 0 });
    const before = observer.sample() as SegmentSample;
    for (let i = 0; i < 3; i++) {
      event.set();
      event.reset();
    }
    event.set();
    const after = observer.sample() as SegmentSample;
    expect(after.event).toEqual({ reset: "manual", isSet: true, setCount: 4 });
    const rates = ratesBetween(before, after);
    expect(rates?.setsPerSecond).toBeCloseTo(4000 / (rates?.elapsedMs ?? 1), 6);
  });

  test("of a struct: the version that is current, also after a writer died inside an update", async () => {
    using _home = new Home();
    await using peer = peerOf("peer");
    await peer.call("open", "shared", "persistent");
    using observer = new SegmentObserver("shared");
    expect(observer.sample()?.struct?.version).toBe(0);
    const before = observer.sample() as SegmentSample;
    await peer.call("enter", 1);
    expect(observe("shared")).toMatchObject({
      struct: { version: 0 },
      mutex: { owner: { pid: peer.pid, isAlive: true } },
    });
    await peer.kill();
    expect(observe("shared")).toMatchObject({
      struct: { version: 0 },
      mutex: { owner: { pid: peer.pid, isAlive: false } },
    });
    expect(ratesBetween(before, observer.sample() as SegmentSample)).toMatchObject({
      updatesPerSecond: 0,
    });
  });

  test("of a struct: each update is one version", () => {
    using _home = new Home();
    const Small = struct({ x: u32 });
    using shared = SharedStruct.createNew("counted", Small);
    for (let version = 1; version <= 9; version++) {
      shared.update((value) => {
        value.x = version;
      });
      expect(observe("counted").struct?.version).toBe(version);
    }
    expect(observe("counted").struct?.recordBytesMax).toBeGreaterThanOrEqual(Small.size);
  });

  test("of a cell: who waits there in the event loop", async () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("awaited");
    using other = NamedMutex.openExisting("awaited");
    const lock = mutex.acquire();
    expect(observe("awaited").cells[0]).toMatchObject({ isAwaited: false, waitingSlots: [] });
    const waiting = other.acquireAsync();
    await until(() => observe("awaited").cells[0]?.waitingSlots?.length === 1, "who waits");
    expect(observe("awaited").cells[0]).toMatchObject({
      isAwaited: true,
      hasSleepers: false,
      waitingSlots: [0],
    });
    lock.release();
    (await waiting).release();
    expect(observe("awaited").cells[0]?.waitingSlots).toEqual([]);
  });
});
