/** Hostile memory, and many subscribers; what channels owe, too, is in `test/flow`. */
import { describe, expect, test } from "bun:test";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { bytes, json, oneOf, Publisher, Subscriber, struct, u32 } from "../../src/index.ts";
import {
  PLACES_OFFSET,
  SUBSCRIBER_BYTES,
  TOPIC,
  topicLanes,
} from "../../src/topic/topic-layout.ts";
import { lieIn, words } from "../observe/support.ts";

const Tick = struct({ id: u32, side: oneOf("buy", "sell") });
const CAPACITY_BYTES = 4096;

/** Where the first lane of a topic with the usual number of subscribers begins. */
const TOPIC_HEADER_BYTES = topicLanes(64).headerBytes;

/** Whatever is lied about: these are all that may come out of a publisher or subscriber. */
const DOCUMENTED = ["ETIMEDOUT", "EAGAIN"];

/** Runs something that may fail only as documented. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === undefined || !DOCUMENTED.includes(code)) throw error;
  }
}

interface Lie {
  readonly where: "words" | "lane" | "place" | "ring";
  readonly at: number;
  readonly value: number;
}

const lies: fc.Arbitrary<Lie[]> = fc.array(
  fc.record({
    where: fc.constantFrom("words" as const, "lane" as const, "place" as const, "ring" as const),
    at: fc.nat(1023),
    value: fc.oneof(fc.integer(), fc.constantFrom(0, -1, 1, 0x7fff_ffff, 1 << 20, 512)),
  }),
  { minLength: 1, maxLength: 10 },
);

/** Tells a lie about what publishers and subscribers believe while they run. */
function tell(path: string, { where, at, value }: Lie): void {
  // The bits of both kinds, the count of ready lanes.
  const header = [TOPIC.gating, TOPIC.gating + 1, TOPIC.idle, TOPIC.idle + 1, TOPIC.readyCount];
  if (where === "words") {
    lieIn(path, SECTION.state, (header[at % header.length] ?? 0) * 4, words(value));
  } else if (where === "lane") {
    // The publisher's positions, and its counters.
    lieIn(path, SECTION.state, TOPIC_HEADER_BYTES + (at % 32) * 4, words(value));
  } else if (where === "place") {
    const place = PLACES_OFFSET + (at % 4) * SUBSCRIBER_BYTES;
    lieIn(path, SECTION.state, TOPIC_HEADER_BYTES + place + ((at >> 2) % 32) * 4, words(value));
  } else {
    lieIn(path, SECTION.lanes, at * 4, words(value));
  }
}

describe("Publisher and Subscriber", () => {
  for (const [kind, schema, record] of [
    ["struct", Tick, { id: 1, side: "buy" }],
    ["bytes", bytes, new Uint8Array(24)],
    ["json", json, { id: 1 }],
  ] as const) {
    test(`${kind}: survive lies in bits, positions, lengths and contents, and go on`, () => {
      using home = new Home();
      const run = (script: readonly Lie[], onSlow: "gate" | "lap"): void => {
        const options = { schema: schema as typeof json, capacityBytes: CAPACITY_BYTES };
        using publisher = Publisher.createNew("lies", options);
        using first = Subscriber.openExisting("lies", { ...options, onSlow });
        using second = Subscriber.openExisting("lies", { ...options, onSlow: "lap" });
        const path = home.file("lies");
        const everybody = (): void => {
          for (let i = 0; i < 30; i++) attempt(() => publisher.trySend(record));
          attempt(() => publisher.flush());
          for (const one of [first, second]) {
            attempt(() => one.poll(() => {}, { limit: 7 }));
            attempt(() => one.receive({ timeoutMs: 0 }));
            expect(one.metrics.corruptions).toBeGreaterThanOrEqual(0);
            expect(one.lost).toBeGreaterThanOrEqual(0);
          }
          expect(publisher.metrics.subscribers.length).toBeLessThanOrEqual(2);
        };
        everybody();
        for (const lie of script) {
          tell(path, lie);
          everybody();
        }
        using third = Subscriber.openExisting("lies", { ...options, from: "history", onSlow });
        attempt(() => third.poll(() => {}));
        attempt(() => publisher.send(record, { timeoutMs: 0 }));
      };
      const slow = fc.constantFrom("gate" as const, "lap" as const);
      fc.assert(fc.property(lies, slow, run), runs(80));
    });
  }

  test("a gate of nobody's is found out and opened; that of somebody alive is not", () => {
    using home = new Home();
    using publisher = Publisher.createNew("gate", { schema: Tick, capacityBytes: CAPACITY_BYTES });
    using subscriber = Subscriber.openExisting("gate", { schema: Tick });
    const path = home.file("gate");
    // Everybody gates, it says, and has read nothing.
    lieIn(path, SECTION.state, TOPIC.gating * 4, words(-1));
    lieIn(path, SECTION.state, (TOPIC.gating + 1) * 4, words(-1));
    let sent = 0;
    while (publisher.trySend({ id: sent, side: "buy" })) sent++;
    expect(sent).toBe(512);
    let next = 0;
    const note = ({ id }: { readonly id: number }): void => expect(id).toBe(next++);
    for (let round = 0; round < 100; round++) {
      subscriber.poll(note, { limit: 100 });
      while (sent < 2000 && publisher.trySend({ id: sent, side: "buy" })) sent++;
    }
    expect(subscriber.metrics).toMatchObject({ records: 2000, lost: 0, corruptions: 0 });
  });

  test("a gap between two numbers that no lap explains is a corruption", () => {
    using home = new Home();
    using publisher = Publisher.createNew("gap", { schema: bytes, capacityBytes: CAPACITY_BYTES });
    using gated = Subscriber.openExisting("gap", { schema: bytes });
    using lapped = Subscriber.openExisting("gap", { schema: bytes, onSlow: "lap" });
    const path = home.file("gap");
    for (let i = 0; i < 3; i++) publisher.send(new Uint8Array([i]));
    publisher.flush();
    lieIn(path, SECTION.lanes, 16 + 4, words(77));
    for (const one of [gated, lapped]) {
      expect([one.receive(), one.receive(), one.receive()].map(([byte]) => byte)).toEqual([
        0, 1, 2,
      ]);
      // It does not follow, and what follows does not follow it.
      expect(one.metrics).toMatchObject({ corruptions: 2, lost: 0 });
    }
  });

  test("refuse a ring in which no record has room", () => {
    using home = new Home();
    using _publisher = Publisher.createNew("tiny", { schema: bytes });
    const path = home.file("tiny");
    for (const ringBytes of [8, 16, 32]) {
      lieIn(path, SECTION.state, TOPIC.ringBytes * 4, words(ringBytes));
      expect(() => Publisher.openExisting("tiny", { schema: bytes })).toThrow("cannot be");
      expect(() => Subscriber.openExisting("tiny", { schema: bytes })).toThrow("cannot be");
    }
  });

  test("as many subscribers as a segment has places, and no more", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const options = { schema: Tick, capacityBytes: CAPACITY_BYTES };
    const publisher = stack.use(Publisher.createNew("many", options));
    const all = Array.from({ length: 64 }, (_, i) =>
      stack.use(
        Subscriber.openExisting("many", { schema: Tick, onSlow: i % 2 === 0 ? "gate" : "lap" }),
      ),
    );
    expect(() => Subscriber.openExisting("many", { schema: Tick })).toThrow(
      "all 64 places (maxSubscribers)",
    );
    for (let id = 0; id < 400; id++) publisher.send({ id, side: "buy" });
    publisher.flush();
    for (const one of all) {
      let next = 0;
      one.poll(({ id }) => expect(id).toBe(next++));
      expect(next).toBe(400);
    }
    expect(publisher.metrics.subscribers.length).toBe(64);
  });
});
