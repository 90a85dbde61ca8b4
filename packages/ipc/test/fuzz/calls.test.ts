/** Any calls of senders and receivers, against the plain arrays of what was sent. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { PATIENCE_MS, runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { Consumer, Producer, Publisher, Subscriber } from "../../src/index.ts";
import { KINDS, type Kind, numberOf, Sent, textOf } from "./support/numbered.ts";

setDefaultTimeout(PATIENCE_MS);

const NAME = "calls";
const SENDERS = 2;
const RUNS = 120;
const senders = [0, 1] as const;

const index = fc.nat(SENDERS - 1);
const count = fc.integer({ min: 1, max: 40 });
const sending = fc.record({ what: fc.constantFrom("trySend", "batch", "reopen"), index, count });
const common = fc.record({ what: fc.constantFrom("flush", "poll", "receive"), index, count });
const joining = fc.record({ what: fc.constantFrom("gate", "lap"), index, count });
const coming = fc.record({ what: fc.constant("reopen receiver"), index, count });

interface Step {
  readonly what: string;
  readonly index: number;
  readonly count: number;
}

let home: Home;
beforeAll(() => {
  home = new Home();
});
afterAll(() => home[Symbol.dispose]());

/** Does what only concerns the senders. */
function send(sent: Sent, { what, index, count }: Step): void {
  if (what === "trySend") sent.trySend(index, count);
  else if (what === "batch") sent.batch(index, count);
  else if (what === "reopen") sent.reopen(index);
  else if (what === "flush") sent.flush();
}

/** What one receiver has got: of each life in order, from where it began. */
class Received {
  count = 0;
  readonly #sent: Sent;
  /** The number of the next record of each life, as far as it is known. */
  readonly #next = new Map<number, number>();
  readonly #mayLose: boolean;

  constructor(sent: Sent, mayLose: boolean) {
    this.#sent = sent;
    this.#mayLose = mayLose;
    for (const [life, { length }] of sent.lives.entries()) this.#next.set(life, length);
  }

  readonly take = (record: unknown): void => {
    const [life, number] = numberOf(record);
    const next = this.#next.get(life) ?? 0;
    if (this.#mayLose) expect(number).toBeGreaterThanOrEqual(next);
    else expect(number).toBe(next);
    expect(textOf(record)).toBe(this.#sent.lives[life]?.[number] as string);
    this.#next.set(life, number + 1);
    this.count++;
  };
}

function channelProperty(kind: Kind) {
  const script = fc.array(fc.oneof(sending, common, coming), { maxLength: 40 });
  const options = { schema: kind.schema, capacityBytes: 1024, maxProducers: SENDERS };
  return fc.property(script, (steps) => {
    let consumer = Consumer.createNew(NAME, options);
    const open = () => Producer.createOrOpen(NAME, { ...options, onFull: "fail" });
    const sent = new Sent(kind, [open, open]);
    try {
      const received = new Received(sent, false);
      for (const step of steps) {
        send(sent, step);
        if (step.what === "poll") consumer.poll(received.take, { limit: step.count });
        else if (step.what === "receive") {
          const record = consumer.tryReceive();
          if (record !== undefined) received.take(record);
        } else if (step.what === "reopen receiver") {
          consumer.dispose();
          consumer = Consumer.createOrOpen(NAME, options);
        }
      }
      sent.flush();
      while (consumer.poll(received.take) > 0);
      expect(received.count).toBe(sent.count);
      expect(senders.map((index) => sent.trySend(index, 1))).toEqual([1, 1]);
      expect(consumer.metrics.corruptions).toBe(0);
    } finally {
      sent[Symbol.dispose]();
      consumer.dispose();
    }
  });
}

function topicProperty(kind: Kind) {
  const script = fc.array(fc.oneof(sending, common, joining), { maxLength: 40 });
  const options = { schema: kind.schema, capacityBytes: 1024, maxPublishers: SENDERS };
  return fc.property(script, (steps) => {
    const open = () => Publisher.createOrOpen(NAME, { ...options, onFull: "fail" });
    const sent = new Sent(kind, [open, open]);
    const all = new Map<
      number,
      { one: Subscriber<typeof kind.schema>; got: Received; from: number }
    >();
    const join = (slot: number, onSlow: "gate" | "lap"): void => {
      all.get(slot)?.one.dispose();
      // Whether it gets what is not published yet is a matter of when that is.
      sent.flush();
      const one = Subscriber.openExisting(NAME, { ...options, onSlow });
      all.set(slot, { one, got: new Received(sent, onSlow === "lap"), from: sent.count });
    };
    try {
      for (const step of steps) {
        send(sent, step);
        if (step.what === "gate" || step.what === "lap") join(step.index, step.what);
        const { one, got } = all.get(step.index) ?? {};
        if (one === undefined || got === undefined) continue;
        if (step.what === "poll") one.poll(got.take, { limit: step.count });
        else if (step.what === "receive") {
          const record = one.tryReceive();
          if (record !== undefined) got.take(record);
        }
      }
      sent.flush();
      for (const { one, got, from } of all.values()) {
        while (one.poll(got.take) > 0);
        expect(got.count + one.lost).toBe(sent.count - from);
        expect(one.metrics.corruptions).toBe(0);
      }
      expect(senders.map((index) => sent.trySend(index, 1))).toEqual([1, 1]);
    } finally {
      for (const { one } of all.values()) one.dispose();
      sent[Symbol.dispose]();
    }
  });
}

describe.each(KINDS.map((kind) => [kind.name, kind] as const))("of %s", (_, kind) => {
  test("a channel gives everything once and in order, whatever is called", () => {
    fc.assert(channelProperty(kind), runs(RUNS));
  });

  test("a topic gives everything once and in order, or counts it as lost, whatever is called", () => {
    fc.assert(topicProperty(kind), runs(RUNS));
  });
});
