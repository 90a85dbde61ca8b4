/** What a segment says of its records, when it is missing, damaged or forged. */
import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import fc from "fast-check";
import {
  Consumer,
  observe,
  observeSchema,
  observeStruct,
  oneOf,
  Producer,
  Publisher,
  RecordTail,
  SharedStruct,
  Subscriber,
  struct,
} from "../../src/index.ts";
import { SCHEMA_HEADER_BYTES, SCHEMA_TEXT_BYTES_MAX } from "../../src/struct/schema-layout.ts";
import { drain, lieIn, Order, withSection, words } from "./support.ts";

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
