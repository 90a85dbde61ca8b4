/** Subscribers in one process with their publishers: what each method does, and what is refused. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { bytes, Consumer, json, Publisher, Subscriber, struct, u32 } from "../../src/index.ts";
import { foundByTime, idsOf, range, Tick, topicOf } from "./support/ticks.ts";

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

  test("bytes can be written in place, JSON cannot", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const raw = stack.use(Publisher.createNew("raw", { schema: bytes }));
    const subscriber = stack.use(Subscriber.openExisting("raw", { schema: bytes }));
    raw.claim(3, (view) => view.set([1, 2, 3]));
    raw.batch((batch) => batch.claim(2, (view) => view.fill(4)));
    const seen: number[][] = [];
    subscriber.poll((view) => seen.push([...view]));
    expect(seen).toEqual([
      [1, 2, 3],
      [4, 4],
    ]);
    const text = stack.use(Publisher.createNew("text", { schema: json }));
    const claim = (): void => text.claim(() => {});
    expectCode(claim, "NotSupportedError", "ERR_NOT_SUPPORTED");
  });

  test("receive(), receiveAsync() and the loop wait, are woken, time out and end", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    for (const onSlow of ["gate", "lap"] as const) {
      const subscriber = subscribe({ onSlow });
      expectCode(() => subscriber.receive({ timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
      const late = subscriber.receiveAsync({ timeoutMs: 5 });
      await expectRejection(late, "TimeoutError", "ETIMEDOUT");
      const coming = subscriber.receiveAsync();
      publisher.send({ id: 5 });
      expect((await coming).id).toBe(5);
      const loop = (async () => {
        const seen: number[] = [];
        for await (const { id } of subscriber) if (seen.push(id) === 3) subscriber.dispose();
        return seen;
      })();
      for (let id = 0; id < 3; id++) await publisher.sendAsync({ id });
      expect(await loop).toEqual([0, 1, 2]);
      expectCode(() => subscriber.tryReceive(), "DisposedError", "ERR_DISPOSED");
      expect(foundByTime("ticks")).toEqual([0, 0]);
      const other = subscribe({ onSlow });
      const aborted = other.records({ signal: AbortSignal.abort(new Error("enough")) }).next();
      await expect(aborted).rejects.toThrow("enough");
      const pending = other.receiveAsync();
      other.dispose();
      await expectRejection(pending, "DisposedError", "ERR_DISPOSED");
    }
  });

  test("the record of a handler that throws comes again; nothing is lost", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    for (const onSlow of ["gate", "lap"] as const) {
      const subscriber = subscribe({ onSlow });
      for (let id = 0; id < 5; id++) publisher.send({ id });
      publisher.flush();
      const fail = (): number =>
        subscriber.poll(({ id }) => {
          if (id === 2) throw new Error("no");
        });
      expect(fail).toThrow("no");
      expect(fail).toThrow("no");
      expect(idsOf(subscriber)).toEqual([2, 3, 4]);
      subscriber.dispose();
    }
  });

  test("may be disposed inside each of its callbacks, and a publisher inside its own", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack, 64);
    const burst = (count: number): void => {
      for (let id = 0; id < count; id++) publisher.send({ id });
      publisher.flush();
    };
    const inHandler = subscribe();
    burst(3);
    inHandler.poll(() => inHandler.dispose());
    expectCode(() => inHandler.poll(() => {}), "DisposedError", "ERR_DISPOSED");
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
    const witness = subscribe();
    publisher.claim((tick) => {
      tick.id = 77;
      publisher.dispose();
    });
    expectCode(() => publisher.flush(), "DisposedError", "ERR_DISPOSED");
    expect(idsOf(witness)).toEqual([77]);
    const second = stack.use(Publisher.openExisting("ticks", { schema: Tick }));
    second.batch((batch) => {
      batch.send({ id: 78 });
      second.dispose();
      expectCode(() => batch.send({ id: 79 }), "DisposedError", "ERR_DISPOSED");
    });
    expect(idsOf(witness)).toEqual([78]);
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

  test("refuses what cannot be: options, other schemas, other kinds, use inside poll()", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    const invalid = "ERR_INVALID_ARG_VALUE";
    expectCode(() => subscribe({ from: "then" as "now" }), "TypeError", invalid);
    expectCode(() => subscribe({ onSlow: "wait" as "gate" }), "TypeError", invalid);
    expectCode(() => subscribe({ onLapped: 1 as never }), "TypeError", "ERR_INVALID_ARG_TYPE");
    const other = { schema: struct({ id: u32, more: u32 }) };
    for (const end of [Publisher, Subscriber]) {
      expectCode(
        () => end.openExisting("ticks", other),
        "CorruptSegmentError",
        "ERR_CORRUPT_SEGMENT",
      );
      expectCode(() => end.openExisting("none", other), "SystemError", "ENOENT");
      expectCode(() => end.createNew("ticks", other), "SystemError", "EEXIST");
      const tooMany = { schema: Tick, maxPublishers: 1025 };
      expectCode(() => end.createNew("more", tooMany), "RangeError", "ERR_OUT_OF_RANGE");
      const tooLarge = { schema: Tick, capacityBytes: 2 ** 29 };
      expectCode(() => end.createNew("more", tooLarge), "RangeError", "ERR_OUT_OF_RANGE");
    }
    const asChannel = (): unknown => Consumer.openExisting("ticks", { schema: Tick });
    expectCode(asChannel, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    const subscriber = subscribe();
    publisher.send({ id: 1 });
    subscriber.poll(() => {
      expectCode(() => subscriber.tryReceive(), "NotSupportedError", "ERR_NOT_SUPPORTED");
    });
    expectCode(() => subscriber.poll(() => {}, { limit: 0 }), "RangeError", "ERR_OUT_OF_RANGE");
  });

  test("poll() stops at its limit, over all lanes", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { publisher, subscribe } = topicOf(stack);
    const second = stack.use(Publisher.openExisting("ticks", { schema: Tick }));
    for (const onSlow of ["gate", "lap"] as const) {
      const subscriber = subscribe({ onSlow });
      for (let id = 0; id < 10; id++) {
        publisher.send({ id });
        second.send({ id: 100 + id });
      }
      publisher.flush();
      second.flush();
      const seen = [...idsOf(subscriber, 7), ...idsOf(subscriber, 7), ...idsOf(subscriber)];
      expect(seen.filter((id) => id < 100)).toEqual(range(0, 10));
      expect(seen.filter((id) => id >= 100)).toEqual(range(100, 110));
      subscriber.dispose();
    }
  });
});
