import { describe, expect, test } from "bun:test";
import { bytes, Consumer, json, Producer, struct, u8, u32 } from "../../src/index.ts";
import { Home } from "../sync/support/home.ts";
import { codeOf } from "./support/code-of.ts";

const Tick = struct({ id: u32, flag: u8 });
const MINUTE_NS = 60e9;

describe("a channel with latency: true", () => {
  test("counts every record once, whatever way it was sent and received", async () => {
    using _home = new Home();
    using producer = Producer.createNew("timed", { schema: Tick, latency: true });
    using consumer = Consumer.openExisting("timed", { schema: Tick });
    producer.send({ id: 1, flag: 1 });
    producer.claim((tick) => {
      tick.id = 2;
      tick.flag = 2;
    });
    producer.batch((batch) => {
      batch.send({ id: 3, flag: 3 });
      batch.claim((tick) => {
        tick.id = 4;
        tick.flag = 4;
      });
    });
    await producer.sendAsync({ id: 5, flag: 5 });
    const seen: number[] = [];
    consumer.poll(({ id, flag }) => seen.push(id * 10 + flag), { limit: 3 });
    seen.push(consumer.receive().id);
    for await (const { id } of consumer) {
      seen.push(id);
      consumer.acknowledge();
      break;
    }
    expect(seen).toEqual([11, 22, 33, 4, 5]);
    const { latency, records } = consumer.metrics;
    expect(latency?.count).toBe(5);
    expect(records).toBe(5);
    expect(latency?.minNs).toBeGreaterThan(0);
    expect(latency?.maxNs).toBeLessThan(MINUTE_NS);
  });

  test("has its times apart from the payloads of bytes and json", () => {
    using _home = new Home();
    const options = { capacityBytes: 1024, latency: true };
    using bytesOut = Producer.createNew("raw", { schema: bytes, ...options });
    using bytesIn = Consumer.openExisting("raw", { schema: bytes });
    const longest = new Uint8Array(1024 / 2 - 16).fill(7);
    bytesOut.send(longest);
    expect(bytesIn.receive()).toEqual(longest);
    expect(codeOf(() => bytesOut.send(new Uint8Array(longest.length + 1)))).toBe(
      "ERR_OUT_OF_RANGE",
    );
    bytesOut.claim(3, (view) => view.set([1, 2, 3]));
    bytesIn.poll((view) => expect([...view]).toEqual([1, 2, 3]));
    expect(bytesIn.metrics).toMatchObject({ records: 2, bytes: longest.length + 3 });
    expect(bytesOut.metrics).toMatchObject({ records: 2, bytes: longest.length + 3 });
    expect(bytesIn.metrics.latency?.count).toBe(2);
    using jsonOut = Producer.createNew("text", { schema: json, ...options });
    using jsonIn = Consumer.openExisting("text", { schema: json });
    jsonOut.send({ any: ["thing"] });
    expect(jsonIn.receive()).toEqual({ any: ["thing"] });
    expect(jsonIn.metrics.latency?.count).toBe(1);
  });

  test("is so for everybody, as its creator chose", () => {
    using _home = new Home();
    using timed = Producer.createNew("timed", { schema: Tick, latency: true });
    using consumer = Consumer.createOrOpen("timed", { schema: Tick, latency: false });
    timed.send({ id: 1, flag: 0 });
    expect(consumer.receive().id).toBe(1);
    expect(consumer.metrics.latency?.count).toBe(1);
    using plain = Producer.createNew("plain", { schema: Tick });
    using other = Consumer.createOrOpen("plain", { schema: Tick, latency: true });
    plain.send({ id: 2, flag: 0 });
    expect(other.receive().id).toBe(2);
    expect(other.metrics.latency).toBeUndefined();
    const wrong = { schema: Tick, latency: "yes" as unknown as boolean };
    expect(codeOf(() => Producer.createNew("wrong", wrong))).toBe("ERR_INVALID_ARG_TYPE");
  });

  test("a claim inside a claim is refused, and the outer one is finished by its own function", () => {
    using _home = new Home();
    using producer = Producer.createNew("timed", { schema: Tick, latency: true });
    using consumer = Consumer.openExisting("timed", { schema: Tick });
    for (let id = 0; id < 3; id++) {
      producer.claim((tick) => {
        tick.id = id;
        expect(codeOf(() => producer.claim(() => {}))).toBe("ERR_NOT_SUPPORTED");
        tick.flag = id + 1;
      });
    }
    producer.flush();
    const seen: number[] = [];
    while (consumer.poll(({ id, flag }) => seen.push(id * 10 + flag)) > 0);
    expect(seen).toEqual([1, 12, 23]);
  });
});
