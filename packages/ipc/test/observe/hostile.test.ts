/** Segments that somebody has filled with nonsense: looking at them is safe, and gives figures that can be. */
import { describe, expect, test } from "bun:test";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import {
  CHANNEL,
  CHANNEL_HEADER_BYTES,
  LANE_BYTES,
  LANE_OWNER,
} from "../../src/channel/channel-layout.ts";
import {
  bytes,
  type ChannelInfo,
  DirectoryObserver,
  json,
  observe,
  Producer,
  RecordTail,
  ratesBetween,
  SegmentObserver,
  struct,
  u32,
} from "../../src/index.ts";
import { LANE } from "../../src/ring/lane-layout.ts";
import { numbersIn, refusing } from "./hostile-support.ts";
import { lieIn, words } from "./support.ts";

const MODES = [
  ["struct", struct({ id: u32, rest: u32 }), { id: 1, rest: 2 }],
  ["bytes", bytes, new Uint8Array(24)],
  ["json", json, { id: 1 }],
] as const;

const CAPACITY_BYTES = 4096;

/** Random bytes of section "state" behind its sizes, of lane 0's ring, and positions of that lane that may be true. */
interface Lies {
  readonly state: Uint8Array;
  readonly ring: Uint8Array;
  readonly tail: number;
  readonly head: number;
  readonly isPlausible: boolean;
}

/** Looks in every way there is and judges what is found. */
function lookAt(name: string): void {
  const info = refusing(() => observe(name));
  const figures = numbersIn(info?.channel);
  expect(figures.filter((figure) => !(figure >= 0 && Number.isFinite(figure)))).toEqual([]);
  for (const lane of info?.channel?.lanes ?? []) {
    expect(lane.fill).toBeLessThanOrEqual(1);
    expect(lane.lag).toBeLessThanOrEqual(info?.channel?.capacity ?? 0);
  }
  using observer = new SegmentObserver(name);
  const first = refusing(() => observer.sample());
  const second = refusing(() => observer.sample());
  const rates = first && second && ratesBetween(first, second);
  expect(numbersIn(rates).filter((rate) => !(rate >= 0 && Number.isFinite(rate)))).toEqual([]);
  using tail = refusing(() => new RecordTail(name, { from: "held" }));
  if (tail === undefined) return;
  for (let turn = 0; turn < 3; turn++) {
    tail.poll(({ bytes: copy, lengthBytes }) => {
      expect(copy.length).toBe(lengthBytes);
      expect(lengthBytes).toBeLessThanOrEqual(CAPACITY_BYTES);
    });
  }
  expect(tail.missed).toBeGreaterThanOrEqual(0);
}

describe.each(MODES)("a channel of %s full of lies", (_, schema, record) => {
  function withChannel(run: (path: string) => void): void {
    using home = new Home();
    const options = {
      schema: schema as typeof json,
      capacityBytes: CAPACITY_BYTES,
      maxProducers: 2,
    };
    using producer = Producer.createNew("lies", options);
    for (let i = 0; i < 20; i++) producer.send(record);
    producer.flush();
    run(home.file("lies"));
  }

  const stateBytes = CHANNEL_HEADER_BYTES + 2 * LANE_BYTES;

  test("random bytes all over its state", () => {
    withChannel((path) => {
      const nonsense = fc.uint8Array({ minLength: stateBytes, maxLength: stateBytes });
      const run = (lie: Uint8Array): void => {
        lieIn(path, SECTION.state, 0, lie);
        lookAt("lies");
      };
      fc.assert(fc.property(nonsense, run), runs(40));
    });
  });

  test("random bytes behind a header that can be, and all over its rings", () => {
    withChannel((path) => {
      const header = (CHANNEL.timestampBytes + 1) * 4;
      const script = fc.record({
        state: fc.uint8Array({ minLength: stateBytes - header, maxLength: stateBytes - header }),
        ring: fc.uint8Array({ minLength: 64, maxLength: CAPACITY_BYTES }),
        tail: fc.integer({ min: 0, max: 600 }),
        head: fc.integer({ min: 0, max: 600 }),
        isPlausible: fc.boolean(),
      });
      const run = ({ state, ring, tail, head, isPlausible }: Lies): void => {
        lieIn(path, SECTION.state, header, state);
        lieIn(path, SECTION.lanes, 0, ring);
        // Without this nobody would look into the ring.
        lieIn(path, SECTION.state, CHANNEL_HEADER_BYTES + LANE_OWNER.isReady * 4, words(1));
        if (isPlausible) {
          lieIn(path, SECTION.state, CHANNEL_HEADER_BYTES + LANE.tail * 4, words(tail, 0));
          lieIn(path, SECTION.state, CHANNEL_HEADER_BYTES + LANE.head * 4, words(head, 0));
        }
        lookAt("lies");
      };
      fc.assert(fc.property(script, run), runs(100));
    });
  });

  test("sizes that cannot be are refused, by name", () => {
    withChannel((path) => {
      for (const [field, value, what] of [
        ["mode", 7, "mode"],
        ["laneCount", 0, "number of lanes"],
        ["laneCount", 3, "number of lanes"],
        ["laneCount", 0xffff_ffff, "number of lanes"],
        ["ringBytes", 0, "ring size"],
        ["ringBytes", 4095, "ring size"],
        ["ringBytes", 2 ** 31, "ring size"],
        ["slotBytes", 3, "slot size"],
        ["recordBytes", 5000, "record size"],
        ["laneBytes", 16, "lane size"],
        ["timestampBytes", 4, "stamp size"],
      ] as const) {
        const before = observe("lies").channel as ChannelInfo;
        const old = lieIn(path, SECTION.state, CHANNEL[field] * 4, words(value));
        expect(() => observe("lies")).toThrow(what);
        expect(() => new RecordTail("lies")).toThrow(what);
        using all = new DirectoryObserver();
        expect(all.sample()[0]?.error?.message).toContain(what);
        lieIn(path, SECTION.state, CHANNEL[field] * 4, old);
        expect(observe("lies").channel).toEqual(before);
      }
    });
  });
});
