/** Records and values with the names of their fields, without the program that made them; topics and services followed. */
import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import fc from "fast-check";
import {
  bytes,
  Consumer,
  json,
  observe,
  observeSchema,
  observeStruct,
  oneOf,
  Producer,
  Publisher,
  RecordTail,
  Requester,
  Responder,
  SharedStruct,
  Subscriber,
  struct,
  type TailedRecord,
  u32,
  utf8,
} from "../../src/index.ts";
import { SCHEMA_HEADER_BYTES, SCHEMA_TEXT_BYTES_MAX } from "../../src/struct/schema-layout.ts";
import { Numbered, numbered } from "../channel/support/numbered.ts";
import { peerOf } from "../shared-struct/support/peers.ts";
import { member } from "../topic/support/member.ts";
import { lieIn, withSection, words } from "./support.ts";

const TIMEOUT_MS = 60_000;
const Order = struct({ id: u32, symbol: utf8(6) });

function drain(tail: RecordTail): TailedRecord[] {
  const all: TailedRecord[] = [];
  while (tail.poll((record) => all.push(record)) > 0);
  return all;
}

describe("RecordTail.decode()", () => {
  test("gives the fields of structs by what the segment itself says", () => {
    using _home = new Home();
    using producer = Producer.createNew("channel", { schema: Order });
    using publisher = Publisher.createNew("topic", { schema: Order });
    for (const [name, sender] of [
      ["channel", producer],
      ["topic", publisher],
    ] as const) {
      using tail = new RecordTail(name);
      expect(tail.schema.record?.canonical).toBe(Order.canonical);
      for (let id = 1; id <= 3; id++) sender.send({ id, symbol: `S${id}` });
      sender.flush();
      expect(drain(tail).map((record) => tail.decode(record))).toEqual([
        { id: 1, symbol: "S1" },
        { id: 2, symbol: "S2" },
        { id: 3, symbol: "S3" },
      ]);
      using cut = new RecordTail(name, { from: "held", maxBytes: 4 });
      expect(drain(cut).map((record) => cut.decode(record))).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  test("gives what was sent as JSON, and nothing for bytes", () => {
    using _home = new Home();
    using text = Publisher.createNew("json", { schema: json });
    using raw = Publisher.createNew("bytes", { schema: bytes });
    using texts = new RecordTail("json");
    using raws = new RecordTail("bytes");
    text.send({ any: "thing" });
    raw.send(new Uint8Array([1, 2, 3]));
    for (const one of [text, raw]) one.flush();
    expect(drain(texts).map((record) => texts.decode(record))).toEqual([{ any: "thing" }]);
    const [record] = drain(raws);
    expect([...(record?.bytes ?? [])]).toEqual([1, 2, 3]);
    expect(raws.decode(record as TailedRecord)).toBeUndefined();
    expect([texts.schema.status, raws.schema.status]).toEqual(["absent", "absent"]);
  });
});

describe("RecordTail of a service", () => {
  test("shows requests, responses and errors with their numbers, and takes nothing", async () => {
    using _home = new Home();
    const schemas = { request: Order, response: json };
    using responder = Responder.createNew("service", schemas);
    using requester = Requester.openExisting("service", schemas);
    using tail = new RecordTail("service", { from: "held" });
    expect([tail.kind, tail.mode, tail.responseMode]).toEqual(["service", "fixed", "json"]);
    void responder.serve(({ id, symbol }) => {
      if (id === 2) throw new RangeError("no such order");
      return { of: symbol };
    });
    expect(await requester.request({ id: 1, symbol: "A" })).toEqual({ of: "A" });
    await requester.request({ id: 2, symbol: "B" }).catch(() => {});
    const seen = drain(tail);
    const requests = seen.filter(({ part }) => part === "request");
    const answers = seen.filter(({ part }) => part !== "request");
    expect(requests.map((one) => tail.decode(one))).toEqual([
      { id: 1, symbol: "A" },
      { id: 2, symbol: "B" },
    ]);
    expect(answers.map(({ part }) => part)).toEqual(["response", "error"]);
    expect(answers.map((one) => tail.decode(one))).toEqual([
      { of: "A" },
      expect.objectContaining({ name: "RangeError", message: "no such order" }),
    ]);
    expect(answers.map((one) => one.requestNumber)).toEqual(
      requests.map((one) => one.requestNumber),
    );
    expect(tail.missed).toBe(0);
  });
});

describe("RecordTail of a topic", () => {
  test("begins with what is still there, and goes on after having been lapped", () => {
    using _home = new Home();
    const options = { schema: json, capacityBytes: 1024 };
    using publisher = Publisher.createNew("lapping", options);
    using tail = new RecordTail("lapping", { from: "held" });
    for (let id = 0; id < 1000; id++) publisher.send({ id });
    publisher.flush();
    const seen = drain(tail).map((record) => (tail.decode(record) as { id: number }).id);
    expect(seen.at(-1)).toBe(999);
    expect(seen).toEqual(seen.map((_, index) => 1000 - seen.length + index));
    expect(seen.length).toBeGreaterThan(10);
    expect(tail.missed).toBeGreaterThan(0);
    using late = new RecordTail("lapping", { from: "held" });
    expect(drain(late).map((record) => (late.decode(record) as { id: number }).id)).toEqual(seen);
  });

  test(
    "gives whole records only, in order, while another process publishes at full speed",
    async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const publisher = member(stack);
      const count = 300_000;
      await publisher.call("publish", "fast", { capacityBytes: 256 * Numbered.size });
      using tail = new RecordTail("fast");
      await publisher.call("stream", 0, count);
      let last = -1;
      const note = (record: TailedRecord): void => {
        const value = tail.decode(record) as ReturnType<typeof numbered>;
        expect(value).toEqual(numbered(0, value.number));
        expect(value.number).toBeGreaterThan(last);
        last = value.number;
      };
      let isOver = false;
      const over = publisher.answer().then(() => {
        isOver = true;
      });
      while (!isOver) {
        tail.poll(note, { limit: 256 });
        await Bun.sleep(0);
      }
      await over;
      while (tail.poll(note) > 0);
      expect(last).toBe(count - 1);
      // It costs the publisher nothing: nobody gates, so nothing was ever waited for.
      expect(await publisher.call<object>("metrics")).toMatchObject({ fullWaits: 0, drops: 0 });
    },
    TIMEOUT_MS,
  );
});

describe("observeStruct()", () => {
  test(
    "shows the value of another program's struct, also after it was killed inside an update",
    async () => {
      using _home = new Home();
      await using peer = peerOf("peer");
      await peer.call("open", "shared", "persistent");
      const before = observeStruct("shared");
      expect(before).toMatchObject({ version: 0, problem: undefined });
      expect(Object.keys(before.value as object).length).toBeGreaterThan(0);
      await peer.call("enter", 1);
      await peer.kill();
      expect(observeStruct("shared")).toEqual(before);
    },
    TIMEOUT_MS,
  );

  test("follows updates, and copies no more than it may", () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("orders", Order);
    for (let id = 1; id <= 6; id++) {
      shared.update((order) => {
        order.id = id;
        order.symbol = `S${id}`;
      });
      const found = observeStruct("orders");
      expect([found.version, found.value]).toEqual([id, { id, symbol: `S${id}` }]);
    }
    const cut = observeStruct("orders", { maxBytes: 4 });
    expect([[...cut.bytes], cut.lengthBytes, cut.value]).toEqual([
      [6, 0, 0, 0],
      Order.size,
      undefined,
    ]);
  });

  test("refuses what is no struct", () => {
    using _home = new Home();
    using _producer = Producer.createNew("channel", { schema: Order });
    expect(() => observeStruct("channel")).toThrow("its kind must be struct: found channel");
    expect(() => observeStruct("nothing")).toThrow("ENOENT");
  });
});

describe("a schema that somebody has written over", () => {
  test("is not believed when its fingerprint is another one, and the bytes are shown", () => {
    using home = new Home();
    using shared = SharedStruct.createNew("forged", Order, { initial: { id: 7, symbol: "X" } });
    const forged = new TextEncoder().encode(Order.canonical.replace("id", "no"));
    lieIn(home.file("forged"), SECTION.schema, 16, forged);
    const found = observeStruct("forged");
    expect(found.schema).toMatchObject({ status: "wrong", record: undefined });
    expect(found.schema.problem).toContain(Order.fingerprint.hex);
    expect([found.value, found.bytes[0]]).toEqual([undefined, 7]);
    // Who takes part does not even look at it.
    using other = SharedStruct.openExisting("forged", Order);
    expect(other.read()).toEqual(shared.read());
  });

  test("never does more harm than that", () => {
    using home = new Home();
    using producer = Producer.createNew("lies", { schema: Order });
    producer.send({ id: 1, symbol: "A" });
    producer.flush();
    const path = home.file("lies");
    const lies = fc.oneof(
      fc.tuple(
        fc.nat({ max: 15 + Order.canonical.length }),
        fc.uint8Array({ minLength: 1, maxLength: 120 }),
      ),
      fc.tuple(
        fc.constant(0),
        fc.tuple(fc.nat(), fc.nat()).map((pair) => words(...pair)),
      ),
    );
    fc.assert(
      fc.property(lies, ([offset, lie]) => {
        const old = lieIn(path, SECTION.schema, offset, lie);
        const { status, record } = observeSchema("lies");
        expect(record?.canonical).toBe(status === "known" ? Order.canonical : undefined);
        using tail = new RecordTail("lies", { from: "held" });
        const expected = status === "known" ? { id: 1, symbol: "A" } : undefined;
        expect(drain(tail).map((one) => tail.decode(one))).toEqual([expected]);
        lieIn(path, SECTION.schema, offset, old);
      }),
      { numRuns: 300 },
    );
    expect(observeSchema("lies").status).toBe("known");
  });

  test("is not believed when it is longer than any that is written, although it fits", () => {
    using home = new Home();
    const wordsOf = Array.from({ length: 60_000 }, (_, i) => `word number ${i}`);
    const long = struct({ word: oneOf("first", ...wordsOf) });
    {
      using _made = SharedStruct.createNew("made", long);
      const text = new TextEncoder().encode(long.canonical);
      const content = new Uint8Array(SCHEMA_HEADER_BYTES + text.length);
      content.set(words(text.length, 0));
      content.set(text, SCHEMA_HEADER_BYTES);
      const segment = readFileSync(home.file("made"));
      writeFileSync(home.file("stretched"), withSection(segment, SECTION.schema, content));
    }
    expect(observeSchema("stretched")).toMatchObject({ status: "wrong", record: undefined });
  });

  test("is refused when it says to be longer than a schema may be", () => {
    using home = new Home();
    using _producer = Producer.createNew("long", { schema: Order });
    lieIn(home.file("long"), SECTION.schema, 0, words(SCHEMA_TEXT_BYTES_MAX + 1, 0));
    expect(observeSchema("long")).toMatchObject({ status: "wrong" });
    lieIn(home.file("long"), SECTION.schema, 0, words(0xffff_ffff, 0xffff_ffff));
    expect(observeSchema("long")).toMatchObject({ status: "wrong" });
  });
});

describe("a segment without a schema", () => {
  /** Makes the schema section one that nobody knows, as if an earlier version had made the segment. */
  function withoutSchema(path: string): void {
    const entries = 512;
    const head = readFileSync(path).subarray(0, 4096);
    const count = head.readUInt32LE(68);
    const index = Array.from({ length: count }, (_, i) => i).find(
      (i) => head.readUInt32LE(entries + i * 24) === SECTION.schema,
    );
    const fd = openSync(path, "r+");
    writeSync(fd, words(99), 0, 4, entries + (index as number) * 24);
    closeSync(fd);
  }

  test("is as good as any other to those who take part", () => {
    using home = new Home();
    using shared = SharedStruct.createNew("early", Order, { initial: { id: 7, symbol: "X" } });
    using producer = Producer.createNew("channel", { schema: Order });
    for (const name of ["early", "channel"]) withoutSchema(home.file(name));
    using other = SharedStruct.openExisting("early", Order);
    expect(other.read()).toEqual(shared.read());
    using consumer = Consumer.openExisting("channel", { schema: Order });
    producer.send({ id: 1, symbol: "A" });
    producer.flush();
    expect(consumer.tryReceive()).toEqual({ id: 1, symbol: "A" });
    expect(observeSchema("early").status).toBe("absent");
    const found = observeStruct("early");
    expect([found.value, found.bytes[0]]).toEqual([undefined, 7]);
    expect(observe("early").sections.map(({ name }) => name)).toContain("unknown");
  });

  test("is what a schema gives whose text is too long", () => {
    using _home = new Home();
    const wordsOf = (count: number): [string, ...string[]] => [
      "first",
      ...Array.from({ length: count }, (_, i) => `word number ${i}`),
    ];
    const long = struct({ word: oneOf(...wordsOf(40_000)) });
    const tooLong = struct({ word: oneOf(...wordsOf(60_000)) });
    expect(long.canonical.length).toBeLessThan(SCHEMA_TEXT_BYTES_MAX);
    expect(tooLong.canonical.length).toBeGreaterThan(SCHEMA_TEXT_BYTES_MAX);
    using _long = SharedStruct.createNew("long", long, { initial: { word: "word number 39999" } });
    using _tooLong = SharedStruct.createNew("too long", tooLong);
    using _other = SharedStruct.openExisting("too long", tooLong);
    expect(observeStruct("long").value).toEqual({ word: "word number 39999" });
    expect(observeSchema("too long").status).toBe("absent");
  });

  test("a subscriber that made the topic lets a publisher in", () => {
    using _home = new Home();
    using _subscriber = Subscriber.createNew("made", { schema: Order });
    using publisher = Publisher.createOrOpen("made", { schema: Order });
    expect(publisher.metrics.subscribers.length).toBe(1);
    expect(observeSchema("made").record?.canonical).toBe(Order.canonical);
  });
});
