import { describe, expect, test } from "bun:test";
import { findIssues } from "../../src/server/issues.ts";
import type {
  BridgeEndFrame,
  LappedFrame,
  LockFrame,
  ParticipantFrame,
  SegmentFrame,
  WaitFrame,
} from "../../src/wire/frame.ts";
import { flowFrame, participantFrame, segmentFrame } from "../support/frames.ts";

const NOW_MS = 1_000_000;

const LOCK: LockFrame = {
  owner_pid: 7,
  owner_name: "",
  owner_alive: true,
  owned_since_ms: NOW_MS - 1000,
  acquisitions: 1,
  contentions: 0,
  recoveries: 0,
  acquisitions_per_second: 0,
  contentions_per_second: 0,
};

/** Somebody wants the lock. */
const WAIT: WaitFrame = { cell: 0, slots: [1], has_sleepers: false };

const producer = participantFrame({ slot: 1, role: "producer", pid: 200 });
const consumer = participantFrame();

const waiting = participantFrame({ ...producer, state: "waiting", waiting_ms: 3000 });

/** A channel that refuses records: one a second. */
const refusing = {
  figures: { "channel.producer.drops": 7 },
  rates: { "channel.producer.drops": 1 },
} as const;

/** A subscriber that is overtaken. */
function lapped(some: Partial<LappedFrame>): ParticipantFrame {
  const role = { role: "subscriber", pid: 5, name: "ticker.ts", lag: 65_536 };
  return participantFrame({
    ...role,
    lapped: { lost: 72_503, lost_per_second: 0, distance: 0, ...some },
  });
}

function messagesOf(some: Partial<SegmentFrame>): string[] {
  return findIssues(segmentFrame(some), NOW_MS).map(({ message }) => message);
}

function codesOf(some: Partial<SegmentFrame>): string[] {
  return findIssues(segmentFrame(some), NOW_MS).map(({ code, severity }) => `${severity} ${code}`);
}

/** An end of a bridge that has something to say. */
function bridged(some: Partial<BridgeEndFrame>): Partial<SegmentFrame> {
  const end: BridgeEndFrame = {
    slot: 0,
    pid: 5,
    direction: "out",
    source: "channel",
    server: "nats://hub:4222",
    away: false,
    full: false,
    halted_ms: null,
    stopped: false,
    reason: "",
    records: 0,
    lag: 0,
    in_flight: 0,
    spilled_bytes: 0,
    last_activity_ms: 0,
    ...some,
  };
  return { kind: "bridge", bridge: { target: "orders", ends: [end] } };
}

describe("findIssues()", () => {
  test("has nothing against a lock that is held for life, and that nobody wants", () => {
    const lock = { ...LOCK, owned_since_ms: 0 };
    expect(codesOf({ kind: "mutex", lock })).toEqual([]);
    expect(codesOf({ kind: "mutex", lock, waits: [{ ...WAIT, cell: 1 }] })).toEqual([]);
  });

  test("tells why a bridge does not go on", () => {
    expect(codesOf(bridged({}))).toEqual([]);
    expect(codesOf(bridged({ away: true, halted_ms: 999 }))).toEqual([]);
    const away = { away: true, halted_ms: 61_500, reason: "lost" };
    expect(codesOf(bridged(away))).toEqual(["warning away"]);
    expect(messagesOf(bridged(away))).toEqual([
      "the way out over process 5 has no connection to nats://hub:4222, for 61 s: lost",
    ]);
    const full = { full: true, halted_ms: 2000, reason: "the stream is full" };
    expect(codesOf(bridged(full))).toEqual(["warning full"]);
    expect(messagesOf(bridged(full))).toEqual([
      "the way out over process 5 has no room, for 2 s: the stream is full",
    ]);
    const stopped = { stopped: true, reason: "another bridge does the same", direction: "in" };
    expect(codesOf(bridged(stopped))).toEqual(["bad stopped"]);
    expect(messagesOf(bridged(stopped))).toEqual([
      "the way in over process 5 has stopped: another bridge does the same",
    ]);
  });

  test("tells what should not count also where nothing flows", () => {
    const figures = { "cache.segment.resets": 3 };
    const told = "something impossible was found in it: 3 so far";
    const rates = { "cache.segment.resets": 0.5 };
    expect(messagesOf({ kind: "cache", figures, rates })).toEqual([told]);
    expect(codesOf({ kind: "cache", figures, rates: { "cache.segment.resets": 0 } })).toEqual([]);
  });

  test("has nothing to say of a channel that flows, or rests", () => {
    const participants = [producer, consumer];
    const flow = flowFrame({ records_per_second: 5, lag: 3, fill: 0.5, drops: 7 });
    expect(codesOf({ participants, flow })).toEqual([]);
    expect(codesOf({ participants, flow: flowFrame() })).toEqual([]);
    expect(codesOf({ lock: LOCK })).toEqual([]);
    expect(codesOf({ held: false, persistent: true })).toEqual([]);
  });

  test.each([
    ["bad damaged", { error: "no header" }],
    ["warning left-over", { held: false }],
    ["bad died", { participants: [participantFrame({ state: "dead" })], flow: flowFrame() }],
    ["bad died", { participants: [participantFrame({ state: "dead", holds: "2 permits" })] }],
    ["bad lock-abandoned", { lock: { ...LOCK, owner_alive: false } }],
    ["warning lock-held", { lock: { ...LOCK, owned_since_ms: NOW_MS - 6000 }, waits: [WAIT] }],
    ["bad corrupt", { participants: [consumer], flow: flowFrame({ corruptions: 1 }) }],
    ["bad dropping", { participants: [consumer], flow: flowFrame(), ...refusing }],
    ["bad losing", { participants: [lapped({ lost_per_second: 9 })], flow: flowFrame() }],
    ["warning behind", { participants: [lapped({ distance: 0.6 })], flow: flowFrame() }],
    ["warning behind", { participants: [lapped({ lost: 0, distance: 0.9 })], flow: flowFrame() }],
    ["warning full", { participants: [waiting, consumer], flow: flowFrame({ fill: 0.1 }) }],
    ["warning full", { participants: [producer, consumer], flow: flowFrame({ fill: 0.81 }) }],
    ["warning unread", { participants: [producer], flow: flowFrame({ lag: 1 }) }],
    [
      "bad stalled",
      { participants: [participantFrame({ state: "stalled" })], flow: flowFrame({ lag: 1 }) },
    ],
  ] as const)("says %s, and nothing else", (code, some) => {
    expect(codesOf(some)).toEqual([code]);
  });

  test("does not hold the death of a mutex's user against it, when somebody has taken it over", () => {
    const participants = [participantFrame({ state: "dead", role: "user" })];
    expect(codesOf({ kind: "mutex", participants, lock: LOCK })).toEqual([]);
    expect(codesOf({ kind: "event", participants })).toEqual([]);
  });

  test("has nothing to say of what was lost long ago, where nobody is behind any more", () => {
    expect(codesOf({ participants: [lapped({ distance: 0.1 })], flow: flowFrame() })).toEqual([]);
  });

  test("says who it is, what is lost, and who waits for whom", () => {
    const losing = { participants: [lapped({ lost_per_second: 9 })], flow: flowFrame() };
    expect(messagesOf(losing)).toEqual([
      "subscriber 5 (ticker.ts) loses records that are overwritten before it reads them: 72,503 so far, 65,536 wait for it",
    ]);
    const behind = { participants: [lapped({ distance: 0.6 })], flow: flowFrame() };
    expect(messagesOf(behind)).toEqual([
      "subscriber 5 (ticker.ts) falls behind: 65,536 records wait for it, 72,503 are lost",
    ]);
    const full = { participants: [waiting, consumer], flow: flowFrame({ fill: 1 }) };
    expect(messagesOf(full)).toEqual([
      "producer 200 waits for room, for 3 s: the fullest ring is 100 % full",
    ]);
    // Of two alarms that there are, only the one that counts.
    const figures = { "topic.publisher.drops": 4, "topic.place.lost": 0 };
    const rates = { "topic.publisher.drops": 2, "topic.place.lost": 0 };
    expect(messagesOf({ kind: "topic", flow: flowFrame(), figures, rates })).toEqual([
      "records are refused because there is no room: 4 so far",
    ]);
  });

  test("tells one of a thing as one", () => {
    const unread = { participants: [producer], flow: flowFrame({ lag: 1, corruptions: 1 }) };
    expect(messagesOf(unread)).toEqual([
      "a reader found 1 impossible value",
      "1 record waits and nobody consumes",
    ]);
    const behind = { ...lapped({ distance: 0.6, lost: 1 }), lag: 1 };
    expect(messagesOf({ participants: [behind], flow: flowFrame() })).toEqual([
      "subscriber 5 (ticker.ts) falls behind: 1 record waits for it, 1 is lost",
    ]);
    const flow = flowFrame({ fill: 0.99, full_waits_per_second: 1 });
    expect(messagesOf({ participants: [consumer], flow })).toEqual([
      "the fullest ring is 99 % full, and senders wait for room once a second",
    ]);
  });

  test("says for how long a consumer has taken nothing, where that is known", () => {
    const participants = [participantFrame({ state: "stalled", pid: 5 })];
    const message = (consumed_at_ms: number): string | undefined =>
      findIssues(segmentFrame({ participants, flow: flowFrame({ consumed_at_ms }) }), NOW_MS)[0]
        ?.message;
    expect(message(NOW_MS - 12_345)).toBe("consumer 5 has taken nothing for 12 s");
    expect(message(0)).toBe("consumer 5 has taken nothing");
  });
});
