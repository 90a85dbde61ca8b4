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
import { Peer } from "@isthmus/testing/peer";
import { fieldsOf, offsetsOf, rowsOf } from "../../ipc/test/layout/support/document.ts";
import { BridgeHead, bridgeHeadName, type EndDescription } from "../src/bridge-head.ts";

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
  test("tells observers what it is told", () => {
    using _home = new Home();
    using head = new BridgeHead("orders", OUT);
    head.carried(40, 2560);
    head.carried(2, 128);
    for (const counter of ["resent", "duplicates", "lost", "drops"] as const) head.add(counter, 3);
    head.set("lag", 7);
    head.set("inFlight", 2);
    head.set("spilled", 5);
    head.set("acknowledgeMs", 1.25);
    const { bridge, kind } = observe(bridgeHeadName("orders"));
    expect(kind).toBe("bridge");
    expect(bridge).toEqual({
      target: "orders",
      ends: [{ participant: expect.objectContaining({ pid: process.pid }), ...head.figures }],
    });
    expect(head.figures).toMatchObject({ ...OUT, records: 42, bytes: 2688, messages: 2 });
    expect(head.figures).toMatchObject({ resent: 3, duplicates: 3, lost: 3, drops: 3 });
    expect(head.figures).toMatchObject({ lag: 7, inFlight: 2, spilled: 5, acknowledgeMs: 1.25 });
    expect(head.figures).toMatchObject({ isAway: false, isStalled: false, isStopped: false });
    expect(head.figures.lastActivityMs).toBeGreaterThan(0);
  });

  test("tells of a server that is away, and counts when it is back", () => {
    using _home = new Home();
    using head = new BridgeHead("orders", OUT);
    head.connected(true);
    expect(endsOf("orders")[0]).toMatchObject({ isAway: false, reconnects: 0 });
    head.connected(false);
    head.connected(false);
    expect(endsOf("orders")[0]).toMatchObject({ isAway: true, reconnects: 0 });
    head.connected(true);
    expect(endsOf("orders")[0]).toMatchObject({ isAway: false, reconnects: 1 });
  });

  test("tells why it cannot go on, and since when: one time, whatever the reasons", () => {
    using _home = new Home();
    using head = new BridgeHead("orders", OUT);
    head.stall("the server is away");
    head.stall("the stream is full");
    head.stall("the stream is full");
    const [end] = endsOf("orders");
    expect(end).toMatchObject({ isStalled: true, stalls: 1, reason: "the stream is full" });
    expect(end?.stalledMs).toBeGreaterThanOrEqual(0);
    expect(end?.stalledMs).toBeLessThan(60_000);
    head.goOn();
    expect(endsOf("orders")[0]).toMatchObject({ isStalled: false, stalledMs: 0, reason: "" });
    head.stop("another bridge has taken its place");
    head.stall("never mind");
    head.goOn();
    const stopped = { isStopped: true, isStalled: false, stalls: 1 };
    expect(endsOf("orders")[0]).toMatchObject(stopped);
    expect(endsOf("orders")[0]?.reason).toBe("another bridge has taken its place");
  });

  test("keeps long texts within their room, and whole characters", () => {
    using _home = new Home();
    using head = new BridgeHead("orders", { ...OUT, server: `nats://${"ö".repeat(100)}` });
    head.stall("€".repeat(200));
    const [end] = endsOf("orders");
    expect(end?.server).toBe(`nats://${"ö".repeat(Math.floor((BRIDGE_SERVER_BYTES - 7) / 2))}`);
    expect(end?.reason).toBe("€".repeat(Math.floor(BRIDGE_REASON_BYTES / 3)));
    expect(end).toMatchObject({ records: 0, source: "channel", direction: "out" });
  });

  test("has an end for each direction, and goes with the last", () => {
    using home = new Home();
    const out = new BridgeHead("orders", OUT);
    const back = new BridgeHead("orders", IN);
    back.carried(1, 1);
    expect(endsOf("orders").map(({ direction, records }) => [direction, records])).toEqual([
      ["out", 0],
      ["in", 1],
    ]);
    out[Symbol.dispose]();
    expect(endsOf("orders").map(({ direction }) => direction)).toEqual(["in"]);
    // A place is used again, and does not show what was told in it before.
    back.stall("no room");
    back[Symbol.dispose]();
    back[Symbol.dispose]();
    expect(home.names()).toEqual([]);
    expect(back.figures).toMatchObject({ records: 1, isStalled: true });
    back.carried(1, 1);
    back.goOn();
    expect(back.figures).toMatchObject({ records: 2, isStalled: false });
  });

  test("works untold where there is no room, and where the name is something else", () => {
    using _home = new Home();
    using heads = new DisposableStack();
    for (let count = 0; count <= BRIDGE_END_COUNT; count++) {
      heads.use(new BridgeHead("orders", OUT)).carried(count, 0);
    }
    expect(endsOf("orders").map(({ records }) => records)).toEqual(
      Array.from({ length: BRIDGE_END_COUNT }, (_, index) => index),
    );
    using _event = NamedEvent.createNew("bridge-prices", { reset: "auto" });
    using untold = new BridgeHead("prices", OUT);
    untold.carried(1, 1);
    untold.stall("no room");
    expect(untold.figures).toMatchObject({ records: 1, isStalled: true });
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
    out.carried(10, 100);
    const before = observer.sample() as SegmentSample;
    out.carried(5, 50);
    back.carried(7, 70);
    out.set("lag", 3);
    back.set("lag", 4);
    back.add("lost", 2);
    back.stall("no room here");
    out.connected(false);
    const after = observer.sample() as SegmentSample;
    const rates = ratesBetween(before, after);
    const seconds = (rates?.elapsedMs ?? 0) / 1000;
    expect(rates?.bridge?.recordsPerSecond).toBeCloseTo(12 / seconds, 3);
    const totals = Object.fromEntries(
      figureTotals(after, rates).map(({ kind, name, value }) => [`${kind}.${name}`, value]),
    );
    expect(totals).toMatchObject({
      "bridge.records": 22,
      "bridge.bytes": 220,
      "bridge.lag": 7,
      "bridge.lost": 2,
      "bridge.isAway": 1,
      "bridge.isStalled": 1,
      "bridge.isStopped": 0,
    });
    expect(Object.keys(totals).filter((name) => name.startsWith("bridge."))).toHaveLength(
      Object.keys(FIGURES.bridge.end).length,
    );
    // They passed through the channel as well: they are not to be counted twice.
    expect(flowTotals(after, rates)).toBeUndefined();
  });

  test("of an end that is new count from nothing", () => {
    using _home = new Home();
    using _out = new BridgeHead("orders", OUT);
    using observer = new SegmentObserver(bridgeHeadName("orders"));
    const before = observer.sample() as SegmentSample;
    using back = new BridgeHead("orders", IN);
    back.carried(7, 70);
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
