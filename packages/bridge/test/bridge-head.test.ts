/** What a bridge tells of itself: to observers, in figures, and in the bytes that `docs/layout.md` describes. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { decodeSuperblock, SECTION, SEGMENT_KINDS } from "@isthmus/core/internal";
import {
  FIGURES,
  figureTotals,
  flowTotals,
  NamedEvent,
  observe,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
} from "@isthmus/ipc";
import {
  BRIDGE,
  BRIDGE_BYTES,
  BRIDGE_END,
  BRIDGE_END_COUNT,
  BRIDGE_END_WORDS,
  BRIDGE_NAME_BYTES,
  BRIDGE_NUMBER,
  BRIDGE_REASON_BYTES,
  BRIDGE_SERVER_BYTES,
  BRIDGE_SOURCES,
} from "@isthmus/ipc/internal";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { Peer } from "@isthmus/testing/peer";
import { fieldsOf, offsetsOf, rowsOf } from "../../ipc/test/layout/support/document.ts";
import {
  BridgeHead,
  bridgeHeadName,
  type EndCounts,
  type EndDescription,
} from "../src/bridge-head.ts";

const OUT: EndDescription = {
  direction: "out",
  source: "channel",
  server: "nats://127.0.0.1:4222",
};
const IN: EndDescription = { ...OUT, direction: "in" };
const FIXTURE = join(import.meta.dir, "fixtures", "teller.ts");

function endsOf(name: string) {
  return observe(bridgeHeadName(name)).bridge?.ends ?? [];
}

describe("BridgeHead", () => {
  test("tells observers what it counts", () => {
    using _home = new Home();
    using head = new BridgeHead("orders", OUT);
    const numbers = Object.keys(head.counts) as (keyof EndCounts)[];
    for (const [index, name] of numbers.entries()) head.counts[name] += 100 + index;
    head.counts.acknowledgeMs = 1.25;
    const { bridge, kind } = observe(bridgeHeadName("orders"));
    expect(kind).toBe("bridge");
    expect(bridge).toEqual({
      target: "orders",
      ends: [
        {
          participant: expect.objectContaining({ pid: process.pid }),
          ...OUT,
          ...head.counts,
          isAway: false,
          isStalled: false,
          isStopped: false,
          haltedMs: 0,
          reason: "",
        },
      ],
    });
    expect(new Set(Object.values(head.counts)).size).toBe(numbers.length);
  });

  test("tells why it does not go on, and since when", () => {
    using _home = new Home();
    using head = new BridgeHead("orders", OUT);
    const end = () => endsOf("orders")[0];
    head.tell("away", "the connection was lost");
    const away = { isAway: true, isStalled: false, isStopped: false };
    expect(end()).toMatchObject({ ...away, reason: "the connection was lost" });
    expect(end()?.haltedMs).toBeWithin(0, 60_000);
    head.tell("full", "the stream is full");
    const full = { isAway: false, isStalled: true, isStopped: false };
    expect(end()).toMatchObject({ ...full, reason: "the stream is full" });
    head.tell("live");
    const live = { isAway: false, isStalled: false, isStopped: false };
    expect(end()).toMatchObject({ ...live, reason: "", haltedMs: 0 });
    head.tell("stopped", "another bridge has taken its place");
    expect(end()).toMatchObject({ isStopped: true, haltedMs: 0 });
    expect(end()?.reason).toBe("another bridge has taken its place");
  });

  test("tells for how long, over all that keeps it from going on", async () => {
    using _home = new Home();
    using head = new BridgeHead("orders", OUT);
    head.tell("away");
    await until(() => (endsOf("orders")[0]?.haltedMs ?? 0) >= 2, "some time");
    head.tell("full");
    expect(endsOf("orders")[0]?.haltedMs).toBeGreaterThanOrEqual(2);
  });

  test("keeps long texts within their room, and whole characters", () => {
    using _home = new Home();
    using head = new BridgeHead("orders", { ...OUT, server: `nats://${"ö".repeat(100)}` });
    head.tell("full", "€".repeat(200));
    const [end] = endsOf("orders");
    expect(end?.server).toBe(`nats://${"ö".repeat(Math.floor((BRIDGE_SERVER_BYTES - 7) / 2))}`);
    expect(end?.reason).toBe("€".repeat(Math.floor(BRIDGE_REASON_BYTES / 3)));
    expect(end).toMatchObject({ records: 0, source: "channel", direction: "out" });
  });

  test("has an end for each direction, and goes with the last", () => {
    using home = new Home();
    const out = new BridgeHead("orders", OUT);
    const back = new BridgeHead("orders", IN);
    back.counts.records += 1;
    expect(endsOf("orders").map(({ direction, records }) => [direction, records])).toEqual([
      ["out", 0],
      ["in", 1],
    ]);
    out[Symbol.dispose]();
    expect(endsOf("orders").map(({ direction }) => direction)).toEqual(["in"]);
    back.tell("full", "no room");
    back[Symbol.dispose]();
    back[Symbol.dispose]();
    expect(home.names()).toEqual([]);
    expect(back.counts.records).toBe(1);
    back.counts.records += 1;
    back.tell("live");
    expect(back.counts.records).toBe(2);
  });

  test("does not show in a place what another one has told there", () => {
    using _home = new Home();
    using _other = new BridgeHead("orders", IN);
    const first = new BridgeHead("orders", OUT);
    first.counts.records = 5;
    first.tell("full", "no room");
    first[Symbol.dispose]();
    using _second = new BridgeHead("orders", { direction: "out", source: "topic", server: "s" });
    expect(endsOf("orders")[1]).toMatchObject({
      source: "topic",
      server: "s",
      records: 0,
      isStalled: false,
      reason: "",
    });
  });

  test("works untold where there is no room, and where the name is something else", () => {
    using _home = new Home();
    using heads = new DisposableStack();
    for (let count = 0; count <= BRIDGE_END_COUNT; count++) {
      heads.use(new BridgeHead("orders", OUT)).counts.records = count;
    }
    expect(endsOf("orders").map(({ records }) => records)).toEqual(
      Array.from({ length: BRIDGE_END_COUNT }, (_, index) => index),
    );
    using _event = NamedEvent.createNew("bridge-prices", { reset: "auto" });
    using untold = new BridgeHead("prices", OUT);
    untold.counts.records += 1;
    untold.tell("full", "no room");
    expect(untold.counts.records).toBe(1);
  });

  test("tells no more of who was killed, and gives its place away", async () => {
    using _home = new Home();
    using _mine = new BridgeHead("orders", OUT);
    await using peer = new Peer([process.execPath, FIXTURE]);
    await peer.call("tell", "orders", { ...IN, source: "topic" });
    expect(endsOf("orders")).toHaveLength(2);
    await peer.kill();
    expect(endsOf("orders").map(({ source }) => source)).toEqual(["channel"]);
    await using next = new Peer([process.execPath, FIXTURE]);
    await next.call("tell", "orders", { ...IN, source: "queue" });
    expect(endsOf("orders").map(({ source }) => source)).toEqual(["channel", "queue"]);
  });
});

describe("figures of a bridge", () => {
  test("are added up over its ends, and rated", async () => {
    using _home = new Home();
    using out = new BridgeHead("orders", OUT);
    using back = new BridgeHead("orders", IN);
    using observer = new SegmentObserver(bridgeHeadName("orders"));
    out.counts.records += 10;
    const before = observer.sample() as SegmentSample;
    out.counts.records += 5;
    out.counts.bytes += 50;
    back.counts.records += 7;
    out.counts.lag = 3;
    back.counts.lag = 4;
    back.counts.lost += 2;
    back.tell("full", "no room here");
    out.tell("away");
    const after = observer.sample() as SegmentSample;
    const rates = ratesBetween(before, after);
    const seconds = (rates?.elapsedMs ?? 0) / 1000;
    expect(rates?.bridge?.recordsPerSecond).toBeCloseTo(12 / seconds, 3);
    const totals = Object.fromEntries(
      figureTotals(after, rates).map(({ kind, name, value }) => [`${kind}.${name}`, value]),
    );
    expect(totals).toMatchObject({
      "bridge.records": 22,
      "bridge.bytes": 50,
      "bridge.lag": 7,
      "bridge.lost": 2,
      "bridge.isAway": 1,
      "bridge.isStalled": 1,
      "bridge.isStopped": 0,
    });
    expect(Object.keys(totals).filter((name) => name.startsWith("bridge."))).toHaveLength(
      Object.keys(FIGURES.bridge.end).length,
    );
    // They have passed through a channel as well: they are not to be counted twice.
    expect(flowTotals(after, rates)).toBeUndefined();
  });

  test("of an end that is new count from nothing", () => {
    using _home = new Home();
    using _out = new BridgeHead("orders", OUT);
    using observer = new SegmentObserver(bridgeHeadName("orders"));
    const before = observer.sample() as SegmentSample;
    using back = new BridgeHead("orders", IN);
    back.counts.records += 7;
    const rates = ratesBetween(before, observer.sample() as SegmentSample);
    expect(rates?.bridge?.recordsPerSecond).toBeGreaterThan(0);
  });
});

describe("docs/layout.md", () => {
  test("State of a bridge, End of a bridge: the offsets are those of the source", () => {
    expect(offsetsOf("State of a bridge", 4)).toEqual(BRIDGE);
    const { numbers, ...words } = BRIDGE_END;
    const numberWords = Object.entries(BRIDGE_NUMBER).map(([name, at]) => [name, numbers + at * 2]);
    const expected: Record<string, number> = { ...words, ...Object.fromEntries(numberWords) };
    expect(offsetsOf("End of a bridge", 4)).toEqual(expected);
    const sizes = (heading: string) =>
      Object.fromEntries(fieldsOf(heading).map(({ name, bytes }) => [name, bytes]));
    const endBytes = BRIDGE_END_COUNT * BRIDGE_END_WORDS * 4;
    expect(sizes("State of a bridge")).toMatchObject({ name: BRIDGE_NAME_BYTES, ends: endBytes });
    const texts = { server: BRIDGE_SERVER_BYTES, reason: BRIDGE_REASON_BYTES };
    expect(sizes("End of a bridge")).toMatchObject(texts);
    const source = rowsOf("End of a bridge").find(({ field }) => field === "source");
    for (const [code, word] of BRIDGE_SOURCES.entries()) {
      expect(source?.["meaning"]).toContain(`${code} ${word}`);
    }
  });

  test("Kinds: a bridge has the sections of the table", () => {
    using home = new Home();
    using _head = new BridgeHead("orders", OUT);
    const content = home.bytes("bridge-orders");
    const { kind, sections } = decodeSuperblock(content, content.length, "bridge-orders");
    expect(kind).toBe(SEGMENT_KINDS.bridge);
    const row = rowsOf("Kinds").find((candidate) => candidate["kind"] === "bridge");
    const ids = row?.["sections"]?.split(", ").map((section) => SECTION[section as "data"]);
    expect(sections.map(({ id }) => id).sort()).toEqual(ids?.sort() as number[]);
    expect(sections.find(({ id }) => id === SECTION.state)?.length).toBe(BRIDGE_BYTES);
  });
});
