/** Hostile memory, and many channels; what topics owe, too, is in `test/flow`. */
import { describe, expect, test } from "bun:test";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { testIf, wine } from "@isthmus/testing/requirement";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { CHANNEL_HEADER_BYTES } from "../../src/channel/channel-layout.ts";
import { bytes, Consumer, json, oneOf, Producer, struct, u32 } from "../../src/index.ts";
import { lieIn, words } from "../observe/support.ts";

const Tick = struct({ id: u32, side: oneOf("buy", "sell") });
const CAPACITY_BYTES = 4096;

describe("Consumer", () => {
  for (const [kind, schema, record] of [
    ["struct", Tick, { id: 1, side: "buy" }],
    ["bytes", bytes, new Uint8Array(24)],
    ["json", json, { id: 1 }],
  ] as const) {
    test(`${kind}: survives lies in positions, lengths and contents, and goes on`, () => {
      using home = new Home();
      const word = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 1, 0x7fff_ffff, 1 << 20, 512));
      const lies = fc.array(
        fc.record({
          isLane: fc.boolean(),
          at: fc.integer({ min: 0, max: 1023 }),
          value: word,
        }),
        { minLength: 1, maxLength: 12 },
      );
      const run = (script: readonly { isLane: boolean; at: number; value: number }[]): void => {
        const options = { schema: schema as typeof json, capacityBytes: CAPACITY_BYTES };
        using producer = Producer.createNew("lies", options);
        using consumer = Consumer.openExisting("lies", options);
        const send = (): boolean => producer.trySend(record);
        for (let i = 0; i < 20; i++) send();
        producer.flush();
        for (const { isLane, at, value } of script) {
          const lie = words(value);
          // Positions of lane 0, or any word of its ring.
          const position = CHANNEL_HEADER_BYTES + [0, 4, 128, 132][at % 4]!;
          if (isLane) lieIn(home.file("lies"), SECTION.lanes, at * 4, lie);
          else lieIn(home.file("lies"), SECTION.state, position, lie);
          consumer.poll(() => {}, { limit: 3 });
          while (consumer.tryReceive() !== undefined);
        }
        // A producer that publishes again is understood again, after at most one more finding.
        for (let i = 0; i < 3; i++) {
          send();
          producer.flush();
          consumer.poll(() => {});
        }
        send();
        producer.flush();
        expect(consumer.metrics.corruptions).toBeGreaterThanOrEqual(0);
        expect(consumer.poll(() => {})).toBeLessThanOrEqual(CAPACITY_BYTES / 8);
      };
      fc.assert(fc.property(lies, run), runs(60));
    });
  }
});

describe("Producer", () => {
  testIf(wine === undefined, `Windows itself (under ${wine} they take minutes)`)(
    "hundreds of channels in one process",
    () => {
      using home = new Home();
      using stack = new DisposableStack();
      const channels = Array.from({ length: 300 }, (_, id) => {
        const options = { schema: Tick, capacityBytes: CAPACITY_BYTES, maxProducers: 1 };
        const producer = stack.use(Producer.createNew(`channel-${id}`, options));
        const consumer = stack.use(Consumer.openExisting(`channel-${id}`, options));
        producer.send({ id, side: "buy" });
        return consumer;
      });
      channels.forEach((consumer, id) => {
        expect(consumer.receive().id).toBe(id);
      });
      stack.dispose();
      expect(home.names()).toEqual([]);
    },
  );
});
