/** Records from one name to another through a real server, of all kinds and both ways. */
import { describe, expect, test } from "bun:test";
import {
  bytes,
  type ChannelSchema,
  Consumer,
  f64,
  json,
  Producer,
  Publisher,
  type RecordInput,
  Subscriber,
  struct,
  u32,
  WorkQueue,
} from "@isthmus/ipc";
import { NatsServer } from "@isthmus/programs/nats-server";
import { Journal } from "@isthmus/store";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { serverTest } from "@isthmus/testing/server-test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { bridge } from "../src/bridge.ts";
import type { BridgeGap, BridgeOptions } from "../src/index.ts";

const Order = struct({ id: u32, price: f64 });
const order = (id: number): { id: number; price: number } => ({ id, price: id / 2 });
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Receives so many records. */
async function receive<S extends ChannelSchema>(
  consumer: Consumer<S> | Subscriber<S>,
  count: number,
): Promise<unknown[]> {
  const found: unknown[] = [];
  while (found.length < count) found.push(await consumer.receiveAsync({ timeoutMs: 50_000 }));
  return found;
}

/** Opens a journal for reading; undefined where there is none yet. */
function openWhereThereIs(path: string): Journal<typeof json> | undefined {
  try {
    return Journal.open(path, { access: "read", schema: json });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

describe("bridge()", () => {
  serverTest("ends with its signal, also when that comes before there is a bridge", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    using producer = Producer.createOrOpen("orders", { schema: Order });
    producer.send(order(1));
    const reason = new Error("enough");
    const told = { server: server.url, role: "out", signal: AbortSignal.abort(reason) } as const;
    expect(await bridge("orders", told).catch((error: unknown) => error)).toBe(reason);
    for (const isConnecting of [true, false]) {
      const ending = new AbortController();
      const opening = bridge("orders", { server: server.url, role: "out", signal: ending.signal });
      if (!isConnecting) await opening;
      ending.abort(reason);
      if (isConnecting) expect(await opening.catch((error: unknown) => error)).toBe(reason);
      else await (await opening).closed;
    }
  });

  const kinds: readonly [string, ChannelSchema, (i: number) => RecordInput<ChannelSchema>][] = [
    ["structs", Order, order],
    ["JSON", json, (i) => ({ id: i, text: "ü".repeat(i % 50) })],
    ["bytes", bytes, (i) => Uint8Array.of(i, i >> 8)],
  ];
  for (const [what, schema, make] of kinds) {
    for (const latency of [false, true]) {
      const title = `carries a channel of ${what}${latency ? " that tell when they were sent" : ""}`;
      serverTest(title, async () => {
        using _ = new Home();
        await using server = await NatsServer.start();
        const options = { schema, latency, capacityBytes: 1 << 13 } as const;
        using first = Producer.createOrOpen("orders", options);
        using second = Producer.createOrOpen("orders", options);
        await using out = await bridge("orders", { server: server.url, role: "out" });
        using consumer = Consumer.createOrOpen("far", options);
        await using back = await bridge("orders", { server: server.url, role: "in", here: "far" });
        // Several times what a lane has room for.
        const count = 2000;
        const sending = (async () => {
          for (const i of range(count)) {
            await first.sendAsync(make(2 * i) as never);
            await second.sendAsync(make(2 * i + 1) as never);
          }
        })();
        const found = await receive(consumer, 2 * count);
        await sending;
        // Each sender's in order, and nothing else.
        const texts = found.map((record) => JSON.stringify(record));
        const isEven = new Map(range(2 * count).map((i) => [JSON.stringify(make(i)), i % 2 === 0]));
        if (what !== "bytes") {
          const even = texts.filter((text) => isEven.get(text));
          expect(even).toEqual(range(count).map((i) => JSON.stringify(make(2 * i))));
        }
        expect(texts.toSorted()).toEqual(
          range(2 * count)
            .map((i) => JSON.stringify(make(i)))
            .toSorted(),
        );
        await until(
          () => out.metrics.lag === 0 && out.metrics.records === 2 * count,
          "that all was sent",
        );
        expect(out.state).toBe("live");
        expect(back.metrics).toMatchObject({ records: 2 * count, duplicates: 0, gaps: 0, lost: 0 });
      });
    }
  }

  serverTest("carries a topic both ways, and nothing in a circle", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    const options = { schema: Order };
    using left = Publisher.createOrOpen("left", options);
    using right = Publisher.createOrOpen("right", options);
    using onLeft = Subscriber.createOrOpen("left", options);
    using onRight = Subscriber.createOrOpen("right", options);
    const how = { server: server.url, role: "both", schema: Order } as const;
    await using one = await bridge("prices", { ...how, here: "left" });
    await using two = await bridge("prices", { ...how, here: "right" });
    for (const i of range(100)) {
      left.send(order(i));
      right.send(order(1000 + i));
    }
    const byId = (a: unknown, b: unknown): number =>
      (a as { id: number }).id - (b as { id: number }).id;
    const all = [...range(100), ...range(100).map((i) => 1000 + i)].map(order);
    expect((await receive(onLeft, 200)).toSorted(byId)).toEqual(all);
    expect((await receive(onRight, 200)).toSorted(byId)).toEqual(all);
    left.send(order(7));
    expect(await receive(onRight, 1)).toEqual([order(7)]);
    expect(onLeft.tryReceive()).toEqual(order(7));
    expect(onLeft.tryReceive()).toBeUndefined();
    expect([one.state, two.state]).toEqual(["live", "live"]);
  });

  serverTest("carries a journal into another one, and goes on where it was", async () => {
    using _ = new Home();
    using directory = new TemporaryDirectory();
    await using server = await NatsServer.start();
    const [here, there] = [directory.file("here.journal"), directory.file("there.journal")];
    using journal = Journal.open(here, { schema: json });
    journal.appendAll(range(1000));
    const how = { server: server.url } as const;
    for (const round of range(3)) {
      await using _out = await bridge("log", { ...how, role: "out", journal: here });
      await using back = await bridge("log", { ...how, role: "in", journal: there });
      journal.appendAll(range(10).map((i) => 1000 + round * 10 + i));
      using far = await until(() => openWhereThereIs(there), "the journal there");
      await until(() => far.metrics.lastSequence === 1010 + round * 10, "all records");
      expect(back.metrics.duplicates).toBe(0);
    }
    using far = Journal.open(there, { access: "read" });
    expect([...far.read()[Symbol.iterator]()].map((entry) => entry.gap ?? entry.value)).toEqual(
      range(1030),
    );
    // What has arrived is not kept for it.
    expect(journal.tailers()).toMatchObject([{ name: "bridge", lag: 0 }]);
  });

  serverTest("carries dead letters into a channel, each once", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    using queue = WorkQueue.createOrOpen("jobs", { schema: json, maxAttempts: 1 });
    const die = (i: number): void => {
      queue.add({ i });
      queue.tryTake()?.fail(new Error("no"));
    };
    for (const i of range(200)) die(i);
    const how = { server: server.url } as const;
    using consumer = Consumer.createOrOpen("jobs.dead", { schema: json });
    for (const round of range(2)) {
      await using out = await bridge("jobs", { ...how, role: "out" });
      await using _in = await bridge("jobs", { ...how, role: "in" });
      die(200 + round);
      await until(
        () => queue.dead.count === 0 && out.metrics.inFlight === 0,
        "that all letters were sent",
      );
      expect(await receive(consumer, round === 0 ? 201 : 1)).toHaveLength(round === 0 ? 201 : 1);
    }
    expect(consumer.tryReceive()).toBeUndefined();
  });

  serverTest("learns from the server what records are", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    await using back = await bridge("late", { server: server.url, role: "in", here: "far" });
    await using out = await bridge("late", { server: server.url, role: "out" });
    expect([out.state, back.state]).toEqual(["connecting", "connecting"]);
    using producer = Producer.createOrOpen("late", { schema: Order });
    producer.send(order(1));
    await until(() => back.state === "live", "life");
    using consumer = Consumer.createOrOpen("far", { schema: Order });
    expect(await receive(consumer, 1)).toEqual([order(1)]);
  });

  serverTest("refuses other records, in words", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    const how = { server: server.url } as const;
    using producer = Producer.createOrOpen("orders", { schema: Order });
    {
      await using out = await bridge("orders", { ...how, role: "out" });
      producer.send(order(1));
      await until(() => out.metrics.records === 1, "the first record");
    }
    const Other = struct({ id: u32, cost: f64 });
    const opening = bridge("orders", { ...how, role: "in", here: "far", schema: Other });
    const { message } = await expectRejection(
      opening,
      "CorruptSegmentError",
      "ERR_CORRUPT_SEGMENT",
    );
    expect(message).toMatch(
      /^Cannot bridge "orders": the records on the server have the schema [0-9a-f]{16}, those here [0-9a-f]{16}: field "cost" must be f64: found "price" f64 in its place; give the new records another name, or remove the stream/,
    );
    using changed = Producer.createOrOpen("changed", { schema: Other });
    const out = await bridge("orders", { ...how, role: "out", here: "changed" });
    changed.send({ id: 1, cost: 1 });
    await expectRejection(out.closed, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    expect(out.state).toBe("failed");
  });

  test.each(["", "a/b", ".a"])("refuses the name %p, and says what it is", async (name) => {
    const refused = bridge(name, { role: "out" });
    const { message } = await expectRejection(refused, "TypeError", "ERR_INVALID_ARG_VALUE");
    expect(message).toEndWith(`received type string ('${name}')`);
  });

  test.each<[string, unknown[]]>([
    ["wait", [null, 1]],
    ["journal", [null, 1]],
    ["spill", [null, 1]],
    ["capacityBytes", [null, "1"]],
    ["server", [null, 1]],
  ])("refuses a %s of another type, before anything is connected", async (option, values) => {
    for (const value of values) {
      const how = { server: "nats://127.0.0.1:1", role: "out", [option]: value } as const;
      const refused = bridge("orders", how as BridgeOptions);
      const { message } = await expectRejection(refused, "TypeError", "ERR_INVALID_ARG_TYPE");
      expect(message).toStartWith(`The "options.${option}" argument`);
    }
  });

  serverTest("is one of its name and direction on a machine", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    const how = { server: server.url, role: "out", schema: Order } as const;
    await using _one = await bridge("orders", how);
    for (const here of [Symbol("here"), 1, null] as never[]) {
      const wrong = bridge("orders", { ...how, here });
      await expectRejection(wrong, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    const { message } = await expectRejection(bridge("orders", how), "SystemError", "EBUSY");
    expect(message).toContain(`bridge "orders" out: another bridge does (process ${process.pid})`);
  });

  serverTest(
    "cuts messages to what the server takes, and says which record is too long",
    async () => {
      using _ = new Home();
      await using server = await NatsServer.start({ settings: "max_payload: 16KB" });
      using producer = Producer.createOrOpen("blobs", { schema: bytes, capacityBytes: 1 << 20 });
      using consumer = Consumer.createOrOpen("far", { schema: bytes, capacityBytes: 1 << 20 });
      const out = await bridge("blobs", { server: server.url, role: "out" });
      await using _in = await bridge("blobs", { server: server.url, role: "in", here: "far" });
      producer.batch((batch) => {
        for (const i of range(100)) batch.send(new Uint8Array(4000).fill(i));
      });
      const found = (await receive(consumer, 100)) as Uint8Array[];
      expect(found.map(([first, ...rest]) => [first, rest.length])).toEqual(
        range(100).map((i) => [i, 3999]),
      );
      producer.send(new Uint8Array(20_000));
      const { message } = await expectRejection(out.closed, "RangeError", "ERR_OUT_OF_RANGE");
      expect(message).toContain("raise max_payload of the server, which is 16384");
    },
  );

  serverTest("holds senders back while a stream is full, and loses nothing", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    using producer = Producer.createOrOpen("orders", { schema: bytes, capacityBytes: 1 << 16 });
    const stream = { maxBytes: 1 << 18 };
    await using out = await bridge("orders", { server: server.url, role: "out", stream });
    const sending = (async () => {
      for (const i of range(800)) await producer.sendAsync(new Uint8Array(1000).fill(i));
    })();
    await until(() => out.state === "full" && producer.metrics.fullWaits > 0, "a full stream");
    using consumer = Consumer.createOrOpen("far", { schema: bytes, capacityBytes: 1 << 16 });
    await using _in = await bridge("orders", { server: server.url, role: "in", here: "far" });
    const found = (await receive(consumer, 800)) as Uint8Array[];
    expect(found.map(([first]) => first)).toEqual(range(800).map((i) => i % 256));
    await sending;
    await until(() => out.state === "live" && out.metrics.lag === 0, "that all was sent");
    expect(out.metrics.stalls).toBeGreaterThan(0);
  });

  serverTest("counts what a full stream has dropped, when that is wanted", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    using publisher = Publisher.createOrOpen("ticks", { schema: Order });
    const stream = { maxBytes: 1 << 16 };
    await using out = await bridge("ticks", {
      server: server.url,
      role: "out",
      stream,
      batchBytes: 4096,
    });
    const gaps: BridgeGap[] = [];
    const onGap = (gap: BridgeGap): void => void gaps.push(gap);
    const back = { server: server.url, role: "in", here: "far", onGap } as const;
    {
      await using first = await bridge("ticks", back);
      publisher.send(order(0));
      await until(() => first.metrics.records === 1, "the first record");
    }
    for (const i of range(8000)) await publisher.sendAsync(order(1 + i));
    await until(() => out.metrics.records === 8001, "that all was sent");
    await using second = await bridge("ticks", back);
    using subscriber = Subscriber.openExisting("far", { schema: Order, from: "history" });
    const { lost } = await until(() => second.metrics.lost > 0 && second.metrics, "a gap");
    expect(gaps).toEqual([{ lane: 0, from: 1, to: 1 + lost }]);
    const [zero, next] = (await receive(subscriber, 2)) as { id: number }[];
    expect([zero?.id, next?.id]).toEqual([0, 1 + lost]);
  });
});
