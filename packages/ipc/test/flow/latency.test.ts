/** How long records and requests take, where who made the segment wants it to be counted. */
import { describe, expect, test } from "bun:test";
import {
  bytes,
  json,
  observe,
  Publisher,
  Requester,
  Responder,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
  Subscriber,
  struct,
  u8,
  u32,
} from "../../src/index.ts";
import { Home } from "../sync/support/home.ts";
import { codeOf } from "./support/code-of.ts";
import { FLOWS } from "./support/flows.ts";

const Tick = struct({ id: u32, flag: u8 });
const MINUTE_NS = 60e9;

describe.each(FLOWS)("a $what with latency: true", ({ Sender, Receiver, receiving: more }) => {
  test("counts every record once, whatever way it was sent and received", async () => {
    using _home = new Home();
    using sender = Sender.createNew("timed", { schema: Tick, latency: true });
    using receiver = Receiver.openExisting("timed", { ...more, schema: Tick });
    sender.send({ id: 1, flag: 1 });
    sender.claim((tick) => {
      tick.id = 2;
      tick.flag = 2;
    });
    sender.batch((batch) => {
      batch.send({ id: 3, flag: 3 });
      batch.claim((tick) => {
        tick.id = 4;
        tick.flag = 4;
      });
    });
    await sender.sendAsync({ id: 5, flag: 5 });
    const seen: number[] = [];
    receiver.poll(({ id, flag }) => seen.push(id * 10 + flag), { limit: 3 });
    seen.push(receiver.receive().id);
    for await (const { id } of receiver) {
      seen.push(id);
      receiver.acknowledge();
      break;
    }
    expect(seen).toEqual([11, 22, 33, 4, 5]);
    const { latency, records } = receiver.metrics;
    expect(latency?.count).toBe(5);
    expect(records).toBe(5);
    expect(latency?.minNs).toBeGreaterThan(0);
    expect(latency?.maxNs).toBeLessThan(MINUTE_NS);
  });

  test("has its times apart from the payloads of bytes and json", () => {
    using _home = new Home();
    const options = { capacityBytes: 1024, latency: true };
    using bytesOut = Sender.createNew("raw", { schema: bytes, ...options });
    using bytesIn = Receiver.openExisting("raw", { ...more, schema: bytes });
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
    using jsonOut = Sender.createNew("text", { schema: json, ...options });
    using jsonIn = Receiver.openExisting("text", { ...more, schema: json });
    jsonOut.send({ any: ["thing"] });
    expect(jsonIn.receive()).toEqual({ any: ["thing"] });
    expect(jsonIn.metrics.latency?.count).toBe(1);
  });

  test("is so for everybody, as its creator chose", () => {
    using _home = new Home();
    using timed = Sender.createNew("timed", { schema: Tick, latency: true });
    using receiver = Receiver.createOrOpen("timed", { ...more, schema: Tick, latency: false });
    timed.send({ id: 1, flag: 0 });
    expect(receiver.receive().id).toBe(1);
    expect(receiver.metrics.latency?.count).toBe(1);
    using plain = Sender.createNew("plain", { schema: Tick });
    using other = Receiver.createOrOpen("plain", { ...more, schema: Tick, latency: true });
    plain.send({ id: 2, flag: 0 });
    expect(other.receive().id).toBe(2);
    expect(other.metrics.latency).toBeUndefined();
    const wrong = { schema: Tick, latency: "yes" as unknown as boolean };
    expect(codeOf(() => Sender.createNew("wrong", wrong))).toBe("ERR_INVALID_ARG_TYPE");
  });

  test("a claim inside a claim is refused, and the outer one is finished by its own function", () => {
    using _home = new Home();
    using sender = Sender.createNew("timed", { schema: Tick, latency: true });
    using receiver = Receiver.openExisting("timed", { ...more, schema: Tick });
    for (let id = 0; id < 3; id++) {
      sender.claim((tick) => {
        tick.id = id;
        expect(codeOf(() => sender.claim(() => {}))).toBe("ERR_NOT_SUPPORTED");
        tick.flag = id + 1;
      });
    }
    sender.flush();
    const seen: number[] = [];
    while (receiver.poll(({ id, flag }) => seen.push(id * 10 + flag)) > 0);
    expect(seen).toEqual([1, 12, 23]);
  });
});

describe("a topic with latency: true", () => {
  test("counts for each subscriber, who begins with none of its predecessor's", () => {
    using _home = new Home();
    using publisher = Publisher.createNew("timed", { schema: Tick, latency: true });
    using first = Subscriber.openExisting("timed", { schema: Tick });
    {
      using second = Subscriber.openExisting("timed", { schema: Tick, onSlow: "lap" });
      publisher.send({ id: 1, flag: 0 });
      publisher.send({ id: 2, flag: 0 });
      first.receive();
      second.receive();
      second.receive();
      expect(first.metrics.latency?.count).toBe(1);
      expect(second.metrics.latency?.count).toBe(2);
      const { topic } = observe("timed");
      expect(topic?.latency?.count).toBe(3);
      expect(topic?.subscribers.map(({ latency }) => latency?.count)).toEqual([1, 2]);
    }
    using third = Subscriber.openExisting("timed", { schema: Tick });
    expect(third.metrics.latency?.count).toBe(0);
    expect(observe("timed").topic?.latency?.count).toBe(1);
  });

  test("is compared subscriber by subscriber", () => {
    using _home = new Home();
    using publisher = Publisher.createNew("timed", { schema: Tick, latency: true });
    using staying = Subscriber.openExisting("timed", { schema: Tick });
    const leaving = Subscriber.openExisting("timed", { schema: Tick });
    using observer = new SegmentObserver("timed");
    const pass = (...to: Subscriber<typeof Tick>[]): void => {
      publisher.send({ id: 1, flag: 0 });
      publisher.flush();
      for (const subscriber of to) subscriber.receive();
    };
    pass(staying, leaving);
    const before = observer.sample() as SegmentSample;
    leaving.dispose();
    pass(staying);
    using joining = Subscriber.openExisting("timed", { schema: Tick });
    pass(staying, joining);
    const rates = ratesBetween(before, observer.sample() as SegmentSample)?.topic;
    expect(rates?.latency?.count).toBe(3);
    expect(rates?.subscribers.map(({ latency }) => latency?.count)).toEqual([2, 1]);
  });
});

describe("a service with latency: true", () => {
  const schemas = { request: json, response: json };

  test("counts every request that was answered, from making it to its answer", async () => {
    using _home = new Home();
    using responder = Responder.createNew("timed", { ...schemas, latency: true });
    void responder.serve((request) => {
      if (request === "bad") throw new Error("no");
      return request;
    });
    using requester = Requester.openExisting("timed", schemas);
    const answers = await Promise.allSettled(
      ["one", "bad", "two"].map((each) => requester.request(each)),
    );
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const { latency } = requester.metrics;
    expect(latency?.count).toBe(3);
    expect(latency?.minNs).toBeGreaterThan(0);
    expect(latency?.maxNs).toBeLessThan(MINUTE_NS);
    const { service } = observe("timed");
    expect(service?.latency).toEqual(latency);
    expect(service?.requesters.map((one) => one.latency?.count)).toEqual([3]);
  });

  test("counts nothing unless its creator wants it, and does nothing else than before", async () => {
    using _home = new Home();
    using responder = Responder.createNew("plain", schemas);
    void responder.serve((request) => request);
    using requester = Requester.openExisting("plain", { ...schemas, latency: true });
    expect(await requester.request("hello")).toBe("hello");
    expect(requester.metrics.latency).toBeUndefined();
    expect(observe("plain").service?.latency).toBeUndefined();
    const wrong = { ...schemas, latency: 1 as unknown as boolean };
    expect(codeOf(() => Responder.createNew("wrong", wrong))).toBe("ERR_INVALID_ARG_TYPE");
  });
});

describe("a service with lifetime: persistent", () => {
  test("stays with what it has counted when nobody holds it", async () => {
    using _home = new Home();
    const schemas = { request: json, response: json };
    const options = { ...schemas, lifetime: "persistent" } as const;
    for (const answered of [1, 2]) {
      using responder = Responder.createOrOpen("kept", options);
      expect(responder.createdNew).toBe(answered === 1);
      void responder.serve((request) => request);
      using requester = Requester.openExisting("kept", schemas);
      expect(await requester.request("hello")).toBe("hello");
      expect(observe("kept").service).toMatchObject({ requests: answered, replies: answered });
    }
    expect(observe("kept")).toMatchObject({ isHeld: false, isPersistent: true });
    const wrong = { ...schemas, lifetime: "long" as unknown as "held" };
    expect(codeOf(() => Responder.createNew("wrong", wrong))).toBe("ERR_INVALID_ARG_VALUE");
  });
});
