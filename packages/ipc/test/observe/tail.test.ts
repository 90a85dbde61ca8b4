/** Following the records of a channel as they pass, without anybody's help. */
import { describe, expect, test } from "bun:test";
import { CorruptSegmentError, MemoryMappedFile, SystemError } from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { wine } from "@isthmus/testing/requirement";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import {
  bytes,
  Consumer,
  json,
  observe,
  Producer,
  RecordTail,
  type TailedRecord,
  tailRecords,
} from "../../src/index.ts";
import { member } from "../flow/support/member.ts";
import { Ledger, Numbered, numbered } from "../flow/support/numbered.ts";
import { drain } from "./support.ts";

function textOf({ bytes: copy }: TailedRecord): string {
  return new TextDecoder().decode(copy);
}

describe("RecordTail", () => {
  test("copies what passes, whether it has been consumed or not, and takes nothing", () => {
    using _home = new Home();
    using producer = Producer.createNew("passing", { schema: json });
    using consumer = Consumer.openExisting("passing", { schema: json });
    producer.send({ id: 0 });
    producer.flush();
    using tail = new RecordTail("passing");
    expect([tail.mode, tail.isCurrent]).toEqual(["json", true]);
    for (let id = 1; id <= 3; id++) producer.send({ id });
    producer.flush();
    const seen = drain(tail);
    expect(seen.map(textOf)).toEqual(['{"id":1}', '{"id":2}', '{"id":3}']);
    expect(seen.map(({ lane, position, lengthBytes }) => [lane, position, lengthBytes])).toEqual([
      [0, 2, 8],
      [0, 4, 8],
      [0, 6, 8],
    ]);
    expect(consumer.metrics).toMatchObject({ records: 0, lag: 4 });
    expect(Array.from({ length: 4 }, () => consumer.tryReceive().id)).toEqual([0, 1, 2, 3]);
    expect([drain(tail), tail.missed]).toEqual([[], 0]);
  });

  test("from what is held: all that has not been consumed; of a struct also half a ring before", () => {
    using _home = new Home();
    const options = { schema: Numbered, capacityBytes: 64 * Numbered.size };
    using producer = Producer.createNew("held", options);
    using consumer = Consumer.openExisting("held", options);
    for (let i = 0; i < 40; i++) producer.send(numbered(0, i));
    producer.flush();
    consumer.poll(() => {}, { limit: 39 });
    const numberOf = ({ bytes: copy }: TailedRecord): number =>
      Numbered.decode(new DataView(copy.buffer), 0).number;
    using tail = new RecordTail("held", { from: "held" });
    expect(drain(tail).map(numberOf)).toEqual(Array.from({ length: 32 }, (_, i) => i + 8));
    // Not consumed, the oldest is there although more than half of the ring follows it.
    for (let i = 40; i < 100; i++) producer.send(numbered(0, i));
    producer.flush();
    using second = new RecordTail("held", { from: "held" });
    expect(drain(second).map(numberOf)).toEqual(Array.from({ length: 61 }, (_, i) => i + 39));
    using third = new RecordTail("held");
    expect(drain(third)).toEqual([]);
  });

  test("shortens records to what was asked for, and says how long they are", () => {
    using _home = new Home();
    using producer = Producer.createNew("short", { schema: bytes });
    using tail = new RecordTail("short", { maxBytes: 3 });
    producer.send(new Uint8Array([1, 2, 3, 4, 5]));
    producer.flush();
    const [record] = drain(tail);
    expect([record?.lengthBytes, [...(record?.bytes ?? [])]]).toEqual([5, [1, 2, 3]]);
  });

  test("gives what was sent, without the time that goes with it", () => {
    using _home = new Home();
    for (const [name, schema, record] of [
      ["timed-bytes", bytes, new Uint8Array([1, 2, 3])],
      ["timed-json", json, { id: 1 }],
      ["timed-struct", Numbered, numbered(1, 2)],
    ] as const) {
      const options = { schema: schema as typeof json, latency: true, capacityBytes: 4096 };
      using producer = Producer.createNew(name, options);
      using consumer = Consumer.openExisting(name, options);
      using tail = new RecordTail(name);
      for (let i = 0; i < 5; i++) producer.send(record);
      producer.flush();
      const seen = drain(tail);
      expect(seen).toHaveLength(5);
      for (const { bytes: copy, lengthBytes } of seen) {
        const read = {
          bytes: () => copy,
          json: () => JSON.parse(new TextDecoder().decode(copy)) as unknown,
          fixed: () => Numbered.decode(new DataView(copy.buffer), 0),
        }[tail.mode];
        expect([read(), lengthBytes]).toEqual([record, copy.length]);
      }
      expect(consumer.poll(() => {})).toBe(5);
      const { channel } = observe(name);
      expect(channel?.latency?.count).toBe(5);
      expect(channel?.latency?.minNs).toBeGreaterThan(0);
      expect(channel?.latency).toEqual(consumer.metrics.latency);
    }
  });

  test("finds lanes that become ready later, and everything on them", () => {
    using _home = new Home();
    using first = Producer.createNew("lanes", { schema: json });
    using tail = new RecordTail("lanes");
    using second = Producer.openExisting("lanes", { schema: json });
    second.send("second");
    second.flush();
    first.send("first");
    first.flush();
    const seen = drain(tail).map((record) => [record.lane, textOf(record)]);
    expect(seen).toEqual([
      [0, '"first"'],
      [1, '"second"'],
    ]);
  });

  test("bytes of any length pass whole, around the ring's end and with a consumer in between", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 60 });
    const run = (script: readonly number[]): void => {
      using _home = new Home();
      using producer = Producer.createNew("ring", { schema: bytes, capacityBytes: 1024 });
      using consumer = Consumer.openExisting("ring", { schema: bytes });
      using tail = new RecordTail("ring");
      for (const [index, length] of script.entries()) {
        const record = new Uint8Array(length).fill(index + 1);
        while (!producer.trySend(record)) consumer.poll(() => {}, { limit: 1 });
        producer.flush();
        expect(drain(tail).map(({ bytes: copy }) => copy)).toEqual([record]);
      }
      expect(tail.missed).toBe(0);
    };
    fc.assert(fc.property(lengths, run), runs(30));
  });

  test("counts what has passed while it did not look, and goes on with what is there", () => {
    using _home = new Home();
    const options = { schema: Numbered, capacityBytes: 64 * Numbered.size };
    using producer = Producer.createNew("fast", options);
    using consumer = Consumer.openExisting("fast", options);
    using tail = new RecordTail("fast");
    for (let i = 0; i < 1000; i++) {
      while (!producer.trySend(numbered(0, i))) consumer.poll(() => {});
    }
    producer.flush();
    const seen = drain(tail);
    expect(seen.length + tail.missed).toBe(1000);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.at(-1)?.position).toBe(999);
  });

  test("a stream at full speed: what it copies is whole and in order", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [consumer, producer] = [member(stack), member(stack)];
    // A small ring, so that its records are written over all the time.
    const small = { capacityBytes: 1024 * Numbered.size };
    await consumer.call("consume", "stream", small);
    await producer.call("produce", "stream");
    // Under Wine whoever waits for room sleeps long.
    const count = wine === undefined ? 2_000_000 : 200_000;
    await consumer.call("poll", count);
    using tail = new RecordTail("stream", { from: "held" });
    const ledger = new Ledger();
    let previous = -1;
    let isOver = false;
    await producer.call("stream", 0, count);
    const end = producer.answer().then(() => {
      isOver = true;
    });
    const note = ({ position, bytes: copy }: TailedRecord): void => {
      const record = Numbered.decode(new DataView(copy.buffer), 0);
      ledger.note(record);
      if (position <= previous || record.number !== position) ledger.account.torn++;
      previous = position;
    };
    while (!isOver) {
      tail.poll(note);
      // Only the event loop hears of the end.
      await Bun.sleep(0);
    }
    await end;
    while (tail.poll(note) > 0);
    expect(ledger.account).toMatchObject({ torn: 0, repeats: 0 });
    expect(ledger.account.records + tail.missed).toBe(count);
    expect(ledger.account.records).toBeGreaterThan(0);
  });

  test("refuses what no records pass through, and options that cannot be", () => {
    using _home = new Home();
    using _memory = MemoryMappedFile.createNew("memory", 100);
    expect(() => new RecordTail("memory")).toThrow(CorruptSegmentError);
    expect(() => new RecordTail("memory")).toThrow(
      "its kind must be one of channel, topic, service, queue: found memory",
    );
    expect(() => new RecordTail("memory", { from: "start" as "new" })).toThrow(TypeError);
    expect(() => new RecordTail("memory", { maxBytes: -1 })).toThrow(RangeError);
    expect(() => tailRecords("memory", { intervalMs: 0 })).toThrow(RangeError);
    expect(() => tailRecords("memory", { onMissed: 1 as never })).toThrow(TypeError);
  });
});

describe("tailRecords()", () => {
  test("gives records as they pass, until the channel is gone", async () => {
    using _home = new Home();
    const producer = Producer.createNew("followed", { schema: json });
    producer.send(0);
    producer.flush();
    const seen: string[] = [];
    for await (const record of tailRecords("followed", { from: "held", intervalMs: 1 })) {
      seen.push(textOf(record));
      if (seen.length === 5) producer.dispose();
      else producer.batch((batch) => batch.send(seen.length));
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("ends with the reason of its signal, also in the middle of a pause", async () => {
    using _home = new Home();
    using _producer = Producer.createNew("aborted", { schema: json });
    const controller = new AbortController();
    const { signal } = controller;
    const records = tailRecords("aborted", { intervalMs: 60_000, signal });
    const next = records.next();
    controller.abort(new Error("enough"));
    expect(next).rejects.toThrow("enough");
    await next.catch(() => {});
    expect(tailRecords("aborted", { signal }).next()).rejects.toThrow("enough");
  });

  test("says that there is no such name with the first record", async () => {
    using _home = new Home();
    const records = tailRecords("missing");
    const error = await records.next().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: "ENOENT" });
  });

  test("tells how much has passed too fast", async () => {
    using _home = new Home();
    const options = { schema: Numbered, capacityBytes: 64 * Numbered.size };
    using producer = Producer.createNew("lossy", options);
    using consumer = Consumer.openExisting("lossy", options);
    const missed: number[] = [];
    const records = tailRecords("lossy", { intervalMs: 1, onMissed: (n) => missed.push(n) });
    const first = records.next();
    // The generator has begun by then: it looks for the first time before it gives way.
    for (let i = 0; i < 1000; i++) {
      while (!producer.trySend(numbered(0, i))) consumer.poll(() => {});
    }
    producer.flush();
    const { value } = await first;
    expect(missed).toEqual([value?.position as number]);
    await records.return();
  });
});
