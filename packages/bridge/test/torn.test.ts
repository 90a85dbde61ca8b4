/** Servers that have lost the end of what they had acknowledged, and give its numbers to other messages. */
import { describe, expect } from "bun:test";
import { join } from "node:path";
import { Consumer, Producer } from "@isthmus/ipc";
import { NatsServer } from "@isthmus/programs/nats-server";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { serverTest } from "@isthmus/testing/server-test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { loadSource } from "../../ipc/test/model/checker/source.ts";
import { bridge } from "../src/bridge.ts";
import { ServerConnection } from "../src/connection.ts";
import { bridgeSchema } from "../src/stream/description.ts";
import { encodeFrame } from "../src/stream/frame.ts";
import { NameStream } from "../src/stream/name-stream.ts";
import { subjectOf } from "../src/stream/subjects.ts";
import { range, receive, Tick } from "./support/ticks.ts";

const BRIDGE = join(import.meta.dir, "..", "src", "bridge.ts");

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
      server.tear();
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
    server.tear();
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

describe("a server that is torn while one of two receivers is away", () => {
  serverTest("keeps for it what comes under numbers that it has acknowledged", async () => {
    using _ = new Home();
    await using server = await NatsServer.start();
    await using connection = await ServerConnection.open({ server: server.url }, { name: "x" });
    const { consumers } = await new NameStream(connection, "ticks").manager();
    const floors = async (): Promise<number[]> => {
      const all = await Array.fromAsync(consumers.list("ISTHMUS_ticks"));
      return all.map(({ ack_floor }) => ack_floor.stream_seq);
    };
    using producer = Producer.createOrOpen("ticks", { schema: Tick });
    using near = Consumer.createOrOpen("near", { schema: Tick });
    using far = Consumer.createOrOpen("far", { schema: Tick });
    await using out = await bridge("ticks", { server: server.url, role: "out" });
    const back = { server: server.url, role: "in" } as const;
    await using _near = await bridge("ticks", { ...back, here: "near" });
    {
      await using _far = await bridge("ticks", { ...back, here: "far" });
      for (const id of range(0, 2)) {
        producer.send({ id });
        expect(await receive(near, 1)).toEqual([id]);
        expect(await receive(far, 1)).toEqual([id]);
      }
      await until(async () => (await floors()).every((floor) => floor === 2), "acknowledgements");
    }
    // In order, so that acknowledgements are on its disk, and messages are not all.
    await server.stop();
    server.tear();
    await server.restart();
    await until(() => out.state === "live" && connection.connects === 2, "the connections");
    // They get the numbers 2 and 3.
    for (const id of range(2, 4)) {
      producer.send({ id });
      expect(await receive(near, 1)).toEqual([id]);
    }
    expect(Math.min(...(await floors()))).toBeLessThan(2);
    await using again = await bridge("ticks", { ...back, here: "far" });
    expect(await receive(far, 2)).toEqual([2, 3]);
    // The record that was torn had come before: for receivers nothing is missing.
    expect(again.metrics).toMatchObject({ lost: 0 });
  });
});

/** Time enough for somebody else to remove a consumer between its making and the question for messages. */
const SLOW_MS = 200;
const SLOW = {
  file: "../../bridge/src/in/inbound.ts",
  from: "    let delivered = 0;",
  to: `    await Bun.sleep(${SLOW_MS}); let delivered = 0;`,
};
/** Not looking whether it is still the same consumer. */
const TRUSTING = {
  file: "../../bridge/src/in/inbound.ts",
  from: "if (!isStill) messages.stop();",
  to: "",
};

describe("a receiver whose consumer a sender makes anew while it asks for messages", () => {
  for (const isLooking of [true, false]) {
    const title = isLooking
      ? "asks again at once"
      : "would notice by missing heartbeats, without looking";
    serverTest(title, async () => {
      using _ = new Home();
      await using server = await NatsServer.start();
      await using connection = await ServerConnection.open({ server: server.url }, { name: "x" });
      const mistakes = isLooking ? [SLOW] : [SLOW, TRUSTING];
      const from = await loadSource<{ bridge: typeof bridge }>(BRIDGE, { mistakes });
      using producer = Producer.createOrOpen("ticks", { schema: Tick });
      await using _out = await bridge("ticks", { server: server.url, role: "out" });
      producer.send({ id: 1 });
      const stream = new NameStream(connection, "ticks");
      await until(async () => (await stream.info()) !== undefined, "the stream");
      const { consumers } = await stream.manager();
      const remake = async (name: string): Promise<void> => {
        await consumers.delete(stream.stream, name);
        await Bun.sleep(2 * SLOW_MS);
        await stream.remakeConsumer(name, 64, 1);
      };
      let made = 0;
      const remade = Promise.withResolvers<void>();
      connection.nats.subscribe("$JS.EVENT.ADVISORY.CONSUMER.CREATED.>", {
        callback: (_error, message) => {
          if (++made > 1) return;
          const { consumer } = message.json<{ consumer: string }>();
          remake(consumer).then(() => remade.resolve(), remade.reject);
        },
      });
      using consumer = Consumer.createOrOpen("far", { schema: Tick });
      const back = { server: server.url, role: "in", here: "far" } as const;
      await using _in = await from.bridge("ticks", back);
      await remade.promise;
      expect(await receive(consumer, 1)).toEqual([1]);
      await until(() => made > (isLooking ? 2 : 1), "what the server tells");
      if (!isLooking) expect(made).toBe(2);
    });
  }
});

/** Knowing the last message by what it says, and not by when it was stored. */
const BY_CONTENT = {
  file: "../../bridge/src/in/inbound.ts",
  from: "found?.time === last.time",
  to: "found !== undefined && found.to === positions.get(found)?.position",
};

describe("a server that is torn twice, and has the last message again under its number", () => {
  for (const isKnownByTime of [true, false]) {
    const title = isKnownByTime
      ? "still hides nothing that came before it meanwhile"
      : "would hide it from who knows a message by what it says";
    serverTest(title, async () => {
      using _ = new Home();
      await using server = await NatsServer.start();
      await using connection = await ServerConnection.open({ server: server.url }, { name: "x" });
      const mistakes = isKnownByTime ? [] : [BY_CONTENT];
      const from = await loadSource<{ bridge: typeof bridge }>(BRIDGE, { mistakes });
      const schema = bridgeSchema(Tick);
      const stream = new NameStream(connection, "ticks");
      await stream.ensure(schema, "topic", {});
      const { fingerprint } = schema.shape;
      const publish = async (lane: number, position: number): Promise<void> => {
        const key = { epoch: 7n, lane };
        const batch = { from: position, to: position + 1, count: 1, lost: 0 };
        const payload = new Uint8Array(Uint32Array.of(10 * lane + position).buffer);
        const message = encodeFrame({ ...key, ...batch, fingerprint, bridge: 1n }, payload);
        await stream.client.publish(subjectOf("ticks", key), message);
      };
      using consumer = Consumer.createOrOpen("far", { schema: Tick });
      const back = { server: server.url, role: "in", here: "far", kind: "channel" } as const;
      await publish(0, 0);
      await publish(1, 0);
      await publish(0, 1);
      {
        await using _in = await from.bridge("ticks", back);
        expect(await receive(consumer, 3)).toEqual([0, 10, 1]);
      }
      for (const tears of range(1, 3)) {
        await server.kill();
        server.tear();
        await server.restart();
        await until(() => connection.isConnected && connection.connects > tears, "the connection");
      }
      // The numbers 2 and 3 are given again, and 3 to what has had it.
      await publish(2, 0);
      await publish(0, 1);
      await publish(1, 0);
      expect(await stream.at(3)).toMatchObject({ lane: 0, from: 1 });
      await using again = await from.bridge("ticks", back);
      const isThere = (): boolean => again.metrics.messages === (isKnownByTime ? 4 : 1);
      await until(isThere, "all that the server sends");
      const found: number[] = [];
      consumer.poll(({ id }) => found.push(id));
      expect(found).toEqual(isKnownByTime ? [20] : []);
    });
  }
});
