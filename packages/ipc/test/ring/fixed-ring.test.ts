import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FixedRingConsumer, FixedRingProducer } from "../../src/ring/fixed-ring.ts";
import { LANE, LANE_HEADER_BYTES, positionAt, repairPosition } from "../../src/ring/lane-layout.ts";
import { memoryOf } from "./support.ts";

const DATA = LANE_HEADER_BYTES / 4;

function ringOf(slotCount: number, start = 0) {
  const { words } = memoryOf(LANE_HEADER_BYTES + slotCount * 4);
  words.store(LANE.tail, start);
  words.store(LANE.head, start);
  return {
    words,
    producer: new FixedRingProducer(words, 0, slotCount),
    consumer: new FixedRingConsumer(words, 0, slotCount),
    newProducer: () => new FixedRingProducer(words, 0, slotCount),
    newConsumer: () => new FixedRingConsumer(words, 0, slotCount),
  };
}

/** What a user of the ring may do; numbers say how many. */
const operations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("send" as const), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("publish" as const), count: fc.constant(0) }),
    fc.record({ kind: fc.constant("receive" as const), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("restartProducer" as const), count: fc.constant(0) }),
    fc.record({ kind: fc.constant("restartConsumer" as const), count: fc.constant(0) }),
  ),
  { maxLength: 60 },
);

describe("FixedRing", () => {
  test("gives every published record once and in order, whatever is done to it", () => {
    const starts = fc.constantFrom(0, -3, 0x7fff_fffd, -0x8000_0000 + 5);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), starts, operations, (log2, start, steps) => {
        const slotCount = 2 ** log2;
        const ring = ringOf(slotCount, start);
        let { producer, consumer } = ring;
        let next = 1;
        const committed: number[] = [];
        const published: number[] = [];
        for (const { kind, count } of steps) {
          if (kind === "send") {
            const room = slotCount - committed.length - published.length;
            const claimed = producer.claim(count);
            // As many as there are next to each other: the rest is at the start of the ring.
            expect(claimed).toBe(Math.min(count, room, slotCount - producer.slot));
            for (let i = 0; i < claimed; i++) {
              ring.words.set(DATA + producer.slot + i, next);
              committed.push(next++);
            }
            producer.commit(claimed);
          } else if (kind === "publish") {
            producer.publish();
            published.push(...committed.splice(0));
          } else if (kind === "receive") {
            const available = consumer.available();
            expect(available === 0).toBe(published.length === 0);
            expect(available).toBeLessThanOrEqual(published.length);
            expect(consumer.adjacent()).toBe(Math.min(available, slotCount - consumer.slot));
            const taken = Math.min(count, consumer.adjacent());
            for (let i = 0; i < taken; i++) {
              expect(ring.words.get(DATA + consumer.slot + i)).toBe(published.shift() as number);
            }
            consumer.advance(taken);
            consumer.release();
          } else if (kind === "restartProducer") {
            producer = ring.newProducer();
            // What was committed and not published is lost with the producer, and nothing else is.
            committed.length = 0;
          } else {
            consumer = ring.newConsumer();
          }
        }
        expect(consumer.corruptions).toBe(0);
      }),
    );
  });

  test("has positions that grow beyond 2^32, also past a writer that died between their halves", () => {
    for (const start of [0, 2 ** 31 - 2, 2 ** 32 - 2, 2 ** 40 + 2 ** 31 - 2]) {
      const { words } = memoryOf(LANE_HEADER_BYTES);
      for (const index of [LANE.tail, LANE.head]) {
        words.store(index, start | 0);
        words.store(index + 1, Math.floor(start / 2 ** 31));
      }
      for (let i = 0; i < 4; i++) {
        const producer = new FixedRingProducer(words, 0, 4);
        const consumer = new FixedRingConsumer(words, 0, 4);
        expect(producer.claim(1)).toBe(1);
        producer.commit(1);
        producer.publish();
        expect(consumer.available()).toBe(1);
        consumer.advance(1);
        consumer.release();
        expect(positionAt(words, LANE.tail)).toBe(start + i + 1);
        expect(positionAt(words, LANE.head)).toBe(start + i + 1);
      }
    }
    const { words } = memoryOf(LANE_HEADER_BYTES);
    words.store(LANE.tail, 0x7fff_ffff);
    words.store(LANE.tailHigh, 1);
    expect(positionAt(words, LANE.tail)).toBe(2 ** 31 - 1);
    repairPosition(words, LANE.tail);
    expect(words.load(LANE.tailHigh)).toBe(0);
  });

  test("does not believe a head that cannot be", () => {
    fc.assert(
      fc.property(fc.integer(), (lie) => {
        const { words, producer } = ringOf(8);
        expect(producer.claim(9)).toBe(8);
        producer.commit(8);
        producer.publish();
        words.store(LANE.head, lie);
        const isPossible = lie >= 0 && lie <= 8;
        expect(producer.claim(9)).toBe(isPossible ? lie : 0);
      }),
      { examples: [[0], [8], [9], [-1], [0x7fff_ffff], [-0x8000_0000]] },
    );
  });

  test("goes on behind a tail that cannot be, and counts it", () => {
    fc.assert(
      fc.property(fc.integer(), (lie) => {
        const { words, consumer } = ringOf(8);
        words.store(LANE.tail, lie);
        const isPossible = lie >= 0 && lie <= 8;
        expect(consumer.available()).toBe(isPossible ? lie : 0);
        expect(consumer.corruptions).toBe(isPossible ? 0 : 1);
        if (isPossible) return;
        // A producer that starts on these counters is understood again.
        const producer = new FixedRingProducer(words, 0, 8);
        expect(producer.claim(1)).toBe(1);
        const { slot } = producer;
        producer.commit(1);
        producer.publish();
        expect(consumer.available()).toBe(1);
        expect(consumer.slot).toBe(slot);
      }),
      { examples: [[0], [8], [9], [-1], [0x7fff_ffff], [-0x8000_0000]] },
    );
  });

  test("refuses a number of slots that is no power of two", () => {
    for (const slotCount of [0, 3, -4, 1.5, Number.NaN, 2 ** 31]) {
      const { words } = memoryOf(LANE_HEADER_BYTES);
      expect(() => new FixedRingProducer(words, 0, slotCount)).toThrow(RangeError);
      expect(() => new FixedRingConsumer(words, 0, slotCount)).toThrow(RangeError);
    }
  });
});
