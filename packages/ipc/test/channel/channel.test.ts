/** Producers and consumers of one process: what each method does, and what is refused. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { bytes, Consumer, json, Producer, struct, u32 } from "../../src/index.ts";
import { codeOf } from "./support/code-of.ts";

const Tick = struct({ id: u32 });

/** Both ends of a new channel. */
function pairOf(stack: DisposableStack, capacityBytes = 1024) {
  const producer = stack.use(Producer.createNew("ticks", { schema: Tick, capacityBytes }));
  const consumer = stack.use(Consumer.openExisting("ticks", { schema: Tick }));
  const ids = (limit?: number): number[] => {
    const seen: number[] = [];
    consumer.poll(({ id }) => seen.push(id), { limit });
    return seen;
  };
  return { producer, consumer, ids };
}

describe("Producer", () => {
  test("the first record is visible at once, the rest of a burst after 64, a flush or the run", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, ids } = pairOf(stack);
    for (let id = 0; id < 3; id++) producer.send({ id });
    // Two at once make the consumer leave the producer its bursts.
    expect(ids()).toEqual([0, 1, 2]);
    for (let id = 3; id < 6; id++) producer.send({ id });
    producer.flush();
    expect(ids()).toEqual([3, 4, 5]);
    producer.send({ id: 6 });
    await Promise.resolve();
    expect(ids()).toEqual([6]);
  });

  test("batch() publishes once; what throws keeps the records before it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, ids } = pairOf(stack);
    producer.batch((batch) => {
      batch.send({ id: 1 });
      batch.claim((tick) => {
        tick.id = 2;
      });
      expect(ids()).toEqual([]);
    });
    expect(ids()).toEqual([1, 2]);
    const fail = (): void =>
      producer.batch((batch) => {
        batch.send({ id: 3 });
        throw new Error("enough");
      });
    expect(fail).toThrow("enough");
    expect(ids()).toEqual([3]);
  });

  test("batch() refuses what is no function, also for a record inside it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, ids } = pairOf(stack);
    const code = "ERR_INVALID_ARG_TYPE";
    for (const none of [undefined, null, 5, []] as never[]) {
      expect(codeOf(() => producer.batch(none))).toBe(code);
      expect(codeOf(() => producer.batch((batch) => batch.claim(none)))).toBe(code);
    }
    producer.batch((batch) => batch.send({ id: 1 }));
    expect(ids()).toEqual([1]);
  });

  test("claim() that throws or is asynchronous commits nothing", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, ids } = pairOf(stack);
    expect(() => producer.claim(() => JSON.parse("{"))).toThrow(SyntaxError);
    expect(codeOf(() => producer.claim(async () => {}))).toBe("ERR_INVALID_ARG_TYPE");
    producer.claim((tick) => {
      tick.id = 7;
    });
    expect(ids()).toEqual([7]);
  });

  test("refuses a record that the schema does not allow, and goes on", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, ids } = pairOf(stack);
    expect(codeOf(() => producer.send({ id: -1 }))).toBe("ERR_OUT_OF_RANGE");
    expect(codeOf(() => producer.send({} as { id: number }))).toBe("ERR_INVALID_ARG_TYPE");
    producer.send({ id: 8 });
    expect(ids()).toEqual([8]);
  });

  test("a full channel: trySend() says false, send() times out or fails, as chosen", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer, ids } = pairOf(stack, 64);
    for (let id = 0; id < 8; id++) expect(producer.trySend({ id })).toBe(true);
    expect(producer.trySend({ id: 8 })).toBe(false);
    expect(codeOf(() => producer.send({ id: 8 }, { timeoutMs: 5 }))).toBe("ETIMEDOUT");
    expect(producer.metrics).toMatchObject({ records: 8, drops: 1, fullWaits: 1, lag: 8 });
    const failing = stack.use(Producer.openExisting("ticks", { schema: Tick, onFull: "fail" }));
    for (let id = 10; id < 18; id++) failing.send({ id });
    expect(codeOf(() => failing.send({ id: 18 }))).toBe("EAGAIN");
    expect(() => failing.send({ id: 18 })).toThrow(
      'Cannot send to "ticks": there is no room: EAGAIN, it is locked, full or at its limit now (send)',
    );
    expect(ids().toSorted((one, two) => one - two)).toEqual([
      ...Array.from({ length: 8 }, (_, id) => id),
      ...Array.from({ length: 8 }, (_, id) => id + 10),
    ]);
    expect(consumer.metrics).toMatchObject({ records: 16, lag: 0, corruptions: 0 });
  });

  test("sendAsync() waits without blocking, in the order of the calls, until it is aborted", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer } = pairOf(stack, 64);
    const sent = Array.from({ length: 40 }, (_, id) => producer.sendAsync({ id }));
    const seen: number[] = [];
    for await (const { id } of consumer) if (seen.push(id) === 40) break;
    await Promise.all(sent);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, id) => id));
    while (producer.trySend({ id: 0 }));
    const { signal } = AbortSignal.abort("enough") as { signal?: AbortSignal };
    expect(signal).toBeUndefined();
    const aborted = producer.sendAsync({ id: 1 }, { signal: AbortSignal.timeout(5) });
    await expect(aborted).rejects.toThrow("timed out");
    await expect(producer.sendAsync({ id: 1 }, { timeoutMs: 5 })).rejects.toThrow("within 5 ms");
  });

  test("what a record's getter sends to the same producer is refused, and the record with it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, ids } = pairOf(stack);
    const record = {
      get id() {
        producer.send({ id: 1 });
        return 2;
      },
    };
    for (let id = 3; id < 6; id++) {
      expect(codeOf(() => producer.send(record))).toBe("ERR_NOT_SUPPORTED");
      producer.send({ id });
    }
    expect(ids()).toEqual([3, 4, 5]);
  });

  test("batch(): what is sent past the batch joins it; nothing is sent after dispose()", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer, ids } = pairOf(stack);
    producer.send({ id: 0 });
    expect(ids()).toEqual([0]);
    producer.batch((batch) => {
      batch.send({ id: 1 });
      producer.send({ id: 2 });
      expect(producer.trySend({ id: 3 })).toBe(true);
      expect(consumer.metrics.lag).toBe(0);
    });
    expect(ids()).toEqual([1, 2, 3]);
    let escaped: { send(record: { id: number }): void } | undefined;
    producer.batch((batch) => {
      escaped = batch;
      batch.claim((tick) => {
        tick.id = 4;
        producer.dispose();
      });
      expect(codeOf(() => batch.send({ id: 5 }))).toBe("ERR_DISPOSED");
    });
    expect(ids()).toEqual([4]);
    expect(codeOf(() => escaped?.send({ id: 6 }))).toBe("ERR_NOT_SUPPORTED");
  });

  test("refuses itself inside its own callbacks and after dispose()", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, ids } = pairOf(stack);
    const uses = [
      () => producer.send({ id: 1 }),
      () => producer.claim(() => {}),
      () => producer.trySend({ id: 1 }),
      () => producer.batch(() => {}),
    ];
    for (const use of uses) {
      // The first record of a run takes another way than those behind it.
      for (let id = 0; id < 2; id++) {
        expect(codeOf(() => producer.claim(use))).toBe("ERR_NOT_SUPPORTED");
        producer.claim((tick) => {
          tick.id = id;
          expect(codeOf(use)).toBe("ERR_NOT_SUPPORTED");
        });
      }
      producer.flush();
      expect(ids()).toEqual([0, 1]);
    }
    const nested = (): void => producer.batch(() => producer.batch(() => {}));
    expect(codeOf(nested)).toBe("ERR_NOT_SUPPORTED");
    producer.claim((tick) => {
      tick.id = 5;
      producer.dispose();
    });
    expect(ids()).toEqual([5]);
    producer.dispose();
    expect(codeOf(() => producer.send({ id: 1 }))).toBe("ERR_DISPOSED");
    expect(codeOf(() => producer.metrics)).toBe("ERR_DISPOSED");
  });

  test("as many producers as lanes; a lane is free again when its producer has left", () => {
    using _home = new Home();
    const options = { schema: Tick, maxProducers: 2 };
    using first = Producer.createNew("lanes", options);
    const second = Producer.openExisting("lanes", options);
    expect(codeOf(() => Producer.openExisting("lanes", options))).toBe("EAGAIN");
    second.send({ id: 2 });
    second.dispose();
    using third = Producer.openExisting("lanes", options);
    third.send({ id: 3 });
    first.send({ id: 1 });
    using consumer = Consumer.openExisting("lanes", { schema: Tick });
    const seen = [consumer.receive().id, consumer.receive().id, consumer.receive().id];
    expect(seen.filter((id) => id !== 1)).toEqual([2, 3]);
  });
});

describe("Consumer", () => {
  test("poll(): the record of a handler that throws comes again, and the rest behind it", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer, ids } = pairOf(stack);
    producer.batch((batch) => {
      for (let id = 0; id < 5; id++) batch.send({ id });
    });
    expect(ids(2)).toEqual([0, 1]);
    const fail = (): number =>
      consumer.poll(({ id }) => {
        if (id === 3) throw new Error("three");
      });
    expect(fail).toThrow("three");
    expect(consumer.metrics.lag).toBe(2);
    expect(fail).toThrow("three");
    expect(ids()).toEqual([3, 4]);
    expect(ids()).toEqual([]);
  });

  test("poll(), pollAsync(): refuse a handler that goes on when its record is gone", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer, ids } = pairOf(stack);
    producer.send({ id: 1 });
    const handler = (async () => {}) as never;
    expect(codeOf(() => consumer.poll(handler))).toBe("ERR_INVALID_ARG_TYPE");
    const waited = consumer.pollAsync(handler).catch((error) => error.code);
    expect(await waited).toBe("ERR_INVALID_ARG_TYPE");
    expect(ids()).toEqual([1]);
  });

  test("serves all lanes in turn, whatever each has", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, ids } = pairOf(stack, 64 * 1024);
    const other = stack.use(Producer.openExisting("ticks", { schema: Tick }));
    producer.batch((batch) => {
      for (let id = 0; id < 5000; id++) batch.send({ id });
    });
    other.send({ id: 9999 });
    expect(ids(1000)).toContain(9999);
    expect(ids().length).toBe(4001);
  });

  test("receive() waits, tryReceive() does not; acknowledge() counts the record of a body as consumed", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer } = pairOf(stack);
    expect(consumer.tryReceive()).toBeUndefined();
    expect(codeOf(() => consumer.receive({ timeoutMs: 5 }))).toBe("ETIMEDOUT");
    for (let id = 0; id < 4; id++) producer.send({ id });
    await Promise.resolve();
    for await (const { id } of consumer) {
      if (id !== 1) continue;
      consumer.acknowledge();
      break;
    }
    expect(consumer.metrics.lag).toBe(2);
    expect(await consumer.receiveAsync()).toEqual({ id: 2 });
    const controller = new AbortController();
    const loop = (async () => {
      for await (const { id } of consumer.records({ signal: controller.signal })) {
        if (id === 3) controller.abort(new Error("enough"));
      }
    })();
    await expect(loop).rejects.toThrow("enough");
    expect(consumer.metrics.lag).toBe(0);
    const ended = consumer.records().next();
    consumer.dispose();
    expect(await ended).toEqual({ done: true, value: undefined });
  });

  test("a second consumer is refused and told who the first one is", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { consumer } = pairOf(stack);
    const again = (): unknown => Consumer.openExisting("ticks", { schema: Tick });
    expect(codeOf(again)).toBe("EBUSY");
    expect(again).toThrow(`process ${process.pid} (`);
    consumer.dispose();
    Consumer.openExisting("ticks", { schema: Tick }).dispose();
  });

  test("another schema is refused, naming both fingerprints; the size of a channel stays", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer } = pairOf(stack, 64);
    const Other = struct({ identity: u32 });
    for (const schema of [Other, bytes, json]) {
      const open = (): unknown => Producer.openExisting("ticks", { schema });
      expect(codeOf(open)).toBe("ERR_CORRUPT_SEGMENT");
      expect(open).toThrow(Tick.fingerprint.hex);
    }
    const large = stack.use(
      Producer.createOrOpen("ticks", { schema: Tick, capacityBytes: 1 << 20, maxProducers: 4 }),
    );
    let sent = 0;
    while (large.trySend({ id: sent })) sent++;
    expect(sent).toBe(8);
    expect([producer.createdNew, large.createdNew]).toEqual([true, false]);
  });
});

describe("bytes and json", () => {
  test("bytes: of any length up to the limit, in place and copied", () => {
    using _home = new Home();
    const options = { schema: bytes, capacityBytes: 4096 };
    using producer = Producer.createNew("raw", options);
    using consumer = Consumer.openExisting("raw", options);
    for (let length = 0; length <= 2040; length += 17) {
      producer.send(new Uint8Array(length).fill(length));
      expect(consumer.receive()).toEqual(new Uint8Array(length).fill(length));
      producer.claim(length, (view) => view.fill(length + 1));
      const count = consumer.poll((view) => {
        expect(view.every((byte) => byte === ((length + 1) & 0xff))).toBe(true);
        expect(view.length).toBe(length);
      });
      expect(count).toBe(1);
    }
    expect(codeOf(() => producer.send(new Uint8Array(2041)))).toBe("ERR_OUT_OF_RANGE");
    // Whoever asked for more learns that it was not the one to choose.
    using other = Producer.openExisting("raw", { schema: bytes, capacityBytes: 1 << 20 });
    expect(() => other.send(new Uint8Array(2041))).toThrow(
      'it must be <= 2040 bytes in "raw" (half of its ring of 4096 bytes, less 8; whoever creates it chooses capacityBytes): received 2041 bytes',
    );
    expect(codeOf(() => producer.send("text" as unknown as Uint8Array))).toBe(
      "ERR_INVALID_ARG_TYPE",
    );
  });

  test("json: whatever JSON can hold", () => {
    using _home = new Home();
    using producer = Producer.createNew("any", { schema: json });
    using consumer = Consumer.openExisting("any", { schema: json });
    const values = [null, 0, "", "ünï", [1, { a: null }], { deep: { er: [true] } }];
    for (const value of values) producer.send(value);
    producer.flush();
    for (const value of values) expect(consumer.receive()).toEqual(value);
    const circle: Record<string, unknown> = {};
    circle["itself"] = circle;
    for (const value of [undefined, () => 1, Symbol("s"), 1n, { deep: [1n] }, circle]) {
      expect(codeOf(() => producer.send(value))).toBe("ERR_INVALID_ARG_TYPE");
    }
    const own = new RangeError("the record's own");
    const toJSON = (): never => {
      throw own;
    };
    expect(() => producer.send({ toJSON })).toThrow(own);
    expect(codeOf(() => producer.send("x".repeat(1 << 20)))).toBe("ERR_OUT_OF_RANGE");
  });

  test("options and schemas that cannot be are refused", () => {
    using _home = new Home();
    const open = (options: object) => codeOf(() => Producer.createNew("bad", options as never));
    expect(open({})).toBe("ERR_INVALID_ARG_TYPE");
    expect(open({ schema: u32 })).toBe("ERR_INVALID_ARG_TYPE");
    expect(open({ schema: Tick, capacityBytes: 0 })).toBe("ERR_OUT_OF_RANGE");
    expect(open({ schema: Tick, capacityBytes: 2 ** 29 })).toBe("ERR_OUT_OF_RANGE");
    expect(open({ schema: Tick, maxProducers: 1025 })).toBe("ERR_OUT_OF_RANGE");
    expect(open({ schema: Tick, onFull: "explode" })).toBe("ERR_INVALID_ARG_VALUE");
    expect(open({ schema: Tick, lifetime: "long" })).toBe("ERR_INVALID_ARG_VALUE");
  });
});
