/** Publishers in one process with their subscribers: what each method does, and what is refused. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { observe, Publisher, Subscriber } from "../../src/index.ts";
import { foundByTime, idsOf, range, Tick, topicOf } from "./support/ticks.ts";

describe("Publisher", () => {
  test("the first record is visible at once, the rest of a burst after 64, a flush or the run", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    const [one, two] = [subscribe(), subscribe({ onSlow: "lap" })];
    for (let id = 0; id < 3; id++) publisher.send({ id });
    // Two at once make a subscriber leave the publisher its bursts; as long as one is idle, it sees all at once.
    expect(idsOf(one)).toEqual([0, 1, 2]);
    expect(idsOf(two)).toEqual([0, 1, 2]);
    for (let id = 3; id < 6; id++) publisher.send({ id });
    expect(publisher.metrics.records).toBe(3);
    publisher.flush();
    expect(publisher.metrics.records).toBe(6);
    expect(idsOf(one)).toEqual([3, 4, 5]);
    publisher.send({ id: 6 });
    await Promise.resolve();
    expect(idsOf(one)).toEqual([6]);
    expect(idsOf(two)).toEqual([3, 4, 5, 6]);
  });

  test("batch() publishes once; what throws keeps the records before it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    const subscriber = subscribe();
    publisher.batch((batch) => {
      batch.send({ id: 1 });
      batch.claim((tick) => {
        tick.id = 2;
      });
      expect(idsOf(subscriber)).toEqual([]);
      // Joins the batch.
      publisher.send({ id: 9 });
      const nested = (): void => publisher.batch(() => {});
      expectCode(nested, "NotSupportedError", "ERR_NOT_SUPPORTED");
      expect(nested).toThrow("Cannot begin a batch inside another one");
    });
    expect(idsOf(subscriber)).toEqual([1, 2, 9]);
    const fail = (): void =>
      publisher.batch((batch) => {
        batch.send({ id: 3 });
        throw new Error("enough");
      });
    expect(fail).toThrow("enough");
    expect(idsOf(subscriber)).toEqual([3]);
    let kept: { send(record: { id: number }): void } | undefined;
    publisher.batch((batch) => {
      kept = batch;
    });
    expectCode(() => kept?.send({ id: 4 }), "NotSupportedError", "ERR_NOT_SUPPORTED");
  });

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

  test("claim() that throws or is asynchronous commits nothing", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    const subscriber = subscribe();
    expect(() => publisher.claim(() => JSON.parse("{"))).toThrow(SyntaxError);
    expectCode(() => publisher.claim(async () => {}), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(() => publisher.send({ id: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
    publisher.claim((tick) => {
      tick.id = 7;
    });
    expect(idsOf(subscriber)).toEqual([7]);
  });

  test("a gating subscriber: trySend() says false, send() times out or fails, as chosen", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack, 64);
    const [slow, quick] = [subscribe(), subscribe()];
    for (let id = 0; id < 8; id++) expect(publisher.trySend({ id })).toBe(true);
    expect(idsOf(quick)).toEqual(range(0, 8));
    expect(publisher.trySend({ id: 8 })).toBe(false);
    expectCode(() => publisher.send({ id: 8 }, { timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
    const sent = publisher.sendAsync({ id: 8 }, { timeoutMs: 5 });
    await expectRejection(sent, "TimeoutError", "ETIMEDOUT");
    expect(publisher.metrics).toMatchObject({ records: 8, drops: 1, fullWaits: 2 });
    expect(publisher.metrics.subscribers.map(({ lag, onSlow }) => [lag, onSlow])).toEqual([
      [8, "gate"],
      [0, "gate"],
    ]);
    const failing = stack.use(Publisher.openExisting("ticks", { schema: Tick, onFull: "fail" }));
    for (let id = 10; id < 18; id++) failing.send({ id });
    expectCode(() => failing.send({ id: 18 }), "SystemError", "EAGAIN");
    expect(idsOf(slow).toSorted((one, two) => one - two)).toEqual([
      ...range(0, 8),
      ...range(10, 18),
    ]);
    expect(publisher.trySend({ id: 8 })).toBe(true);
  });

  test("sendAsync() waits in the order of the calls; leaving lets it go on; disposing ends it", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack, 64);
    const subscriber = subscribe();
    const sent = range(0, 40).map((id) => publisher.sendAsync({ id }));
    const seen: number[] = [];
    for await (const { id } of subscriber) if (seen.push(id) === 30) break;
    expect(seen).toEqual(range(0, 30));
    subscriber.dispose();
    await Promise.all(sent);
    expect(foundByTime("ticks")).toEqual([0, 0]);
    const idle = subscribe();
    while (publisher.trySend({ id: 0 }));
    const released = publisher.sendAsync({ id: 1 });
    while (observe("ticks").cells[1]?.isAwaited !== true) await Bun.sleep(1);
    idle.dispose();
    await released;
    expect(foundByTime("ticks")).toEqual([0, 0]);
    const other = subscribe();
    while (publisher.trySend({ id: 0 }));
    const aborted = publisher.sendAsync({ id: 1 }, { signal: AbortSignal.timeout(5) });
    await expect(aborted).rejects.toThrow("timed out");
    const pending = publisher.sendAsync({ id: 1 });
    publisher.dispose();
    await expectRejection(pending, "DisposedError", "ERR_DISPOSED");
    expect(idsOf(other).length).toBe(8);
  });

  test("batch() refuses what is no function, also for a record inside it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    const subscriber = subscribe();
    for (const none of [undefined, null, 5, []] as never[]) {
      expectCode(() => publisher.batch(none), "TypeError", "ERR_INVALID_ARG_TYPE");
      const claim = () => publisher.batch((batch) => batch.claim(none));
      expectCode(claim, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    publisher.batch((batch) => batch.send({ id: 1 }));
    expect(idsOf(subscriber)).toEqual([1]);
  });

  test("takes a lane of its own, up to maxPublishers, and leaves it to the next", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const options = { schema: Tick, maxPublishers: 2, capacityBytes: 64 };
    const first = stack.use(Publisher.createNew("lanes", options));
    const subscriber = stack.use(Subscriber.openExisting("lanes", options));
    const second = Publisher.openExisting("lanes", options);
    expect([first.metrics.lane, second.metrics.lane]).toEqual([0, 1]);
    expectCode(() => Publisher.openExisting("lanes", options), "SystemError", "EAGAIN");
    second.send({ id: 1 });
    second.dispose();
    const third = stack.use(Publisher.openExisting("lanes", options));
    third.send({ id: 2 });
    first.send({ id: 3 });
    expect(idsOf(subscriber).toSorted()).toEqual([1, 2, 3]);
    expect(subscriber.metrics.lanes).toMatchObject([
      { lane: 0, records: 1, publisherPid: process.pid },
      { lane: 1, records: 2, position: 2 },
    ]);
  });
});
