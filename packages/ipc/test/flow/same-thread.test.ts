/** Waiting on a thread for somebody who is on that very thread. Waits have no end: a test that fails hangs. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import {
  bytes,
  type ChannelSchema,
  json,
  observe,
  Producer,
  RecordTail,
  Requester,
  Responder,
  SegmentObserver,
  Subscriber,
  struct,
  u32,
} from "../../src/index.ts";
import { FLOWS, WAITING_FLOWS } from "./support/flows.ts";

const Tick = struct({ id: u32 });
const SMALL = { capacityBytes: 64 };
const FOR_EVER = { timeoutMs: Infinity };

/** Records, and how to write one in place, by the kind of record. */
const KINDS: readonly {
  readonly schema: ChannelSchema;
  readonly record: unknown;
  readonly claim?: (sender: { claim: (...args: never[]) => void }) => void;
}[] = [
  {
    schema: Tick,
    record: { id: 1 },
    claim: (sender) => sender.claim(...([() => {}, FOR_EVER] as never[])),
  },
  {
    schema: bytes,
    record: new Uint8Array(8),
    claim: (sender) => sender.claim(...([8, () => {}, FOR_EVER] as never[])),
  },
  { schema: json, record: 1 },
];

function expectRefused(use: () => unknown, instead: string): void {
  expect(expectCode(use, "TimeoutError", "ETIMEDOUT").message).toContain(instead);
}

describe.each(WAITING_FLOWS)("a full $what whose receiver is on this thread", (flow) => {
  for (const { schema, record, claim } of KINDS) {
    test(`of ${schema === Tick ? "structs" : schema === bytes ? "bytes" : "json"}`, async () => {
      using _home = new Home();
      using sender = flow.Sender.createNew("own", { schema, ...SMALL });
      using _lapped =
        flow.what === "topic"
          ? Subscriber.openExisting("own", { schema, onSlow: "lap" })
          : new DisposableStack();
      const receiver = flow.Receiver.openExisting("own", { schema });
      while (sender.trySend(record as never));
      const uses = [
        () => sender.send(record as never, FOR_EVER),
        () => sender.batch((batch) => batch.send(record as never)),
      ];
      if (claim !== undefined) uses.push(() => claim(sender as never));
      for (const use of uses) expectRefused(use, "on this thread");
      expectRefused(() => sender.send(record as never), "use sendAsync()");
      expect(sender.metrics.fullWaits).toBeGreaterThan(0);
      // Waiting in the event loop is another thing.
      const sent = sender.sendAsync(record as never);
      receiver.poll(() => {});
      await sent;
      while (sender.trySend(record as never));
      receiver.dispose();
      // A consumer that has left is not waited for: who comes next may be anywhere. Nobody waits for who is lapped.
      const send = (): void => sender.send(record as never, { timeoutMs: 5 });
      if (flow.what === "topic") send();
      else expect(send).not.toThrow("on this thread");
    });
  }
});

describe("a full channel", () => {
  test("whose consumer is in another thread of the process is waited for", async () => {
    using home = new Home();
    await using stack = new AsyncDisposableStack();
    using producer = Producer.createNew("other", { schema: Tick, ...SMALL });
    const worker = new Worker(
      URL.createObjectURL(
        new Blob([
          `import { Consumer, struct, u32 } from ${JSON.stringify(join(import.meta.dir, "..", "..", "src", "index.ts"))};
           const consumer = Consumer.openExisting("other", { schema: struct({ id: u32 }) });
           postMessage("open");
           for (let count = 0; count < 1000; ) count += consumer.poll(() => {}, { limit: 3 });
           consumer.dispose();
           postMessage("done");`,
        ]),
      ),
      { env: { ISTHMUS_DIR: home.path } },
    );
    stack.defer(() => worker.terminate());
    const said = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    expect(await said()).toBe("open");
    const done = said();
    for (let id = 0; id < 1000; id++) producer.send({ id }, FOR_EVER);
    producer.flush();
    expect(await done).toBe("done");
  });
});

describe("Requester.requestSync()", () => {
  test("with its responder on this thread it asks nothing and says what to do", async () => {
    using _home = new Home();
    const schemas = { request: json, response: json };
    using responder = Responder.createNew("own", schemas);
    using requester = Requester.openExisting("own", schemas);
    expectRefused(() => requester.requestSync(1, FOR_EVER), "use request()");
    expect(requester.metrics.requests).toBe(0);
    void responder.serve((request) => request);
    expect(await requester.request(1)).toBe(1);
  });
});

/** How many records observers tell of: one that looks once, and one that looks again and again. */
const told = (observer: SegmentObserver): unknown[] =>
  [observe("ticks"), observer.sample()].map((info) => (info?.channel ?? info?.topic)?.records);

describe.each(FLOWS)("what this thread has sent through a $what", (flow) => {
  test("is told by whoever observes on it, published or not", () => {
    using _home = new Home();
    // Nobody waits for records, so that only the first one is published at once.
    using sender = flow.Sender.createNew("ticks", { schema: Tick });
    using observer = new SegmentObserver("ticks");
    for (let id = 0; id < 4; id++) sender.send({ id });
    expect(told(observer)).toEqual([4, 4]);
    sender.send({ id: 4 });
    const sample = observer.sample();
    expect((sample?.channel ?? sample?.topic)?.records).toBe(5);
    for (let id = 5; id < 8; id++) sender.send({ id });
    expect(told(observer)).toEqual([8, 8]);
    sender.claim((tick) => {
      expect(told(observer)).toEqual([8, 8]);
      tick.id = 8;
    });
    expect(told(observer)).toEqual([9, 9]);
  });

  test("is passed over by a tail that begins behind it, and told by one that began before", () => {
    using _home = new Home();
    using sender = flow.Sender.createNew("ticks", { schema: Tick });
    using early = new RecordTail("ticks");
    for (let id = 0; id < 3; id++) sender.send({ id });
    using late = new RecordTail("ticks");
    for (let id = 3; id < 6; id++) sender.send({ id });
    expect([early, late].map((tail) => tail.poll(() => {}))).toEqual([6, 3]);
  });
});
