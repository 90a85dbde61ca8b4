import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type ByteRecord,
  ByteRingConsumer,
  ByteRingProducer,
  payloadBytesMax,
} from "../../src/ring/byte-ring.ts";
import { LANE, LANE_HEADER_BYTES } from "../../src/ring/lane-layout.ts";
import { memoryOf } from "./support.ts";

const DATA = LANE_HEADER_BYTES / 4;

function ringOf(capacityBytes: number, start = 0) {
  const { words, bytes } = memoryOf(LANE_HEADER_BYTES + capacityBytes);
  words.store(LANE.tail, start);
  words.store(LANE.head, start);
  const ring = bytes.subarray(LANE_HEADER_BYTES);
  return {
    words,
    producer: new ByteRingProducer(words, 0, DATA, capacityBytes),
    consumer: new ByteRingConsumer(words, 0, DATA, capacityBytes),
    write: (offset: number, payload: Uint8Array) => ring.set(payload, offset),
    read: ({ offset, length }: ByteRecord) => ring.slice(offset, offset + length),
    bytes: ring,
  };
}

function emptyRecord(): ByteRecord {
  return { offset: 0, length: 0, tag: 0 };
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 56 }) },
    { weight: 1, arbitrary: fc.constant("publish" as const) },
    { weight: 2, arbitrary: fc.constant("receive" as const) },
  ),
  { maxLength: 80 },
);

describe("ByteRing", () => {
  test("gives every published record once, whole and in order", () => {
    const starts = fc.constantFrom(0, 7, -3, 0x7fff_fffd, -0x8000_0000 + 5);
    fc.assert(
      fc.property(starts, steps, (start, script) => {
        const { producer, consumer, write, read } = ringOf(256, start);
        const committed: Uint8Array<ArrayBuffer>[] = [];
        const published: Uint8Array<ArrayBuffer>[] = [];
        const record = emptyRecord();
        let tag = 0;
        for (const step of script) {
          if (step === "publish") {
            producer.publish();
            published.push(...committed.splice(0));
          } else if (step === "receive") {
            const isThere = consumer.take(record);
            expect(isThere).toBe(published.length > 0);
            if (!isThere) continue;
            expect(read(record)).toEqual(published.shift() as Uint8Array<ArrayBuffer>);
            consumer.release();
          } else {
            const offset = producer.claim(step.length, ++tag);
            // A quarter of the ring at most per record, so that an empty ring takes it wherever it begins.
            if (committed.length + published.length === 0) expect(offset).not.toBe(-1);
            if (offset === -1) continue;
            write(offset, step);
            producer.commit();
            committed.push(step);
          }
        }
        expect(consumer.corruptions).toBe(0);
      }),
    );
  });

  test("keeps records readable until they are released", () => {
    const { producer, consumer, write, read } = ringOf(64);
    const sent: number[] = [];
    for (let i = 0; ; i++) {
      const offset = producer.claim(8, i);
      if (offset === -1) break;
      write(offset, new Uint8Array(8).fill(i));
      producer.commit();
      sent.push(i);
    }
    producer.publish();
    expect(sent.length).toBe(4);
    const records = sent.map(() => {
      const record = emptyRecord();
      expect(consumer.take(record)).toBe(true);
      return record;
    });
    expect(producer.claim(8, 0)).toBe(-1);
    expect(records.map((record) => read(record)[0])).toEqual(sent);
    expect(records.map(({ tag }) => tag)).toEqual(sent);
    consumer.release();
    expect(producer.claim(8, 0)).not.toBe(-1);
  });

  test("takes the longest record in any place of an empty ring", () => {
    for (let start = 0; start < 32; start++) {
      const { producer, consumer, write, read } = ringOf(256, start);
      const payload = new Uint8Array(payloadBytesMax(256)).fill(start + 1);
      const offset = producer.claim(payload.length, 1);
      expect(offset).not.toBe(-1);
      write(offset, payload);
      producer.commit();
      producer.publish();
      const record = emptyRecord();
      expect(consumer.take(record)).toBe(true);
      expect(read(record)).toEqual(payload);
    }
  });

  test("hands out nothing outside the ring, whatever a hostile producer writes", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.uint8Array({ minLength: 256, maxLength: 256 }),
        (tail, garbage) => {
          const { words, consumer, bytes } = ringOf(256);
          bytes.set(garbage);
          words.store(LANE.tail, tail);
          const record = emptyRecord();
          // Each record takes at least 8 of 256 bytes, so that no script of lies lasts longer than this.
          let handedOut = 0;
          while (consumer.take(record)) {
            expect(record.offset).toBeGreaterThanOrEqual(8);
            expect(record.offset + record.length).toBeLessThanOrEqual(256);
            expect(++handedOut).toBeLessThanOrEqual(32);
          }
          consumer.release();
          expect(words.load(LANE.head)).toBe(tail);
        },
      ),
      {
        examples: [
          [32, new Uint8Array(256)],
          [1, new Uint8Array(256).fill(255)],
        ],
      },
    );
  });
});
