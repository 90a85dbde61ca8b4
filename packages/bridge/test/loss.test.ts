/** What is lost on the way, and what must not be: cut links, a server that is away, and two bridges. */
import { describe, expect, test } from "bun:test";
import { Consumer, Producer, Publisher } from "@isthmus/ipc";
import { RelaySource } from "@isthmus/ipc/internal";
import { NatsServer } from "@isthmus/programs/nats-server";
import { TcpLink } from "@isthmus/programs/tcp-link";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { serverTest } from "@isthmus/testing/server-test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { jetstreamManager } from "@nats-io/jetstream";
import { bridge } from "../src/bridge.ts";
import { BridgeHead } from "../src/bridge-head.ts";
import { ServerConnection } from "../src/connection.ts";
import { Outbound } from "../src/out/outbound.ts";
import { RingSource } from "../src/out/ring-source.ts";
import { bridgeSchema } from "../src/stream/description.ts";
import { decodeFrame, encodeFrame } from "../src/stream/frame.ts";
import { NameStream } from "../src/stream/name-stream.ts";
import { Positions } from "../src/stream/positions.ts";
import { subjectOf } from "../src/stream/subjects.ts";
import { range, receive, Tick } from "./support/ticks.ts";

describe("a link that is cut", () => {
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

describe("another machine that sends to the same stream", () => {
  serverTest("gets between messages, and takes the place of none", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    await using connection = await ServerConnection.open({ server: server.url }, { name: "x" });
    const stream = new NameStream(connection, "ticks");
    using producer = Producer.createOrOpen("ticks", { schema: Tick });
    using consumer = Consumer.createOrOpen("far", { schema: Tick });
    const out = { server: server.url, role: "out", batchBytes: 64 } as const;
    for (const id of range(0, 10_000)) producer.send({ id });
    await using _out = await bridge("ticks", out);
    await using back = await bridge("ticks", { server: server.url, role: "in", here: "far" });
    const key = { epoch: 9n, lane: 0 };
    const { fingerprint } = bridgeSchema(Tick).shape;
    const header = { ...key, fingerprint, bridge: 9n, count: 0, from: 0, to: 0, lost: 0 };
    const message = encodeFrame(header, new Uint8Array());
    let isAll = false;
    const sending = (async () => {
      while (!isAll) await stream.client.publish(subjectOf("ticks", key), message).catch(() => {});
    })();
    const found = await receive(consumer, 10_000).finally(() => {
      isAll = true;
    });
    await sending;
    expect(found).toEqual(range(0, 10_000));
    expect(back.metrics).toMatchObject({ gaps: 0, lost: 0, duplicates: 0 });
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

describe("how far a bridge has come", () => {
  test("forgets the numbers of a stream that has lost some, and not how far it is", () => {
    using _ = new Home();
    using positions = Positions.named("positions");
    const key = { epoch: 1n, lane: 2 };
    positions.complete(key, 7, { sequence: 5, time: 6 });
    positions.forgetNumbers();
    expect(positions.last).toBeUndefined();
    expect(positions.get(key)).toEqual({ position: 7, sequence: 0 });
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
