/** Topics in one process: what only they do; what channels do, too, is in `test/flow`. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import {
  bytes,
  json,
  observe,
  Publisher,
  Subscriber,
  type SubscriberOptions,
} from "../../src/index.ts";
import { foundByTime, idsOf, range, Tick } from "../flow/support/flows.ts";

/** A new topic called "ticks", and how to subscribe. */
function topicOf(stack: DisposableStack, capacityBytes = 1024) {
  const publisher = stack.use(Publisher.createNew("ticks", { schema: Tick, capacityBytes }));
  const subscribe = (options: Partial<SubscriberOptions<typeof Tick>> = {}) =>
    stack.use(Subscriber.openExisting("ticks", { schema: Tick, ...options }));
  return { publisher, subscribe };
}

describe("Subscriber", () => {
  test("begins now, or with the history that is kept, whichever side was there first", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const early = stack.use(Subscriber.createNew("ticks", { schema: Tick, capacityBytes: 512 }));
    const options = { schema: Tick, onSlow: "lap", from: "now" } as const;
    const publisher = stack.use(Publisher.openExisting("ticks", { schema: Tick }));
    for (let id = 0; id < 10; id++) publisher.send({ id });
    publisher.flush();
    const [now, history] = [
      stack.use(Subscriber.openExisting("ticks", options)),
      stack.use(Subscriber.openExisting("ticks", { ...options, from: "history" })),
    ];
    publisher.send({ id: 10 });
    publisher.flush();
    expect(idsOf(early)).toEqual(range(0, 11));
    expect(idsOf(now)).toEqual([10]);
    expect(idsOf(history)).toEqual(range(0, 11));
  });

  test("begins behind all that this thread has sent before, published or not", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    for (let id = 0; id < 3; id++) publisher.send({ id });
    const gating = subscribe();
    publisher.send({ id: 3 });
    publisher.send({ id: 4 });
    const lapped = subscribe({ onSlow: "lap" });
    publisher.send({ id: 5 });
    expect(idsOf(gating)).toEqual([3, 4, 5]);
    expect(idsOf(lapped)).toEqual([5]);
  });

  test("that is lapped is told how many it lost before it gets what follows", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack, 512);
    const events: unknown[] = [];
    const lapped = subscribe({ onSlow: "lap", onLapped: (overrun) => events.push(overrun) });
    for (let id = 0; id < 1000; id++) publisher.send({ id });
    publisher.flush();
    lapped.poll(({ id }) => events.push(id), { limit: 1 });
    const [overrun, first] = events as [{ lost: number }, number];
    expect(overrun).toEqual({ lane: 0, lost: first, lostTotal: first } as never);
    expect(first).toBeGreaterThanOrEqual(1000 - 64);
    for (let id = 1000; id < 2000; id++) publisher.send({ id });
    publisher.flush();
    const rest: number[] = [];
    for (let tick = lapped.tryReceive(); tick !== undefined; tick = lapped.tryReceive()) {
      rest.push(tick.id);
    }
    expect(rest.at(-1)).toBe(1999);
    expect(1 + rest.length + lapped.lost).toBe(2000);
    expect(lapped.metrics).toMatchObject({ lost: lapped.lost, laps: 2, lag: 0, corruptions: 0 });
    expect(publisher.metrics.subscribers).toMatchObject([
      { onSlow: "lap", lost: lapped.lost, lag: 0, pid: process.pid },
    ]);
  });

  for (const [kind, schema] of [
    ["bytes", bytes],
    ["json", json],
  ] as const) {
    test(`${kind}: records of any size come whole, and lost ones are counted exactly`, () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const options = { schema: schema as typeof json, capacityBytes: 4096 };
      const publisher = stack.use(Publisher.createNew("any", options));
      const gated = stack.use(Subscriber.openExisting("any", options));
      const lapped = stack.use(Subscriber.openExisting("any", { ...options, onSlow: "lap" }));
      const recordOf = (id: number): unknown =>
        kind === "bytes"
          ? new Uint8Array((id * 37) % 1500).fill(id)
          : { id, text: "é".repeat((id * 37) % 700), none: null };
      let read = 0;
      let seen = 0;
      let next = 0;
      for (let id = 0; id < 500; id++) {
        while (!publisher.trySend(recordOf(id))) {
          const before = read;
          gated.poll((record) => expect(record).toEqual(recordOf(read++)), { limit: 1 });
          expect(read).toBe(before + 1);
        }
        if (id % 60 !== 0) continue;
        publisher.flush();
        lapped.poll((record) => {
          seen++;
          expect(record).toEqual(recordOf(next + lapped.lost));
          next++;
        });
      }
      publisher.flush();
      while (gated.poll((record) => expect(record).toEqual(recordOf(read++))) > 0);
      while (lapped.tryReceive() !== undefined) seen++;
      expect(read).toBe(500);
      expect(seen + lapped.lost).toBe(500);
      expect(lapped.lost).toBeGreaterThan(100);
      for (const one of [gated, lapped])
        expect(one.metrics).toMatchObject({ corruptions: 0, lag: 0 });
      const most = 4096 / 2 - 8;
      const long = kind === "bytes" ? new Uint8Array(most + 1) : "x".repeat(most - 1);
      expectCode(() => publisher.send(long), "RangeError", "ERR_OUT_OF_RANGE");
      publisher.send(kind === "bytes" ? long.slice(1) : long.slice(1));
    });
  }

  test("may be disposed inside onLapped, however it was about to get a record", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack, 64);
    const burst = (count: number): void => {
      for (let id = 0; id < count; id++) publisher.send({ id });
      publisher.flush();
    };
    for (const way of ["poll", "tryReceive", "receive", "receiveAsync", "loop"] as const) {
      const lapped = subscribe({ onSlow: "lap", onLapped: () => lapped.dispose() });
      burst(100);
      if (way === "poll") lapped.poll(() => {});
      else if (way === "tryReceive") expect(lapped.tryReceive()).toBeUndefined();
      else if (way === "receive")
        expectCode(() => lapped.receive(), "DisposedError", "ERR_DISPOSED");
      else if (way === "receiveAsync") {
        await expectRejection(lapped.receiveAsync(), "DisposedError", "ERR_DISPOSED");
      } else for await (const _ of lapped) throw new Error("there is no record");
      expectCode(() => lapped.metrics, "DisposedError", "ERR_DISPOSED");
    }
  });

  test("what onLapped throws comes out, and no record is lost by it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack, 64);
    const onLapped = (): never => {
      throw new Error("lapped");
    };
    for (const way of ["poll", "tryReceive"] as const) {
      const lapped = subscribe({ onSlow: "lap", onLapped });
      for (let id = 0; id < 100; id++) publisher.send({ id });
      publisher.flush();
      expect(() => (way === "poll" ? lapped.poll(() => {}) : lapped.tryReceive())).toThrow(
        "lapped",
      );
      expect(idsOf(lapped)).toEqual(range(lapped.lost, 100));
    }
  });

  test("refuses options that cannot be", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { subscribe } = topicOf(stack);
    const invalid = "ERR_INVALID_ARG_VALUE";
    expectCode(() => subscribe({ from: "then" as "now" }), "TypeError", invalid);
    expectCode(() => subscribe({ onSlow: "wait" as "gate" }), "TypeError", invalid);
    expectCode(() => subscribe({ onLapped: 1 as never }), "TypeError", "ERR_INVALID_ARG_TYPE");
    for (const maxSubscribers of [0, 1025]) {
      const open = () => Publisher.createNew("more", { schema: Tick, maxSubscribers });
      expectCode(open, "RangeError", "ERR_OUT_OF_RANGE");
    }
  });
});

describe("Publisher", () => {
  test("a batch that is larger than the ring goes round it while nobody is waited for", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack, 64);
    const lapped = subscribe({ onSlow: "lap" });
    publisher.batch((batch) => {
      for (let id = 0; id < 100; id++) batch.send({ id });
    });
    const ids = idsOf(lapped);
    expect(ids).toEqual(range(100 - ids.length, 100));
    expect(ids.length).toBeGreaterThanOrEqual(7);
    expect(lapped.lost).toBe(100 - ids.length);
    expect(publisher.metrics).toMatchObject({ records: 100, drops: 0, fullWaits: 0 });
  });

  test("waits for the slowest of those that gate, and goes on when it leaves", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack, 64);
    const [slow, quick] = [subscribe(), subscribe()];
    while (publisher.trySend({ id: 0 }));
    expect(idsOf(quick).length).toBe(8);
    expect(publisher.trySend({ id: 8 })).toBe(false);
    expect(publisher.metrics.subscribers.map(({ lag, onSlow }) => [lag, onSlow])).toEqual([
      [8, "gate"],
      [0, "gate"],
    ]);
    const released = publisher.sendAsync({ id: 9 });
    await until(() => observe("ticks").cells[1]?.isAwaited, "a publisher that waits");
    slow.dispose();
    await released;
    expect(idsOf(quick)).toEqual([9]);
    expect(foundByTime("ticks")).toEqual([0, 0]);
  });
});
