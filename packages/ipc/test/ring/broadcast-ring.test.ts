import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  BROADCAST_HEADER_BYTES,
  BroadcastPublisher,
  BroadcastSubscriber,
  broadcastPayloadBytesMax,
} from "../../src/ring/broadcast-ring.ts";
import { memoryOf } from "./support.ts";

const DATA = BROADCAST_HEADER_BYTES / 4;
const RING_BYTES = 512;

function ringOf(start = 0) {
  const { words, bytes } = memoryOf(BROADCAST_HEADER_BYTES + RING_BYTES);
  for (const word of [0, 1, 2]) words.store(word, start);
  const ring = bytes.subarray(BROADCAST_HEADER_BYTES);
  const publisher = new BroadcastPublisher(words, 0, DATA, RING_BYTES);
  return {
    words,
    ring,
    publisher,
    subscribe: () => new BroadcastSubscriber(words, 0, DATA, RING_BYTES),
    publish(payload: Uint8Array, tag: number) {
      ring.set(payload, publisher.claim(payload.length, tag));
      publisher.publish();
    },
  };
}

/** Reads one record of a subscriber, or says why there is none. */
function read(subscriber: BroadcastSubscriber, ring: Uint8Array): Uint8Array | "empty" | "lapped" {
  let copied = new Uint8Array();
  const outcome = subscriber.next((offset, length) => {
    copied = ring.slice(offset, offset + length);
  });
  return outcome === "record" ? copied : outcome;
}

describe("BroadcastRing", () => {
  test("gives a subscriber who keeps up every record, whole and in order", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: broadcastPayloadBytesMax(RING_BYTES) }));
    fc.assert(
      fc.property(fc.constantFrom(0, -5, 0x7fff_fff0), payloads, (start, sent) => {
        const { ring, publish, subscribe } = ringOf(start);
        const subscriber = subscribe();
        sent.forEach((payload, tag) => {
          publish(payload, tag);
          expect(read(subscriber, ring)).toEqual(payload);
          expect(subscriber.tag).toBe(tag);
          expect(read(subscriber, ring)).toBe("empty");
        });
        expect(subscriber.laps).toBe(0);
      }),
    );
  });

  test("tells a slow subscriber that it was lapped, and never gives it anything but what was sent", () => {
    const bursts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(bursts, (counts) => {
        const { ring, publish, subscribe } = ringOf();
        const subscriber = subscribe();
        let next = 0;
        let last = -1;
        for (const count of counts) {
          for (let i = 0; i < count; i++, next++) publish(new Uint8Array(16).fill(next), next);
          for (;;) {
            const found = read(subscriber, ring);
            if (found === "empty") break;
            if (found === "lapped") continue;
            expect(found).toEqual(new Uint8Array(16).fill(subscriber.tag));
            expect(subscriber.tag).toBeGreaterThan(last);
            last = subscriber.tag;
          }
          expect(last).toBe(next - 1);
        }
        // 24 bytes a record: a burst of more than 21 goes round the ring of 512.
        if (counts.some((count) => count > 21)) expect(subscriber.laps).toBeGreaterThan(0);
      }),
    );
  });

  test("refuses a record that was overwritten while it was copied", () => {
    const { ring, publish, publisher, subscribe } = ringOf();
    const subscriber = subscribe();
    publish(new Uint8Array(16).fill(1), 1);
    for (let i = 2; i <= 20; i++) publish(new Uint8Array(16).fill(i), i);
    const outcome = subscriber.next(() => {
      // The publisher comes round in this very moment: it has announced a record and not published it yet.
      ring.set(new Uint8Array(60).fill(99), publisher.claim(56, 99));
    });
    expect(outcome).toBe("lapped");
    expect(subscriber.laps).toBe(1);
    expect(read(subscriber, ring)).toEqual(new Uint8Array(16).fill(20));
  });

  test("hands out nothing outside the ring, whatever a hostile publisher writes", () => {
    const words = fc.array(fc.integer(), { minLength: 3, maxLength: 3 });
    const garbage = fc.uint8Array({ minLength: RING_BYTES, maxLength: RING_BYTES });
    fc.assert(
      fc.property(words, garbage, (counters, bytes) => {
        const memory = ringOf();
        const subscriber = memory.subscribe();
        memory.ring.set(bytes);
        for (const [word, value] of counters.entries()) memory.words.store(word, value);
        for (let i = 0; i < 100; i++) {
          subscriber.next((offset, length) => {
            expect(offset).toBeGreaterThanOrEqual(8);
            expect(offset + length).toBeLessThanOrEqual(RING_BYTES);
          });
        }
      }),
    );
  });
});
