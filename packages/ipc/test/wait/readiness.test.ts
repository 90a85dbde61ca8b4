/** Sleeping until there is something: polling in place, waiting without taking, the newest record only. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection, expectRejections } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import {
  bytes,
  type ChannelSchema,
  Consumer,
  json,
  observe,
  Producer,
  Publisher,
  Requester,
  Responder,
  Subscriber,
  struct,
  u32,
} from "../../src/index.ts";

const Tick = struct({ id: u32 });

/** Both ends of a channel or topic. */
type Kind = <S extends ChannelSchema>(
  stack: DisposableStack,
  schema: S,
  name?: string,
) => { sender: Producer<S> | Publisher<S>; receiver: Consumer<S> | Subscriber<S> };

const KINDS: Readonly<Record<string, Kind>> = {
  Consumer: (stack, schema, name = "records") => {
    const sender = stack.use(Producer.createNew(name, { schema, capacityBytes: 1 << 14 }));
    return { sender, receiver: stack.use(Consumer.openExisting(name, { schema })) };
  },
  Subscriber: (stack, schema, name = "records") => {
    const sender = stack.use(Publisher.createNew(name, { schema, capacityBytes: 1 << 14 }));
    return { sender, receiver: stack.use(Subscriber.openExisting(name, { schema })) };
  },
  "Subscriber that is lapped": (stack, schema, name = "records") => {
    const sender = stack.use(Publisher.createNew(name, { schema, capacityBytes: 1 << 14 }));
    const options = { schema, onSlow: "lap" } as const;
    return { sender, receiver: stack.use(Subscriber.openExisting(name, options)) };
  },
};

/** Sends an id of each, later. */
function later(sender: Producer<typeof Tick> | Publisher<typeof Tick>, ...ids: number[]): void {
  setTimeout(() => {
    for (const id of ids) sender.send({ id });
  }, 5);
}

/** The bells that are to be rung when there are records. */
const awaited = (name: string): boolean => (observe(name).cells[0]?.waitingSlots ?? []).length > 0;

for (const [kind, open] of Object.entries(KINDS)) {
  describe(`${kind}.pollAsync()`, () => {
    test("sleeps until there is something, and hands it out in place, as much as was asked for", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, Tick);
      const seen: number[] = [];
      const cursors = new Set<object>();
      const note = (tick: { id: number }): void => {
        seen.push(tick.id);
        cursors.add(tick);
      };
      later(sender, 1, 2, 3);
      expect(await receiver.pollAsync(note, { limit: 2 })).toBe(2);
      expect(await receiver.pollAsync(note)).toBe(1);
      expect(seen).toEqual([1, 2, 3]);
      expect(cursors.size).toBe(1);
    });

    test("rejects when its time is over, its signal says so, or it is disposed, and takes nothing", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, Tick);
      const never = (): never => expect.unreachable();
      await expectRejection(
        receiver.pollAsync(never, { timeoutMs: 5 }),
        "TimeoutError",
        "ETIMEDOUT",
      );
      await expectRejection(
        receiver.pollAsync(never, { timeoutMs: 0 }),
        "TimeoutError",
        "ETIMEDOUT",
      );
      const stop = new AbortController();
      const stopped = receiver.pollAsync(never, { signal: stop.signal });
      stop.abort(new Error("enough"));
      expect(stopped).rejects.toThrow("enough");
      sender.send({ id: 7 });
      const over = receiver.pollAsync(never, { signal: AbortSignal.abort(new Error("over")) });
      expect(over).rejects.toThrow("over");
      expect(receiver.receive()).toEqual({ id: 7 });
      expect(awaited("records")).toBe(false);
      const disposed = receiver.pollAsync(never);
      receiver.dispose();
      await expectRejection(disposed, "DisposedError", "ERR_DISPOSED");
      await expectRejection(receiver.pollAsync(never), "DisposedError", "ERR_DISPOSED");
    });

    test("rejects with what its handler throws, and the record comes again", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, Tick);
      later(sender, 1);
      const failing = receiver.pollAsync(() => {
        throw new Error("no");
      });
      await expect(failing).rejects.toThrow("no");
      expect(receiver.tryReceive()).toEqual({ id: 1 });
    });

    test("lets go of the receiver inside its handler, and refuses other calls of it there", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, Tick);
      later(sender, 1);
      const count = await receiver.pollAsync(() => {
        expectCode(() => receiver.tryReceive(), "NotSupportedError", "ERR_NOT_SUPPORTED");
        receiver.dispose();
      });
      expect(count).toBe(1);
    });

    test("refuses what cannot be", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { receiver } = open(stack, Tick);
      const of = (options: object): Promise<number> => receiver.pollAsync(() => {}, options);
      const type = "ERR_INVALID_ARG_TYPE";
      await expectRejection(receiver.pollAsync(undefined as never), "TypeError", type);
      await expectRejection(of({ signal: 1 }), "TypeError", type);
      await expectRejection(of({ latest: 1 }), "TypeError", type);
      await expectRejection(of({ limit: 0 }), "RangeError", "ERR_OUT_OF_RANGE");
      await expectRejection(of({ timeoutMs: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
      await expectRejection(of({ timeout: 1 }), "TypeError", "ERR_INVALID_ARG_VALUE");
    });

    test("lets timers have their turn although there is always something", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, Tick);
      let isDue = false;
      setTimeout(() => {
        isDue = true;
      }, 1);
      while (!isDue) {
        sender.send({ id: 1 });
        await receiver.pollAsync(() => {});
      }
    });
  });

  describe(`${kind}.ready()`, () => {
    test("waits without taking, and is ready at once when there is something", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, Tick);
      later(sender, 1, 2);
      expect(await receiver.ready()).toBeUndefined();
      await receiver.ready({ timeoutMs: 0 });
      const seen: number[] = [];
      receiver.poll(({ id }) => seen.push(id));
      expect(seen).toEqual([1, 2]);
      await expectRejection(receiver.ready({ timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
    });

    test("of several races, and leaves nothing behind when it is aborted", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const pairs = ["a", "b", "c"].map((name) => open(stack, Tick, name));
      for (const winner of [2, 0, 1]) {
        const others = new AbortController();
        const { signal } = others;
        later((pairs[winner] as (typeof pairs)[0]).sender, winner);
        const won = await Promise.race(
          pairs.map(({ receiver }, index) => receiver.ready({ signal }).then(() => index)),
        );
        others.abort();
        expect(won).toBe(winner);
        expect(pairs.map(({ receiver }) => receiver.tryReceive()?.id)).toEqual(
          pairs.map((_, index) => (index === winner ? index : undefined)),
        );
        expect(["a", "b", "c"].filter(awaited)).toEqual([]);
      }
    });

    test("waits once however many races it has lost without a signal", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const busy = open(stack, Tick, "busy");
      const idle = open(stack, Tick, "idle");
      for (let id = 0; id < 100; id++) {
        busy.sender.send({ id });
        await Promise.race([idle.receiver.ready(), busy.receiver.ready()]);
        expect(busy.receiver.receive()).toEqual({ id });
      }
      expect(idle.receiver.metrics.emptyWaits).toBe(1);
      idle.sender.send({ id: 1 });
      await idle.receiver.ready();
      expect(idle.receiver.receive()).toEqual({ id: 1 });
    });

    test("rejects when it is disposed meanwhile", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { receiver } = open(stack, Tick);
      const waits = [receiver.ready(), receiver.ready({ timeoutMs: 200_000 })];
      receiver.dispose();
      await expectRejections(waits, "DisposedError", "ERR_DISPOSED");
    });
  });

  describe(`${kind}.receiveInto()`, () => {
    test("copies into the caller's buffer, and takes nothing that does not fit", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, bytes);
      const buffer = new Uint8Array(8).fill(9);
      expect(receiver.tryReceiveInto(buffer)).toBeUndefined();
      const late = { timeoutMs: 5 };
      expectCode(() => receiver.receiveInto(buffer, late), "TimeoutError", "ETIMEDOUT");
      for (const length of [3, 0, 100, 8]) sender.send(new Uint8Array(length).fill(length));
      sender.flush();
      expect(receiver.receiveInto(buffer)).toBe(3);
      expect([...buffer]).toEqual([3, 3, 3, 9, 9, 9, 9, 9]);
      expect(receiver.receiveInto(buffer)).toBe(0);
      for (let again = 0; again < 2; again++) {
        const error = expectCode(
          () => receiver.receiveInto(buffer),
          "RangeError",
          "ERR_OUT_OF_RANGE",
        );
        expect(error.message).toMatch(/100.*\b8\b/);
      }
      expect(receiver.receiveInto(new Uint8Array(100))).toBe(100);
      expect(receiver.tryReceiveInto(buffer)).toBe(8);
      expect(buffer.every((byte) => byte === 8)).toBe(true);
      expect(receiver.metrics).toMatchObject({ records: 4, bytes: 111, lag: 0 });
    });

    test("copies the bytes of a struct, for its schema to decode", () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, Tick);
      for (let id = 1; id <= 3; id++) sender.send({ id });
      sender.flush();
      const buffer = new Uint8Array(Tick.size + 1).fill(9);
      const small = buffer.subarray(0, Tick.size - 1);
      expectCode(() => receiver.receiveInto(small), "RangeError", "ERR_OUT_OF_RANGE");
      expect(receiver.receiveInto(buffer)).toBe(Tick.size);
      expect(Tick.decode(new DataView(buffer.buffer), 0)).toEqual({ id: 1 });
      expect(buffer.at(-1)).toBe(9);
      expect(receiver.tryReceiveInto(buffer)).toBe(Tick.size);
      expect(Tick.decode(new DataView(buffer.buffer), 0)).toEqual({ id: 2 });
      expect(receiver.receive()).toEqual({ id: 3 });
      expect(receiver.tryReceiveInto(buffer)).toBeUndefined();
      expect(receiver.metrics).toMatchObject({ records: 3, bytes: 3 * Tick.size, lag: 0 });
    });

    test("copies the text of JSON", () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, json);
      sender.send({ text: "é" });
      sender.flush();
      const buffer = Buffer.alloc(100);
      const length = receiver.receiveInto(buffer);
      expect(buffer.toString("utf8", 0, length)).toBe('{"text":"é"}');
    });

    test("wants memory to copy to", () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { receiver } = open(stack, bytes);
      const none = [] as unknown as Uint8Array;
      expectCode(() => receiver.receiveInto(none), "TypeError", "ERR_INVALID_ARG_TYPE");
      const gone = new Uint8Array(8);
      gone.buffer.transfer();
      expectCode(() => receiver.receiveInto(gone), "TypeError", "ERR_INVALID_ARG_VALUE");
    });
  });

  describe(`${kind}.poll() for the latest`, () => {
    for (const [what, schema, recordOf] of [
      ["structs", Tick, (id: number) => ({ id })],
      ["bytes", bytes, (id: number) => new Uint8Array(1 + (id % 60)).fill(id)],
      ["json", json, (id: number) => ({ id, text: "é".repeat(id % 60) })],
    ] as const) {
      test(`${what}: hands the newest record out, counts those before it, and gives their room back`, async () => {
        using _home = new Home();
        using stack = new DisposableStack();
        const { sender, receiver } = open(stack, schema as typeof json);
        let id = 0;
        let skipped = 0;
        let handled = 0;
        const latest = (): number =>
          receiver.poll(
            (record) => {
              const expected = recordOf(id - 1) as object;
              for (const [key, value] of Object.entries(expected)) expect(record[key]).toBe(value);
              handled++;
            },
            { latest: true },
          );
        expect(latest()).toBe(0);
        // Many times round the ring.
        for (let round = 0; round < 200; round++) {
          const count = 1 + ((round * 7) % 40);
          for (let i = 0; i < count; i++) sender.send(recordOf(id++) as never);
          sender.flush();
          skipped += count - 1;
          expect(latest()).toBe(1);
        }
        expect(handled).toBe(200);
        expect(receiver.metrics).toMatchObject({ skipped, records: id, lag: 0, corruptions: 0 });
        expect(latest()).toBe(0);
        setTimeout(() => {
          for (let i = 0; i < 3; i++) sender.send(recordOf(id++) as never);
        }, 5);
        const newest = await receiver.pollAsync(() => {}, { latest: true });
        expect(newest).toBe(1);
        expect(receiver.tryReceive()).toBeUndefined();
      });
    }

    test("hands out the newest of each sender, and the one whose handler throws again", () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { sender, receiver } = open(stack, Tick);
      const other = stack.use(
        sender instanceof Producer
          ? Producer.openExisting("records", { schema: Tick })
          : Publisher.openExisting("records", { schema: Tick }),
      );
      for (let id = 0; id < 10; id++) (id % 2 === 0 ? sender : other).send({ id });
      sender.flush();
      other.flush();
      const fail = (): never => {
        throw new Error("no");
      };
      expect(() => receiver.poll(fail, { latest: true })).toThrow("no");
      const seen: number[] = [];
      const note = ({ id }: { id: number }): unknown => seen.push(id);
      expect(receiver.poll(note, { latest: true, limit: 1 })).toBe(1);
      expect(receiver.poll(note, { latest: true })).toBe(1);
      expect(seen.sort()).toEqual([8, 9]);
      expect(receiver.metrics.skipped).toBe(8);
    });
  });
}

describe("Responder.pollAsync()", () => {
  const schemas = { request: Tick, response: Tick };
  const twice = (request: { id: number }, place: { id: number }): undefined => {
    place.id = request.id * 2;
  };

  test("sleeps until there are requests, and answers them in place", async () => {
    using _home = new Home();
    using responder = Responder.createNew("twice", schemas);
    using requester = Requester.openExisting("twice", schemas);
    const answers: Promise<{ id: number }>[] = [];
    setTimeout(() => {
      for (const id of [1, 2, 3]) answers.push(requester.request({ id }));
    }, 5);
    await responder.ready();
    expect(await responder.pollAsync(twice, { limit: 2 })).toBe(2);
    expect(await responder.pollAsync(twice)).toBe(1);
    expect(await Promise.all(answers)).toEqual([{ id: 2 }, { id: 4 }, { id: 6 }]);
  });

  test("ends as other waits do", async () => {
    using _home = new Home();
    using responder = Responder.createNew("twice", schemas);
    const late = responder.pollAsync(twice, { timeoutMs: 5 });
    await expectRejection(late, "TimeoutError", "ETIMEDOUT");
    await expectRejection(responder.ready({ timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
    const stop = new AbortController();
    const stopped = [
      responder.ready({ signal: stop.signal }),
      responder.pollAsync(twice, { signal: stop.signal }),
    ];
    const endings = Promise.allSettled(stopped);
    stop.abort(new Error("enough"));
    for (const ending of await endings) {
      expect(ending).toMatchObject({ status: "rejected", reason: new Error("enough") });
    }
    const disposed = [responder.pollAsync(twice), responder.ready()];
    responder.dispose();
    await expectRejections(disposed, "DisposedError", "ERR_DISPOSED");
  });

  test("goes on with a requester's lane once it has read its replies", async () => {
    using _home = new Home();
    const options = { request: bytes, response: bytes, capacityBytes: 256 };
    using responder = Responder.createNew("echo", options as never);
    using requester = Requester.openExisting("echo", options as never);
    const answers = Array.from({ length: 40 }, (_, i) =>
      requester.request(new Uint8Array(40).fill(i) as never, { timeoutMs: 200_000 }),
    );
    for (let left = 40; left > 0; ) {
      left -= await responder.pollAsync((request) => (request as Uint8Array).slice() as never);
    }
    expect((await Promise.all(answers)).map((answer) => (answer as Uint8Array)[0])).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    );
  });
});
