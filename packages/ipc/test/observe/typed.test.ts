/** Records and values with the names of their fields, without the program that made them; topics and services followed. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import {
  bytes,
  json,
  observeStruct,
  Producer,
  Publisher,
  RecordTail,
  Requester,
  Responder,
  SharedStruct,
  type TailedRecord,
} from "../../src/index.ts";
import { member } from "../flow/support/member.ts";
import { Numbered, numbered } from "../flow/support/numbered.ts";
import { peerOf } from "../shared-struct/support/peers.ts";
import { drain, Order } from "./support.ts";

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

  test("gives whole records only, in order, while another process publishes at full speed", async () => {
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
  });
});

describe("observeStruct()", () => {
  test("shows the value of another program's struct, also after it was killed inside an update", async () => {
    using _home = new Home();
    await using peer = peerOf("peer");
    await peer.call("open", "shared", "persistent");
    const before = observeStruct("shared");
    expect(before).toMatchObject({ version: 0, problem: undefined });
    expect(Object.keys(before.value as object).length).toBeGreaterThan(0);
    await peer.call("enter", 1);
    await peer.kill();
    expect(observeStruct("shared")).toEqual(before);
  });

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
