/** The lane that is kept for a bridge that receives, and what a bridge finds there that comes after a killed one; and seeded bugs. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Consumer, Producer, Publisher, removeSegment } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { loadSource, type Mistake } from "../../../ipc/test/model/checker/source.ts";
import { bridgeSchema } from "../../src/stream/description.ts";
import { decodeFrame, encodeFrame, recordsOf } from "../../src/stream/frame.ts";
import { Tick } from "../support/ticks.ts";
import * as shipped from "./kept-lane-source.ts";

type Source = typeof shipped;

const ENTRY = join(import.meta.dir, "kept-lane-source.ts");
const OPTIONS = { schema: Tick, lifetime: "persistent" } as const;
const KEY = { epoch: 7n, lane: 3 };
const SCHEMA = bridgeSchema(Tick);

/** A message of two records. */
function twoRecords() {
  const { fingerprint } = SCHEMA.shape;
  const header = { ...KEY, fingerprint, bridge: 1n, lost: 0, count: 2, from: 10, to: 12 };
  const payload = new Uint8Array(Uint32Array.of(1, 2).buffer);
  return decodeFrame(encodeFrame(header, payload));
}

/** Whether what a bridge had put into its lane is there once, when it was killed before it published it, or behind that. */
function expectEachOnce({ Positions, RelaySink, RingSink }: Source, isPublished: boolean): void {
  using consumer = Consumer.createOrOpen("far", OPTIONS);
  using positions = Positions.named("positions");
  const frame = twoRecords();
  const records = recordsOf(frame, 4);
  {
    using sink = new RingSink(RelaySink.channel("far", OPTIONS, undefined), SCHEMA, "far");
    positions.keep(sink.kept);
    positions.set(KEY, { position: 10, sequence: 5 });
    expect(sink.put(frame, records, 0, 2)).toBe(2);
    const ends = records.map(({ position }) => position);
    positions.begin({ key: KEY, before: sink.position, after: sink.positionNext, ends });
    if (isPublished) sink.publish();
  }
  using again = Positions.named("positions");
  using sink = new RingSink(RelaySink.channel("far", OPTIONS, again.kept), SCHEMA, "far");
  expect(sink.kept).toEqual(again.kept as typeof sink.kept);
  again.recover((pending) => sink.landed(pending));
  expect(again.get(KEY)).toEqual({ position: isPublished ? 12 : 10, sequence: 5 });
  expect(again.pending).toBeUndefined();
  const found: number[] = [];
  consumer.poll(({ id }) => found.push(id));
  expect(found).toEqual(isPublished ? [1, 2] : []);
}

/** Whether nobody else gets the lane while the bridge is dead. */
function expectKept({ RelaySink }: Source): void {
  const options = { ...OPTIONS, maxProducers: 2 };
  using consumer = Consumer.createOrOpen("far", options);
  using sink = RelaySink.channel("far", options, undefined);
  sink[Symbol.dispose]();
  using producer = Producer.createOrOpen("far", options);
  producer.send({ id: 1 });
  expect(producer.metrics.lane).not.toBe(sink.lane);
  expect(() => Producer.createOrOpen("far", options)).toThrow("all 2 lanes");
  using again = RelaySink.channel("far", options, { epoch: sink.epoch, lane: sink.lane });
  expect(again.lane).toBe(sink.lane);
  expect(consumer.receive()).toEqual({ id: 1 });
}

/** Whether a lane of what had the name before is not believed to be one's own. */
function expectOwn({ RelaySink }: Source): void {
  const former = RelaySink.channel("far", OPTIONS, undefined);
  const { epoch, lane } = former;
  former[Symbol.dispose]();
  removeSegment("far");
  // Another bridge fills the new one, from another name.
  using other = RelaySink.channel("far", OPTIONS, undefined);
  expect(other.lane).toBe(lane);
  using sink = RelaySink.channel("far", OPTIONS, { epoch, lane });
  expect(sink.lane).not.toBe(other.lane);
}

/** Whether what comes from elsewhere is not sent back, while what others publish here is sent. */
function expectNoCircle({ RelaySink, RelaySource }: Source): void {
  using sink = RelaySink.topic("prices", OPTIONS, undefined);
  using source = RelaySource.topic("prices", OPTIONS, true);
  using publisher = Publisher.createOrOpen("prices", OPTIONS);
  publisher.send({ id: 1 });
  const frame = twoRecords();
  expect(sink.putSlots(frame.payload, 0, 2)).toBe(2);
  sink.publish();
  const counts = source.lanes.map((lane) => lane.take(1024)?.count);
  expect(counts).toEqual([1]);
}

const CHECKS: Readonly<Record<string, (source: Source) => void>> = {
  "what was published before a death is there once": (source) => expectEachOnce(source, true),
  "what was not is not taken for it": (source) => expectEachOnce(source, false),
  "nobody else gets it meanwhile": expectKept,
  "one of another segment is not one's own": expectOwn,
  "what comes in does not go out": expectNoCircle,
};

describe("a lane that is kept:", () => {
  for (const [name, check] of Object.entries(CHECKS)) {
    test(name, () => {
      using _ = new Home();
      check(shipped);
    });
  }
});

const SINK = "relay/relay-sink.ts";
const RING_SINK = "../../bridge/src/in/ring-sink.ts";
const POSITIONS = "../../bridge/src/stream/positions.ts";

/** Bugs by what is wrong, and the check that finds them. */
const SEEDED: Readonly<Record<string, readonly [check: string, mistake: Mistake]>> = {
  "leaving the lane with the process": [
    "nobody else gets it meanwhile",
    { file: SINK, from: "      segment.keepLane(this.lane);\n", to: "" },
  ],
  "taking another lane each time": [
    "what was published before a death is there once",
    { file: SINK, from: "isOwn ? kept.lane : claim()", to: "claim()" },
  ],
  "believing that a number is a lane of this segment": [
    "one of another segment is not one's own",
    { file: SINK, from: "kept.epoch === epoch && ", to: "" },
  ],
  "sending what has come": [
    "what comes in does not go out",
    {
      file: "relay/relay-source.ts",
      from: "      if (this.#isTopic && segment.isLaneKept(lane)) continue;\n",
      to: "",
    },
  ],
  "not writing down what is published": [
    "what was published before a death is there once",
    { file: POSITIONS, from: "    Atomics.store(words, WORD.pending, 1);\n", to: "" },
  ],
  "believing that all was published that was written down": [
    "what was not is not taken for it",
    { file: POSITIONS, from: "Math.min(ends.length, landed(pending))", to: "ends.length" },
  ],
  "believing where the lane was to be": [
    "what was not is not taken for it",
    { file: RING_SINK, from: "position > before && position >= after", to: "after > before" },
  ],
  "not looking at the lane": [
    "what was published before a death is there once",
    { file: RING_SINK, from: "position > before && position >= after", to: "position > after" },
  ],
};

describe("it would go wrong by", () => {
  for (const [name, [check, mistake]] of Object.entries(SEEDED)) {
    test(name, async () => {
      using _ = new Home();
      const mutant = await loadSource<Source>(ENTRY, { mistakes: [mistake] });
      expect(() => CHECKS[check]?.(mutant)).toThrow();
    });
  }
});
