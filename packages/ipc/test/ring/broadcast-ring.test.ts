/** The ring of many subscribers: whole records, in order, and exact counts, whoever joins and leaves; and lies. */
import { describe, expect, test } from "bun:test";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import * as gated from "../../src/ring/broadcast-gated.ts";
import * as gates from "../../src/ring/broadcast-gates.ts";
import * as lapped from "../../src/ring/broadcast-lapped.ts";
import * as lappedBytes from "../../src/ring/broadcast-lapped-bytes.ts";
import * as reading from "../../src/ring/broadcast-reading.ts";
import * as ring from "../../src/ring/broadcast-ring.ts";
import { type RingSubscriber, RingWorld } from "../topic/support/ring-world.ts";

const SOURCE = { ...gated, ...gates, ...lapped, ...lappedBytes, ...reading, ...ring };
const SUBSCRIBERS_MAX = 6;

const kinds = fc.constantFrom(
  { kind: "fixed", length: 8 } as const,
  { kind: "fixed", length: 64 } as const,
  { kind: "fixed", length: 1 } as const,
  { kind: "bytes", length: 64 } as const,
  { kind: "bytes", length: 1024 } as const,
);
const starts = fc.constantFrom(0, 5, 2 ** 31 - 20, 2 ** 32 - 20, 2 ** 52);
const steps = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant("send" as const), count: fc.integer({ min: 1, max: 90 }) }),
    fc.record({
      what: fc.constant("read" as const),
      slot: fc.nat(SUBSCRIBERS_MAX - 1),
      count: fc.integer({ min: 1, max: 40 }),
    }),
    fc.record({
      what: fc.constant("join" as const),
      slot: fc.nat(SUBSCRIBERS_MAX - 1),
      isGating: fc.boolean(),
      isHistory: fc.boolean(),
    }),
    fc.record({ what: fc.constant("leave" as const), slot: fc.nat(SUBSCRIBERS_MAX - 1) }),
  ),
  { maxLength: 60 },
);

/** What must be true of a subscriber at any time. */
function check(world: RingWorld, { account, reading: { corruptions } }: RingSubscriber): void {
  expect({ mistakes: account.mistakes, corruptions }).toEqual({ mistakes: [], corruptions: 0 });
  expect(account.next ?? 0).toBeLessThanOrEqual(world.sent);
}

describe("the ring of many subscribers", () => {
  test("is whole, in order and counted exactly, whoever joins, reads and leaves", () => {
    const run = (
      { kind, length }: { kind: "fixed" | "bytes"; length: number },
      start: number,
      script: typeof steps extends fc.Arbitrary<infer T> ? T : never,
    ): void => {
      const world = new RingWorld(SOURCE, kind, length, start);
      const subscribers = new Map<number, { one: RingSubscriber; isHistory: boolean }>();
      for (const step of script) {
        if (step.what === "send") world.send(step.count);
        else if (step.what === "join") {
          subscribers.get(step.slot)?.one.leave();
          subscribers.set(step.slot, {
            one: world.join(step.slot, step),
            isHistory: step.isHistory,
          });
        } else if (step.what === "leave") {
          subscribers.get(step.slot)?.one.leave();
          subscribers.delete(step.slot);
        } else subscribers.get(step.slot)?.one.read(step.count);
        for (const { one } of subscribers.values()) check(world, one);
      }
      for (const { one, isHistory } of subscribers.values()) {
        one.read();
        check(world, one);
        const due = world.sent - one.joinedAt;
        const seen = one.account.received + one.lost;
        if (isHistory) expect(seen).toBeGreaterThanOrEqual(due);
        else expect(seen).toBe(due);
      }
    };
    fc.assert(fc.property(kinds, starts, steps, run), runs(400));
  });

  test("keeps seven eighths of its length for those who come later", () => {
    const world = new RingWorld(SOURCE, "fixed", 64);
    world.send(1000);
    const late = world.join(0, { isGating: false, isHistory: true });
    late.read();
    expect(late.account.received).toBeGreaterThanOrEqual(56);
    expect(late.account).toMatchObject({ mistakes: [], next: 1000 });
  });

  test("counts what was lost also when it is more than 32 bits can say", () => {
    const world = new RingWorld(SOURCE, "fixed", 8, 2 ** 32 + 5);
    const subscriber = world.join(0, { isGating: false, isHistory: false });
    // As if the publisher had gone round all the while.
    for (const word of [1, 3]) world.words.store(word, world.words.load(word) + 10);
    world.succeed()(8);
    subscriber.read();
    expect(subscriber.lost + subscriber.account.received).toBe(10 * 2 ** 31 + 8);
  });

  test("a gating subscriber stops the publisher, and only the slowest does", () => {
    const world = new RingWorld(SOURCE, "fixed", 8);
    const style = { isGating: true, isHistory: false };
    const [slow, quick] = [world.join(1, style), world.join(33, style)];
    expect(world.send(100)).toBe(8);
    expect(quick.read()).toBe(8);
    expect(world.send(100)).toBe(0);
    expect(slow.read(3)).toBe(3);
    expect(world.send(100)).toBe(3);
    slow.leave();
    expect(world.send(100)).toBe(5);
    quick.leave();
    expect(world.send(100)).toBe(100);
  });

  test("waits for nobody who says to be where nobody can be", () => {
    const world = new RingWorld(SOURCE, "fixed", 8, 1000);
    const liar = world.join(5, { isGating: true, isHistory: false });
    const table = { bits: 16, bitWords: 2, places: 32, placeWords: 4 };
    const gating = new gates.Gates(world.words, table);
    world.send(3);
    expect(gating.lag(1003, 8)).toBe(3);
    for (const head of [0, 994, 1004, 2 ** 31 - 1, -1]) {
      world.words.store(table.places + 5 * table.placeWords, head);
      expect(gating.lag(1003, 8)).toBe(0);
    }
    expect(world.send(100)).toBe(100);
    liar.leave();
  });

  test("hands out nothing outside the ring, whatever a hostile participant writes", () => {
    const words = fc.array(fc.oneof(fc.integer(), fc.constantFrom(0, -1, 8, 0x7fff_ffff)), {
      minLength: 4,
      maxLength: 4,
    });
    const garbage = fc.uint8Array({ minLength: 1024, maxLength: 1024 });
    fc.assert(
      fc.property(kinds, words, garbage, fc.boolean(), (shape, counters, bytes, isGating) => {
        const world = new RingWorld(SOURCE, shape.kind, shape.length);
        const subscriber = world.join(0, { isGating, isHistory: false });
        world.send(5);
        const ringBytes = shape.kind === "fixed" ? shape.length * 16 : shape.length;
        const ringOffset = world.bytes.length - ringBytes;
        for (const [word, value] of counters.entries()) world.words.store(word, value);
        world.bytes.set(bytes.subarray(0, ringBytes), ringOffset);
        // It ends, and no record reaches past the ring: `get` beyond the end would make it torn and undefined.
        for (let i = 0; i < 20; i++) {
          subscriber.read(200);
          world.send(1);
        }
        expect(subscriber.account.mistakes.some((text) => text.includes("undefined"))).toBe(false);
      }),
      runs(300),
    );
  });

  test("understands a publisher again after a lie has been overwritten", () => {
    for (const kind of ["fixed", "bytes"] as const) {
      for (const isGating of [true, false]) {
        for (const word of [0, 1, 2, 3]) {
          const world = new RingWorld(SOURCE, kind, kind === "fixed" ? 64 : 1024);
          const subscriber = world.join(0, { isGating, isHistory: false });
          world.send(20);
          subscriber.read();
          world.words.store(word, 0x1234_5678);
          subscriber.read();
          for (let i = 0; i < 100; i++) {
            world.send(9);
            subscriber.read();
          }
          const before = subscriber.account.received;
          for (let i = 0; i < 10; i++) {
            expect(world.send(9)).toBe(9);
            subscriber.read();
          }
          expect(subscriber.account.received - before).toBe(90);
        }
      }
    }
  });

  test("refuses a length that no ring has", () => {
    const { words } = new RingWorld(SOURCE, "fixed", 8);
    const none = new gates.Gates(words, { bits: 16, bitWords: 2, places: 32, placeWords: 4 });
    expect(() => new ring.FixedBroadcastPublisher(words, 0, 3, none)).toThrow("power of two");
    expect(() => new ring.ByteBroadcastPublisher(words, 0, 32, 32, none)).toThrow("from 8 to");
  });
});
