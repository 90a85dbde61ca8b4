/** Consumers and subscribers in one process with their senders: what each method does, and what is refused. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection, expectRejections } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { FLOWS, type Flow, foundByTime, range, Tick, ticksOf } from "./support/flows.ts";

const BUSY = ["NotSupportedError", "ERR_NOT_SUPPORTED"] as const;
const DISPOSED = ["DisposedError", "ERR_DISPOSED"] as const;
const LATE = ["TimeoutError", "ETIMEDOUT"] as const;
const TYPE = ["TypeError", "ERR_INVALID_ARG_TYPE"] as const;
const SHORT = { timeoutMs: 5 };

describe.each(FLOWS)("the receiver of a $what", (flow: Flow) => {
  const { Sender } = flow;

  test("poll(): the record of a handler that throws comes again, and the rest behind it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, receiver, ids } = ticksOf(stack, flow);
    sender.batch((batch) => {
      for (let id = 0; id < 5; id++) batch.send({ id });
    });
    expect(ids(2)).toEqual([0, 1]);
    const fail = (): number =>
      receiver.poll(({ id }) => {
        if (id === 3) throw new Error("three");
      });
    expect(fail).toThrow("three");
    expect(receiver.metrics.lag).toBe(2);
    expect(fail).toThrow("three");
    expect(ids()).toEqual([3, 4]);
    expect(ids()).toEqual([]);
  });

  test("refuses what cannot be: handlers that go on, limits, waits, its own use inside poll()", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, receiver, ids } = ticksOf(stack, flow);
    sender.send({ id: 1 });
    const later = () => Promise.reject(new Error("nobody waits for this"));
    for (const handler of [async () => {}, later, undefined, 5] as never[]) {
      expectCode(() => receiver.poll(handler), ...TYPE);
      await expectRejection(receiver.pollAsync(handler), ...TYPE);
    }
    expectCode(() => receiver.poll(() => {}, { limit: 0 }), "RangeError", "ERR_OUT_OF_RANGE");
    const signal = { aborted: false } as never;
    await expectRejection(receiver.receiveAsync({ signal }), ...TYPE);
    expectCode(() => receiver.records({ signal }), ...TYPE);
    for (const timeoutMs of ["1", null] as never[]) {
      expectCode(() => receiver.receive({ timeoutMs }), ...TYPE);
      await expectRejection(receiver.receiveAsync({ timeoutMs }), ...TYPE);
    }
    const uses = [
      () => receiver.poll(() => {}),
      () => receiver.tryReceive(),
      () => receiver.receive(),
      () => receiver.acknowledge(),
    ];
    const handled = receiver.poll(() => {
      for (const use of uses) expectCode(use, ...BUSY);
    });
    expect(handled).toBe(1);
    expect(ids()).toEqual([]);
  });

  test("poll() takes turns between lanes, and stops at its limit over all of them", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, ids } = ticksOf(stack, flow, 64 * 1024);
    const other = stack.use(Sender.openExisting("ticks", { schema: Tick }));
    sender.batch((batch) => {
      for (let id = 0; id < 5000; id++) batch.send({ id });
    });
    other.batch((batch) => {
      for (let id = 9000; id < 9010; id++) batch.send({ id });
    });
    const seen = [...ids(1000), ...ids(7)];
    expect(seen.length).toBe(1007);
    expect(seen).toContain(9000);
    seen.push(...ids());
    expect(seen.filter((id) => id < 9000)).toEqual(range(0, 5000));
    expect(seen.filter((id) => id >= 9000)).toEqual(range(9000, 9010));
  });

  test("receive(), receiveAsync() and loops wait, are woken, time out, are aborted and end", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, receiver } = ticksOf(stack, flow);
    expect(receiver.tryReceive()).toBeUndefined();
    expectCode(() => receiver.receive(SHORT), ...LATE);
    await expectRejection(receiver.receiveAsync(SHORT), ...LATE);
    const coming = receiver.receiveAsync();
    sender.send({ id: 5 });
    expect(await coming).toEqual({ id: 5 });
    const reason = new Error("enough");
    const stop = new AbortController();
    const early = AbortSignal.abort(reason);
    const waits = [
      receiver.receiveAsync({ signal: early }),
      receiver.records({ signal: early }).next(),
      receiver.receiveAsync({ signal: stop.signal }),
      receiver.records({ signal: stop.signal }).next(),
    ].map((wait) => wait.catch((error: unknown) => error));
    await Bun.sleep(0);
    stop.abort(reason);
    for (const wait of waits) expect(await wait).toBe(reason);
    const loop = (async () => {
      const seen: number[] = [];
      for await (const { id } of receiver) if (seen.push(id) === 3) receiver.dispose();
      return seen;
    })();
    for (let id = 0; id < 3; id++) await sender.sendAsync({ id });
    expect(await loop).toEqual([0, 1, 2]);
    expect(foundByTime("ticks").every((count) => count === 0)).toBe(true);
  });

  test("disposed meanwhile, waits reject and loops end", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { receiver } = ticksOf(stack, flow);
    const waits = [receiver.receiveAsync(), receiver.pollAsync(() => {}), receiver.ready()];
    const ended = receiver.records().next();
    receiver.dispose();
    await expectRejections(waits, ...DISPOSED);
    expect(await ended).toEqual({ done: true, value: undefined });
  });

  test("acknowledge() counts the record of a body as received; an abort in a body does so, too", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, receiver } = ticksOf(stack, flow);
    for (let id = 0; id < 4; id++) sender.send({ id });
    await Promise.resolve();
    for await (const { id } of receiver) {
      if (id !== 1) continue;
      receiver.acknowledge();
      break;
    }
    expect(receiver.metrics.lag).toBe(2);
    expect(await receiver.receiveAsync()).toEqual({ id: 2 });
    const controller = new AbortController();
    const loop = (async () => {
      for await (const { id } of receiver.records({ signal: controller.signal })) {
        if (id === 3) controller.abort(new Error("enough"));
      }
    })();
    await expect(loop).rejects.toThrow("enough");
    expect(receiver.metrics).toMatchObject({ records: 4, lag: 0 });
  });

  test("may be disposed inside its own handler, which keeps the records that it gets", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, receiver } = ticksOf(stack, flow);
    for (let id = 1; id < 4; id++) sender.send({ id });
    sender.flush();
    const seen: number[] = [];
    receiver.poll((tick) => {
      receiver.dispose();
      seen.push(tick.id);
    });
    expect(seen).toEqual([1, 2, 3]);
    expectCode(() => receiver.poll(() => {}), ...DISPOSED);
  });
});

test("channels and topics tell what they have in common by the same names", () => {
  using _home = new Home();
  const [channel, topic] = FLOWS.slice(0, 2).map((flow) => {
    using stack = new DisposableStack();
    const { sender, receiver } = ticksOf(stack, flow);
    sender.send({ id: 1 });
    const all = {
      sender: sender.metrics,
      receiver: receiver.metrics,
      lane: receiver.metrics.lanes[0],
    };
    const names = Object.entries(all).flatMap(([end, figures]) =>
      Object.keys(figures ?? {}).map((name) => `${end}.${name}`),
    );
    return new Set(names);
  }) as [Set<string>, Set<string>];
  expect([...channel.difference(topic)].sort()).toEqual([
    "lane.producerPid",
    "sender.consumedPosition",
    "sender.consumer",
    "sender.consumerDepartures",
    "sender.lag",
  ]);
  expect([...topic.difference(channel)].sort()).toEqual([
    "lane.laps",
    "lane.lost",
    "lane.publisherPid",
    "receiver.laps",
    "receiver.lost",
    "sender.subscribers",
  ]);
});
