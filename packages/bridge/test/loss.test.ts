/** What is lost on the way, and what must not be: cut links, torn servers, killed bridges, and two of them. */
import { describe, expect, test } from "bun:test";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { Consumer, Producer, Publisher, struct, u32 } from "@isthmus/ipc";
import { RelaySink, RelaySource } from "@isthmus/ipc/internal";
import { findNatsServer, NatsServer } from "@isthmus/programs/nats-server";
import { TcpLink } from "@isthmus/programs/tcp-link";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { jetstreamManager } from "@nats-io/jetstream";
import { bridge } from "../src/bridge.ts";
import { BridgeHead } from "../src/bridge-head.ts";
import { ServerConnection } from "../src/connection.ts";
import { RingSink } from "../src/in/ring-sink.ts";
import { Outbound } from "../src/out/outbound.ts";
import { RingSource } from "../src/out/ring-source.ts";
import { bridgeSchema } from "../src/stream/description.ts";
import { decodeFrame, encodeFrame, recordsOf } from "../src/stream/frame.ts";
import { NameStream } from "../src/stream/name-stream.ts";
import { Positions } from "../src/stream/positions.ts";

const serverTest = testIf(findNatsServer() !== undefined, "nats-server");

const Tick = struct({ id: u32 });
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
const ids = (records: readonly unknown[]): number[] =>
  records.map((record) => (record as { id: number }).id);

async function receive(consumer: Consumer<typeof Tick>, count: number): Promise<number[]> {
  const found: unknown[] = [];
  while (found.length < count) found.push(await consumer.receiveAsync({ timeoutMs: 50_000 }));
  return ids(found);
}

/** Takes the last bytes of a stream, as a loss of power does. */
function tear({ store }: NatsServer): void {
  const name = readdirSync(store, { recursive: true, encoding: "utf8" }).find((path) =>
    path.endsWith("msgs/1.blk"),
  );
  const path = join(store, name ?? "");
  truncateSync(path, statSync(path).size - 10);
}

describe("a link that is cut", () => {
  serverTest("takes what the client is given until it is back, without a word", async () => {
    await using server = await NatsServer.start();
    await using link = await TcpLink.to(server);
    await using near = await ServerConnection.open({ server: link.url }, { name: "near" });
    await using far = await ServerConnection.open({ server: server.url }, { name: "far" });
    const found: string[] = [];
    far.nats.subscribe("x", { callback: (_, message) => void found.push(message.string()) });
    await far.nats.flush();
    link.cut();
    await until(() => !near.isConnected, "the loss of the connection");
    near.nats.publish("x", "given while the link is cut");
    link.heal();
    await until(() => near.isConnected, "the connection");
    near.nats.publish("x", "given after that");
    await until(() => found.length > 0, "a message");
    expect(found).toEqual(["given after that"]);
  });

  serverTest("loses no record of a bridge, and repeats none", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    await using one = await TcpLink.to(server);
    await using two = await TcpLink.to(server);
    using producer = Producer.createOrOpen("ticks", { schema: Tick });
    using consumer = Consumer.createOrOpen("far", { schema: Tick });
    await using out = await bridge("ticks", { server: one.url, role: "out" });
    await using back = await bridge("ticks", { server: two.url, role: "in", here: "far" });
    for (const round of range(0, 4)) {
      const link = round % 2 === 0 ? one : two;
      const cut = round % 2 === 0 ? out : back;
      for (const id of range(round * 300, round * 300 + 100)) producer.send({ id });
      producer.flush();
      link.cut();
      await until(() => cut.state === "away", "the loss of the connection");
      for (const id of range(round * 300 + 100, round * 300 + 300)) producer.send({ id });
      link.heal();
      expect(await receive(consumer, 300)).toEqual(range(round * 300, round * 300 + 300));
    }
    expect(consumer.tryReceive()).toBeUndefined();
    expect([out.metrics.reconnects, back.metrics.reconnects]).toEqual([2, 2]);
  });
});

describe("a server that is away", () => {
  serverTest("has producers wait for room, or not, as was chosen", async () => {
    using directory = new TemporaryDirectory();
    for (const whenAway of ["hold", "drop", "spill"] as const) {
      using _ = new Home();
      await using server = await NatsServer.start();
      const options = { schema: Tick, capacityBytes: 4096 } as const;
      using producer = Producer.createOrOpen("ticks", options);
      const spill = whenAway === "spill" ? directory.file("spill") : undefined;
      const how = { server: server.url, whenAway, spill } as const;
      await using out = await bridge("ticks", { ...how, role: "out" });
      await server.kill();
      await until(() => out.state === "away", "the loss of the connection");
      let sent = 0;
      const sending = (async () => {
        for (; sent < 4000; sent++) await producer.sendAsync({ id: sent });
      })();
      if (whenAway === "hold") {
        await until(() => producer.metrics.fullWaits > 0, "a producer that waits");
        expect(sent).toBeLessThan(1000);
      } else {
        await sending;
        expect(producer.metrics.lag).toBeLessThan(1000);
      }
      await server.restart();
      using consumer = Consumer.createOrOpen("far", options);
      await using back = await bridge("ticks", { server: server.url, role: "in", here: "far" });
      if (whenAway === "drop") {
        const { drops } = await until(() => out.metrics.lag === 0 && out.metrics, "all to be sent");
        expect(drops).toBeGreaterThan(2000);
        expect(drops).toBeLessThan(4000);
        expect(await receive(consumer, 4000 - drops)).toEqual(range(drops, 4000));
        expect(back.metrics.lost).toBe(drops);
      } else {
        expect(await receive(consumer, 4000)).toEqual(range(0, 4000));
        await sending;
        expect(back.metrics).toMatchObject({ lost: 0, gaps: 0, duplicates: 0 });
      }
    }
  });
});

describe("a server whose last block is torn", () => {
  for (const isSpilling of [true, false]) {
    const title = isSpilling
      ? "is sent again what it had acknowledged, from the journal"
      : "leaves a gap that is counted, where nobody keeps what it had acknowledged";
    serverTest(title, async () => {
      using _ = new Home();
      using directory = new TemporaryDirectory();
      await using server = await NatsServer.start();
      using producer = Producer.createOrOpen("ticks", { schema: Tick });
      using consumer = Consumer.createOrOpen("far", { schema: Tick });
      const spill = isSpilling ? directory.file("spill") : undefined;
      await using out = await bridge("ticks", { server: server.url, role: "out", spill });
      const back = { server: server.url, role: "in", here: "far" } as const;
      {
        await using _in = await bridge("ticks", back);
        producer.send({ id: 0 });
        expect(await receive(consumer, 1)).toEqual([0]);
      }
      // Acknowledged, and received by nobody.
      producer.send({ id: 1 });
      await until(() => out.metrics.records === 2, "its acknowledgement");
      await server.kill();
      tear(server);
      await server.restart();
      await until(() => out.state === "live", "the connection");
      producer.send({ id: 2 });
      await using again = await bridge("ticks", back);
      if (isSpilling) expect(await receive(consumer, 2)).toEqual([1, 2]);
      else {
        expect(await receive(consumer, 1)).toEqual([2]);
        expect(out.metrics).toMatchObject({ gaps: 1, lost: 1 });
        expect(again.metrics).toMatchObject({ gaps: 1, lost: 1 });
      }
      expect(consumer.tryReceive()).toBeUndefined();
      expect(out.metrics.resends).toBe(1);
    });
  }

  serverTest("gives a number twice, and its receiver misses nothing", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    using producer = Producer.createOrOpen("ticks", { schema: Tick });
    using other = Producer.createOrOpen("ticks", { schema: Tick });
    using consumer = Consumer.createOrOpen("far", { schema: Tick });
    await using out = await bridge("ticks", { server: server.url, role: "out" });
    const back = { server: server.url, role: "in", here: "far" } as const;
    {
      await using _in = await bridge("ticks", back);
      for (const id of [0, 1]) {
        producer.send({ id });
        expect(await receive(consumer, 1)).toEqual([id]);
      }
      await until(() => out.metrics.records === 2, "its acknowledgement");
    }
    await server.kill();
    tear(server);
    await server.restart();
    await until(() => out.state === "live", "the connection");
    // It gets the number that the last one had, which has been received.
    other.send({ id: 2 });
    await until(() => out.metrics.records === 3, "its acknowledgement");
    await using again = await bridge("ticks", back);
    expect(await receive(consumer, 1)).toEqual([2]);
    producer.send({ id: 3 });
    expect(await receive(consumer, 1)).toEqual([3]);
    expect(consumer.tryReceive()).toBeUndefined();
    expect(again.metrics.duplicates).toBeGreaterThan(0);
  });
});

describe("two bridges of one lane", () => {
  serverTest("cannot interleave: the one that is overtaken ends", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    await using connection = await ServerConnection.open({ server: server.url }, { name: "two" });
    using publisher = Publisher.createOrOpen("ticks", { schema: Tick });
    const schema = bridgeSchema(Tick);
    const stream = new NameStream(connection, "ticks");
    const begin = (bridge: bigint) => {
      const source = new RingSource(RelaySource.topic("ticks", { schema: Tick }, false));
      const head = new BridgeHead("ticks", { direction: "out", source: "topic", server: "" });
      const positions = Positions.named(`positions-${bridge}`);
      const outbound = new Outbound({
        connection,
        source,
        stream,
        ensure: () => stream.ensure(schema, "topic", {}),
        positions,
        bridge,
        batchBytes: 1024,
        window: 4,
        isDropping: false,
        head,
        onGap: () => {},
      });
      const running = outbound.run();
      running.catch(() => {});
      return { outbound, running, head, source, positions };
    };
    const first = begin(1n);
    publisher.send({ id: 0 });
    await until(() => first.head.counts.records === 1, "the first record");
    const second = begin(2n);
    for (const id of range(1, 1000)) {
      publisher.send({ id });
      if (id % 100 === 0) await Bun.sleep(1);
    }
    const ended = await Promise.race([
      first.running.then(
        () => first,
        () => first,
      ),
      second.running.then(
        () => second,
        () => second,
      ),
    ]);
    const other = ended === first ? second : first;
    await expectRejection(ended.running, "SystemError", "EBUSY");
    publisher.send({ id: 1000 });
    // All of it is there, each record once and in order, whoever sent it.
    const last = await until(async () => {
      const found = await stream.lastOf({ epoch: ended.source.lanes[0]?.epoch ?? 0n, lane: 0 });
      return found?.to === 1001 && found;
    }, "the last record");
    const manager = await jetstreamManager(connection.nats);
    let position = 0;
    for (const sequence of range(1, last.sequence + 1)) {
      const message = await manager.streams.getMessage(stream.stream, { seq: sequence });
      const { from, to } = decodeFrame(message?.data ?? new Uint8Array());
      expect(from).toBe(position);
      position = to;
    }
    other.outbound.close();
    await other.running;
    for (const { source, head, positions } of [first, second]) {
      for (const one of [source, head, positions]) one[Symbol.dispose]();
    }
  });
});

describe("a bridge that is killed while it receives", () => {
  const key = { epoch: 7n, lane: 3 };
  const schema = bridgeSchema(Tick);
  const header = { ...key, fingerprint: schema.shape.fingerprint, bridge: 1n, lost: 0 };
  const payload = Uint8Array.from([1, 0, 0, 0, 2, 0, 0, 0]);
  const frame = decodeFrame(encodeFrame({ ...header, count: 2, from: 10, to: 12 }, payload));

  for (const isPublished of [true, false]) {
    test(`knows that its records ${isPublished ? "were" : "were not"} published`, () => {
      using _ = new Home();
      using consumer = Consumer.createOrOpen("far", { schema: Tick });
      {
        using positions = Positions.named("positions");
        using sink = new RingSink(
          RelaySink.channel("far", { schema: Tick }, undefined),
          schema,
          "far",
        );
        positions.keep(sink.kept);
        positions.set(key, { position: 10, sequence: 5 });
        const records = recordsOf(frame, 4);
        expect(sink.put(frame, records, 0, 2)).toBe(2);
        const ends = records.map(({ position }) => position);
        positions.begin({ key, before: sink.position, after: sink.positionNext, ends });
        // Killed before it, or behind it.
        if (isPublished) sink.publish();
      }
      using positions = Positions.named("positions");
      using sink = new RingSink(
        RelaySink.channel("far", { schema: Tick }, positions.kept),
        schema,
        "far",
      );
      expect(sink.kept).toEqual(positions.kept as typeof sink.kept);
      positions.recover((pending) => sink.landed(pending));
      expect(positions.get(key)).toEqual({ position: isPublished ? 12 : 10, sequence: 5 });
      expect(positions.pending).toBeUndefined();
      const found: number[] = [];
      consumer.poll(({ id }) => found.push(id));
      expect(found).toEqual(isPublished ? [1, 2] : []);
    });
  }

  test("keeps its lane, which nobody else gets meanwhile", () => {
    using _ = new Home();
    const options = { schema: Tick, maxProducers: 2, lifetime: "persistent" } as const;
    using consumer = Consumer.createOrOpen("far", options);
    using sink = RelaySink.channel("far", options, undefined);
    sink[Symbol.dispose]();
    using producer = Producer.createOrOpen("far", options);
    producer.send({ id: 1 });
    expect(producer.metrics.lane).not.toBe(sink.lane);
    expect(() => Producer.createOrOpen("far", options)).toThrow("all 2 lanes");
    using again = RelaySink.channel("far", options, { epoch: sink.epoch, lane: sink.lane });
    expect(again.lane).toBe(sink.lane);
    expect(consumer.receive()).toEqual({ id: 1 });
  });

  test("forgets the lanes from which nothing has come for longest", () => {
    using _ = new Home();
    using positions = Positions.named("positions");
    for (const lane of range(0, 600)) {
      positions.set({ epoch: 1n, lane }, { position: lane, sequence: lane + 1 });
    }
    expect(positions.lanes).toHaveLength(512);
    expect(positions.get({ epoch: 1n, lane: 87 })).toBeUndefined();
    expect(positions.get({ epoch: 1n, lane: 88 })).toEqual({ position: 88, sequence: 89 });
  });
});
