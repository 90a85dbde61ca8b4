/** What becomes of the record with which a loop is left, or with which a handler throws. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import {
  bytes,
  type ChannelSchema,
  Consumer,
  json,
  Producer,
  Publisher,
  removeSegment,
  Subscriber,
  struct,
  u32,
} from "../../src/index.ts";

const Tick = struct({ id: u32 });

/** Records of every kind that say which they are. */
interface Kind {
  readonly options: { readonly schema: ChannelSchema; readonly latency?: boolean };
  readonly recordOf: (id: number) => unknown;
  // biome-ignore lint/suspicious/noExplicitAny: a record of the kind.
  readonly idOf: (record: any) => number;
}

const wordOf = (id: number): Uint8Array => {
  // Of different lengths, so that padding comes before some of them.
  const record = new Uint8Array(4 + (id % 5) * 8);
  new DataView(record.buffer).setUint32(0, id);
  return record;
};

const KINDS: Record<string, Kind> = {
  struct: { options: { schema: Tick }, recordOf: (id) => ({ id }), idOf: ({ id }) => id },
  json: { options: { schema: json }, recordOf: (id) => ({ id }), idOf: ({ id }) => id },
  bytes: {
    options: { schema: bytes },
    recordOf: wordOf,
    idOf: (record: Uint8Array) => new DataView(record.buffer, record.byteOffset).getUint32(0),
  },
};

const CHANNEL_KINDS: Record<string, Kind> = {
  ...KINDS,
  "struct with times": {
    ...(KINDS["struct"] as Kind),
    options: { schema: Tick, latency: true },
  },
};

const CAPACITY = { capacityBytes: 1024 };

/** A consumer or a subscriber. */
interface Receiver extends Disposable, AsyncIterable<unknown> {
  poll(handler: (record: never) => void, options?: { limit?: number }): number;
  tryReceive(): unknown;
  acknowledge(): void;
  readonly metrics: { readonly records: number };
}

/** A sender and how to open one who receives from it. */
interface Pair {
  readonly send: (id: number) => void;
  readonly flush: () => void;
  readonly open: () => Receiver;
}

function channelOf(stack: DisposableStack, { options, recordOf }: Kind): Pair {
  const producer = stack.use(Producer.createNew("redelivery", { ...options, ...CAPACITY }));
  return {
    send: (id) => producer.send(recordOf(id) as never),
    flush: () => producer.flush(),
    open: () => Consumer.openExisting("redelivery", options) as unknown as Receiver,
  };
}

function topicOf(
  stack: DisposableStack,
  { options, recordOf }: Kind,
  onSlow: "gate" | "lap",
): Pair {
  const publisher = stack.use(Publisher.createNew("redelivery", { ...options, ...CAPACITY }));
  return {
    send: (id) => publisher.send(recordOf(id) as never),
    flush: () => publisher.flush(),
    open: () =>
      Subscriber.openExisting("redelivery", { ...options, onSlow }) as unknown as Receiver,
  };
}

/** Follows until the body throws at a record; what was handled. */
async function followUntil(receiver: Receiver, { idOf }: Kind, last: number): Promise<number[]> {
  const handled: number[] = [];
  const loop = async (): Promise<void> => {
    for await (const record of receiver) {
      if (idOf(record) === last) throw new Error("no");
      handled.push(idOf(record));
    }
  };
  await expect(loop()).rejects.toThrow("no");
  return handled;
}

function rest(receiver: Receiver, { idOf }: Kind): number[] {
  const ids: number[] = [];
  for (let record = receiver.tryReceive(); record !== undefined; record = receiver.tryReceive()) {
    ids.push(idOf(record));
  }
  return ids;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

/** What channels and topics have in common. */
function sharedTests(kind: Kind, pairOf: (stack: DisposableStack) => Pair): void {
  test("the record of a body that throws comes again, in its place", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { send, flush, open } = pairOf(stack);
    const receiver = stack.use(open());
    for (let from = 0; from < 400; from += 10) {
      for (let id = from; id < from + 10; id++) send(id);
      flush();
      expect(await followUntil(receiver, kind, from)).toEqual([]);
      expect(await followUntil(receiver, kind, from + 7)).toEqual(range(from, from + 7));
      expect(await followUntil(receiver, kind, from + 8)).toEqual([from + 7]);
      expect(rest(receiver, kind)).toEqual([from + 8, from + 9]);
      expect(receiver.metrics.records).toBe(from + 10);
    }
  });

  test("the record of a handler of poll() that throws comes again, and those before it do not", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { send, flush, open } = pairOf(stack);
    const receiver = stack.use(open());
    for (let from = 0; from < 200; from += 10) {
      for (let id = from; id < from + 10; id++) send(id);
      flush();
      const handled: number[] = [];
      const fail = (): number =>
        receiver.poll((record) => {
          if (kind.idOf(record) === from + 4) throw new Error("four");
          handled.push(kind.idOf(record));
        });
      expect(fail).toThrow("four");
      expect(fail).toThrow("four");
      expect(handled).toEqual(range(from, from + 4));
      expect(rest(receiver, kind)).toEqual(range(from + 4, from + 10));
      expect(receiver.metrics.records).toBe(from + 10);
    }
  });

  test("break looks like a throw: the record comes again unless it was acknowledged", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { send, flush, open } = pairOf(stack);
    const receiver = stack.use(open());
    for (let id = 0; id < 6; id++) send(id);
    flush();
    for await (const record of receiver) if (kind.idOf(record) === 2) break;
    for await (const record of receiver) {
      expect(kind.idOf(record)).toBe(2);
      receiver.acknowledge();
      break;
    }
    expect(rest(receiver, kind)).toEqual([3, 4, 5]);
  });
}

for (const [name, kind] of Object.entries(CHANNEL_KINDS)) {
  describe(`a channel of ${name}`, () => {
    sharedTests(kind, (stack) => channelOf(stack, kind));

    test("the next consumer begins with the record of the body that threw, was left or disposed", async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { send, flush, open } = channelOf(stack, kind);
      for (let id = 0; id < 8; id++) send(id);
      flush();
      {
        using consumer = open();
        await followUntil(consumer, kind, 3);
      }
      {
        using consumer = open();
        for await (const record of consumer) {
          expect(kind.idOf(record)).toBe(3);
          break;
        }
      }
      {
        using consumer = open();
        for await (const record of consumer) {
          if (kind.idOf(record) === 5) consumer[Symbol.dispose]();
        }
      }
      using consumer = open();
      expect(rest(consumer, kind)).toEqual([5, 6, 7]);
    });
  });
}

for (const onSlow of ["gate", "lap"] as const) {
  for (const [name, kind] of Object.entries(KINDS)) {
    describe(`a topic of ${name}, ${onSlow}`, () => {
      sharedTests(kind, (stack) => topicOf(stack, kind, onSlow));
    });
  }
}

describe("a lapped subscriber", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    test(`of ${name}: a record that was overwritten meanwhile is lost, and told`, async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const { send, flush } = topicOf(stack, kind, "lap");
      let told = 0;
      const subscriber = stack.use(
        Subscriber.openExisting("redelivery", {
          ...kind.options,
          onSlow: "lap",
          onLapped: ({ lost }) => {
            told += lost;
          },
        }),
      ) as unknown as Receiver & { readonly lost: number };
      for (let id = 0; id < 3; id++) send(id);
      flush();
      const loop = async (): Promise<void> => {
        for await (const record of subscriber) {
          if (kind.idOf(record) < 1) continue;
          for (let id = 3; id < 1000; id++) send(id);
          flush();
          throw new Error("no");
        }
      };
      await expect(loop()).rejects.toThrow("no");
      const ids = rest(subscriber, kind);
      expect(ids.at(-1)).toBe(999);
      expect(ids).toEqual(range(ids[0] as number, 1000));
      expect(subscriber.lost).toBe(told);
      // The record 0 has been read, and nothing but it.
      expect(1 + told + ids.length).toBe(1000);
    });
  }
});

describe("a consumer of several producers", () => {
  test("whatever throws and whenever: each record is handled once, in its producer's order", async () => {
    using _home = new Home();
    for (const [name, kind] of Object.entries(CHANNEL_KINDS)) {
      const random = new SeededRandom(seedOf(`redelivery of ${name}`));
      using stack = new DisposableStack();
      const options = { ...kind.options, ...CAPACITY };
      const producers = [0, 1, 2].map(() =>
        stack.use(Producer.createOrOpen("redelivery", options)),
      );
      const sent = [0, 0, 0];
      const handled = [0, 0, 0];
      let consumer = Consumer.openExisting("redelivery", kind.options) as unknown as Receiver;
      const handle = (record: unknown): void => {
        const id = kind.idOf(record);
        const lane = Math.floor(id / 1_000_000);
        if (random.below(5) === 0) throw new Error("no");
        expect(id % 1_000_000).toBe(handled[lane] as number);
        (handled[lane] as number)++;
      };
      const pass = (error: unknown): void => {
        if ((error as Error).message !== "no") throw error;
      };
      for (let round = 0; round < 600; round++) {
        for (const [lane, producer] of producers.entries()) {
          for (let left = random.below(8); left > 0; left--) {
            const record = kind.recordOf(lane * 1_000_000 + (sent[lane] as number));
            if (!producer.trySend(record as never)) break;
            (sent[lane] as number)++;
          }
          producer.flush();
        }
        try {
          if (random.below(3) === 0) consumer.poll(handle, { limit: 1 + random.below(20) });
          else {
            let left = random.below(30);
            const lags = (): boolean =>
              handled.some((count, lane) => count < (sent[lane] as number));
            if (lags()) {
              for await (const record of consumer) {
                handle(record);
                if (left-- > 0 && lags()) continue;
                consumer.acknowledge();
                break;
              }
            }
          }
        } catch (error) {
          pass(error);
        }
        if (random.below(10) > 0) continue;
        consumer[Symbol.dispose]();
        consumer = Consumer.openExisting("redelivery", kind.options) as unknown as Receiver;
      }
      for (;;) {
        try {
          if (consumer.poll(handle) === 0) break;
        } catch (error) {
          pass(error);
        }
      }
      expect(handled).toEqual(sent);
      consumer[Symbol.dispose]();
    }
  });
});

describe("a producer that leaves before anybody has come", () => {
  test("its records stay in a persistent channel, and go with another one", () => {
    using _home = new Home();
    for (const lifetime of ["persistent", "held"] as const) {
      const options = { schema: Tick, lifetime };
      const producer = Producer.createNew("redelivery", options);
      producer.send({ id: 7 });
      producer.dispose();
      const consumer = Consumer.createOrOpen("redelivery", options);
      expect(consumer.createdNew).toBe(lifetime === "held");
      expect(consumer.tryReceive()).toEqual(lifetime === "held" ? undefined : { id: 7 });
      consumer.dispose();
      if (lifetime === "persistent") removeSegment("redelivery");
    }
  });
});

describe("a process that ends because a body threw", () => {
  test.each(["using", "const"])(
    "%s consumer: the next one begins with its record",
    async (binding) => {
      using _home = new Home();
      using producer = Producer.createNew("redelivery", { schema: Tick });
      for (let id = 0; id < 5; id++) producer.send({ id });
      producer.flush();
      const program = `
      import { Consumer, struct, u32 } from ${JSON.stringify(join(import.meta.dir, "../../src/index.ts"))};
      ${binding} consumer = Consumer.openExisting("redelivery", { schema: struct({ id: u32 }) });
      for await (const { id } of consumer) if (id === 2) throw new Error("two");
    `;
      const child = Bun.spawnSync([process.execPath, "-e", program], { env: { ...process.env } });
      expect(child.exitCode).toBe(1);
      expect(`${child.stderr}`).toContain("two");
      using consumer = Consumer.openExisting("redelivery", { schema: Tick });
      const { id } = consumer.receive();
      // With \`const\` nobody disposed the consumer, as in a crash: those before it may come again, too.
      if (binding === "using") expect(id).toBe(2);
      else expect(id).toBeLessThanOrEqual(2);
    },
  );
});
