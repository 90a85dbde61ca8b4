import { describe, expect, test } from "bun:test";
import { findIssues } from "../../src/server/issues.ts";
import type { LockFrame, SegmentFrame } from "../../src/wire/frame.ts";
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

const producer = participantFrame({ slot: 1, role: "producer", pid: 200 });
const consumer = participantFrame();

function codesOf(some: Partial<SegmentFrame>): string[] {
  return findIssues(segmentFrame(some), NOW_MS).map(({ code, severity }) => `${severity} ${code}`);
}

describe("findIssues()", () => {
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
    ["bad died", { participants: [participantFrame({ state: "dead" })] }],
    ["bad lock-abandoned", { lock: { ...LOCK, owner_alive: false } }],
    ["warning lock-held", { lock: { ...LOCK, owned_since_ms: NOW_MS - 6000 } }],
    ["bad corrupt", { participants: [consumer], flow: flowFrame({ corruptions: 1 }) }],
    ["bad dropping", { participants: [consumer], flow: flowFrame({ drops_per_second: 1 }) }],
    ["warning full", { participants: [producer, consumer], flow: flowFrame({ fill: 0.81 }) }],
    ["warning unread", { participants: [producer], flow: flowFrame({ lag: 1 }) }],
    [
      "bad stalled",
      { participants: [participantFrame({ state: "stalled" })], flow: flowFrame({ lag: 1 }) },
    ],
  ] as const)("says %s, and nothing else", (code, some) => {
    expect(codesOf(some)).toEqual([code]);
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
