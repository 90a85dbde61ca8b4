/** Producers and publishers in one process with their receivers: what each method does, and what is refused. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { bytes, json, u32 } from "../../src/index.ts";
import {
  FLOWS,
  type Flow,
  foundByTime,
  idsOf,
  range,
  Tick,
  ticksOf,
  WAITING_FLOWS,
} from "./support/flows.ts";

const BUSY = ["NotSupportedError", "ERR_NOT_SUPPORTED"] as const;
const DISPOSED = ["DisposedError", "ERR_DISPOSED"] as const;
const TYPE = ["TypeError", "ERR_INVALID_ARG_TYPE"] as const;
const RANGE = ["RangeError", "ERR_OUT_OF_RANGE"] as const;

describe.each(FLOWS)("the sender of a $what", (flow: Flow) => {
  const { Sender, Receiver } = flow;

  test("publishes the first record at once, the rest of a burst after 64, a flush or the run", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, ids } = ticksOf(stack, flow);
    for (let id = 0; id < 3; id++) sender.send({ id });
    // Two at once make the receiver leave the sender its bursts.
    expect(ids()).toEqual([0, 1, 2]);
    for (let id = 3; id < 6; id++) sender.send({ id });
    expect(sender.metrics.records).toBe(3);
    sender.flush();
    expect(sender.metrics.records).toBe(6);
    expect(ids()).toEqual([3, 4, 5]);
    sender.send({ id: 6 });
    await Promise.resolve();
    expect(ids()).toEqual([6]);
    for (let id = 7; id < 7 + 64; id++) sender.send({ id });
    expect(ids().length).toBeGreaterThan(0);
  });

  test("batch() publishes once; what is sent past it joins it, what throws keeps the records before it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, receiver, ids } = ticksOf(stack, flow);
    sender.send({ id: 0 });
    expect(ids()).toEqual([0]);
    sender.batch((batch) => {
      batch.send({ id: 1 });
      batch.claim((tick) => {
        tick.id = 2;
      });
      sender.send({ id: 3 });
      expect(sender.trySend({ id: 4 })).toBe(true);
      expect(receiver.metrics.lag).toBe(0);
      expect(ids()).toEqual([]);
      const nested = (): void => sender.batch(() => {});
      expect(expectCode(nested, ...BUSY).message).toBe("Cannot begin a batch inside another one");
    });
    expect(ids()).toEqual([1, 2, 3, 4]);
    const fail = (): void =>
      sender.batch((batch) => {
        batch.send({ id: 5 });
        throw new Error("enough");
      });
    expect(fail).toThrow("enough");
    expect(ids()).toEqual([5]);
    let escaped: { send(record: { id: number }): void } | undefined;
    sender.batch((batch) => {
      escaped = batch;
    });
    expectCode(() => escaped?.send({ id: 6 }), ...BUSY);
    expect(ids()).toEqual([]);
  });

  test("batch() and claim() refuse what is no function, or asynchronous; what throws commits nothing", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, ids } = ticksOf(stack, flow);
    for (const none of [undefined, null, 5, []] as never[]) {
      expectCode(() => sender.batch(none), ...TYPE);
      expectCode(() => sender.claim(none), ...TYPE);
      expectCode(() => sender.batch((batch) => batch.claim(none)), ...TYPE);
    }
    expect(() => sender.claim(() => JSON.parse("{"))).toThrow(SyntaxError);
    expectCode(() => sender.claim(async () => {}), ...TYPE);
    expectCode(() => sender.batch((async () => {}) as () => void), ...TYPE);
    sender.claim((tick) => {
      tick.id = 7;
    });
    expect(ids()).toEqual([7]);
  });

  test("refuses a record that the schema does not allow, and goes on", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, ids } = ticksOf(stack, flow);
    for (const send of [
      (record: { id: number }) => sender.send(record),
      (record: { id: number }) => sender.trySend(record),
      (record: { id: number }) => sender.batch((batch) => batch.send(record)),
    ]) {
      expectCode(() => send({ id: -1 }), ...RANGE);
      expectCode(() => send({} as { id: number }), ...TYPE);
    }
    sender.send({ id: 8 });
    expect(ids()).toEqual([8]);
  });

  test("refuses itself inside a record's getter, and the record with it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, ids } = ticksOf(stack, flow);
    const record = {
      get id() {
        sender.send({ id: 1 });
        return 2;
      },
    };
    for (let id = 3; id < 6; id++) {
      expectCode(() => sender.send(record), ...BUSY);
      sender.send({ id });
    }
    expect(ids()).toEqual([3, 4, 5]);
  });

  test("refuses itself inside its own callbacks", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, ids } = ticksOf(stack, flow);
    const uses = [
      () => sender.send({ id: 1 }),
      () => sender.claim(() => {}),
      () => sender.trySend({ id: 1 }),
      () => sender.batch(() => {}),
    ];
    for (const use of uses) {
      // The first record of a run takes another way than those behind it.
      for (let id = 0; id < 2; id++) {
        expectCode(() => sender.claim(use), ...BUSY);
        sender.claim((tick) => {
          tick.id = id;
          expectCode(use, ...BUSY);
        });
      }
      sender.flush();
      expect(ids()).toEqual([0, 1]);
    }
  });

  test("may be disposed inside its own callbacks: what was written is sent, and nothing behind it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, ids } = ticksOf(stack, flow);
    const open = () => stack.use(Sender.openExisting("ticks", { schema: Tick }));
    sender.claim((tick) => {
      tick.id = 1;
      sender.dispose();
    });
    expect(ids()).toEqual([1]);
    const second = open();
    second.batch((batch) => {
      batch.send({ id: 2 });
      second.dispose();
      expectCode(() => batch.send({ id: 3 }), ...DISPOSED);
    });
    expect(ids()).toEqual([2]);
    const third = open();
    third.batch((batch) => {
      batch.claim((tick) => {
        tick.id = 4;
        third.dispose();
      });
      expectCode(() => batch.send({ id: 5 }), ...DISPOSED);
    });
    expect(ids()).toEqual([4]);
    for (const one of [sender, second, third]) expectCode(() => one.flush(), ...DISPOSED);
  });

  test("has a lane of its own, as many as there may be, and leaves it to the next one", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const options = { schema: Tick, capacityBytes: 64, [flow.limitName]: 2 };
    const first = stack.use(Sender.createNew("lanes", options));
    const receiver = stack.use(Receiver.openExisting("lanes", { ...options, ...flow.receiving }));
    const second = Sender.openExisting("lanes", options);
    expect([first.metrics.lane, second.metrics.lane]).toEqual([0, 1]);
    expectCode(() => Sender.openExisting("lanes", options), "SystemError", "EAGAIN");
    second.send({ id: 1 });
    second.dispose();
    const third = stack.use(Sender.openExisting("lanes", options));
    third.send({ id: 2 });
    first.send({ id: 3 });
    const ids = idsOf(receiver);
    expect(ids.toSorted()).toEqual([1, 2, 3]);
    // One sender's are in order, in whatever lives of its lane.
    expect(ids.filter((id) => id !== 3)).toEqual([1, 2]);
    expect(receiver.metrics.lanes).toMatchObject([
      { lane: 0, position: 1, lag: 0 },
      { lane: 1, position: 2, lag: 0 },
    ]);
  });

  test("bytes: of any length up to the limit, in place and copied", () => {
    using _home = new Home();
    const options = { schema: bytes, capacityBytes: 4096 };
    using sender = Sender.createNew("raw", options);
    using receiver = Receiver.openExisting("raw", { ...options, ...flow.receiving });
    for (let length = 0; length <= 2040; length += 17) {
      sender.send(new Uint8Array(length).fill(length));
      expect(receiver.receive()).toEqual(new Uint8Array(length).fill(length));
      sender.claim(length, (view) => view.fill(length + 1));
      const count = receiver.poll((view) => {
        expect(view.every((byte) => byte === ((length + 1) & 0xff))).toBe(true);
        expect(view.length).toBe(length);
      });
      expect(count).toBe(1);
    }
    sender.batch((batch) => batch.claim(2, (view) => view.fill(4)));
    expect([...receiver.receive()]).toEqual([4, 4]);
    expectCode(() => sender.send(new Uint8Array(2041)), ...RANGE);
    // Whoever asked for more learns that it was not the one to choose.
    using other = Sender.openExisting("raw", { schema: bytes, capacityBytes: 1 << 20 });
    expect(() => other.send(new Uint8Array(2041))).toThrow(
      'it must be <= 2040 bytes in "raw" (half of its ring of 4096 bytes, less 8; whoever creates it chooses capacityBytes): received 2041 bytes',
    );
    expectCode(() => sender.send("text" as unknown as Uint8Array), ...TYPE);
  });

  test("json: whatever JSON can hold, and nothing in place", () => {
    using _home = new Home();
    using sender = Sender.createNew("any", { schema: json });
    using receiver = Receiver.openExisting("any", { schema: json, ...flow.receiving });
    const values = [null, 0, "", "ünï", [1, { a: null }], { deep: { er: [true] } }];
    for (const value of values) sender.send(value);
    sender.flush();
    for (const value of values) expect(receiver.receive()).toEqual(value);
    const circle: Record<string, unknown> = {};
    circle["itself"] = circle;
    for (const value of [undefined, () => 1, Symbol("s"), 1n, { deep: [1n] }, circle]) {
      const { message } = expectCode(() => sender.send(value), ...TYPE);
      expect(message).toStartWith('The "record" argument must be a value that JSON can hold:');
    }
    const own = new RangeError("the record's own");
    const toJSON = (): never => {
      throw own;
    };
    expect(() => sender.send({ toJSON })).toThrow(own);
    expectCode(() => sender.send("x".repeat(1 << 20)), ...RANGE);
    expectCode(() => sender.claim(() => {}), ...BUSY);
  });

  test("refuses options and schemas that cannot be; the sizes of what exists stay", () => {
    using home = new Home();
    const wrong: readonly (readonly [object, readonly [string, string]])[] = [
      [{ schema: undefined }, TYPE],
      [{ schema: u32 }, TYPE],
      ...[0, -1, 0.5, Number.NaN, 2 ** 29 + 1].map(
        (size) => [{ capacityBytes: size }, RANGE] as const,
      ),
      // All lanes together are more than one mapping holds.
      [{ capacityBytes: 2 ** 29 }, RANGE],
      ...[0, 1025, 1.5].map((most) => [{ [flow.limitName]: most }, RANGE] as const),
      [{ capacityBytes: "1" }, TYPE],
      [{ [flow.limitName]: 1n }, TYPE],
      [{ latency: 1 }, TYPE],
    ];
    for (const end of [Sender, Receiver]) {
      for (const [options, [className, code]] of wrong) {
        const open = (): unknown => end.createNew("bad", { schema: Tick, ...options } as never);
        expectCode(open, className, code);
      }
    }
    const explode = { schema: Tick, onFull: "explode" } as never;
    expectCode(() => Sender.createNew("bad", explode), "TypeError", "ERR_INVALID_ARG_VALUE");
    expect(home.names()).toEqual([]);
    using _small = Sender.createNew("small", { schema: Tick, capacityBytes: 64 });
    using _receiver = Receiver.openExisting("small", { schema: Tick });
    const large = { schema: Tick, capacityBytes: 1 << 20, [flow.limitName]: 4, onFull: "fail" };
    using opened = Sender.createOrOpen("small", large as never);
    let sent = 0;
    while (opened.trySend({ id: sent })) sent++;
    expect([opened.createdNew, sent]).toEqual([false, 8]);
  });
});

describe.each(WAITING_FLOWS)("the sender of a full $what", (flow: Flow) => {
  const { Sender } = flow;

  test("trySend() says false, send() times out or fails, as chosen", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, receiver, ids } = ticksOf(stack, flow, 64);
    for (let id = 0; id < 8; id++) expect(sender.trySend({ id })).toBe(true);
    expect(sender.trySend({ id: 8 })).toBe(false);
    expectCode(() => sender.send({ id: 8 }, { timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
    const late = sender.sendAsync({ id: 8 }, { timeoutMs: 5 });
    const error = await expectRejection(late, "TimeoutError", "ETIMEDOUT");
    expect(error.message).toContain("within 5 ms");
    expect(sender.metrics).toMatchObject({ records: 8, drops: 1, fullWaits: 2 });
    expect(receiver.metrics.lag).toBe(8);
    const failing = stack.use(Sender.openExisting("ticks", { schema: Tick, onFull: "fail" }));
    for (let id = 10; id < 18; id++) failing.send({ id });
    const full = expectCode(() => failing.send({ id: 18 }), "SystemError", "EAGAIN");
    expect(full.message).toBe(
      'Cannot send to "ticks": there is no room: EAGAIN, it is locked, full or at its limit now (send)',
    );
    expect(failing.metrics.drops).toBe(1);
    const numbers = ids().toSorted((one, two) => one - two);
    expect(numbers).toEqual([...range(0, 8), ...range(10, 18)]);
    expect(receiver.metrics).toMatchObject({ records: 16, lag: 0, corruptions: 0 });
    expect(sender.trySend({ id: 8 })).toBe(true);
  });

  test("sendAsync() waits in the order of the calls, until it is aborted or disposed", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { sender, receiver } = ticksOf(stack, flow, 64);
    const sent = range(0, 40).map((id) => sender.sendAsync({ id }));
    const seen: number[] = [];
    for await (const { id } of receiver) {
      if (seen.push(id) < 40) continue;
      receiver.acknowledge();
      break;
    }
    await Promise.all(sent);
    expect(seen).toEqual(range(0, 40));
    expect(foundByTime("ticks").every((count) => count === 0)).toBe(true);
    while (sender.trySend({ id: 0 }));
    const reason = new Error("enough");
    const before = sender.sendAsync({ id: 1 }, { signal: AbortSignal.abort(reason) });
    expect(await before.catch((error) => error)).toBe(reason);
    const stop = new AbortController();
    const aborted = [1, 2].map((id) => sender.sendAsync({ id }, { signal: stop.signal }));
    const pending = sender.sendAsync({ id: 3 });
    stop.abort(reason);
    for (const one of aborted) expect(await one.catch((error) => error)).toBe(reason);
    sender.dispose();
    await expectRejection(pending, ...DISPOSED);
    expect(idsOf(receiver)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
