/** How it is judged from times of last activity how somebody is doing. */
import { describe, expect, test } from "bun:test";
import { STALLED_AFTER_MS, stateOf } from "../../src/observe/participant-state.ts";
import type { ParticipantInfo } from "../../src/observe/segment-info.ts";

const ALIVE: ParticipantInfo = {
  slot: 0,
  role: "subscriber",
  pid: 1,
  startTicks: 0,
  generation: 1,
  name: "",
  joinedAtMs: 0,
  isAlive: true,
};

const NOW = 1_000_000;
const OLD = NOW - STALLED_AFTER_MS;

describe("stateOf()", () => {
  for (const [what, hasWork, lastActivityMs, workSinceMs, state] of [
    ["nothing to do, for long", false, 0, OLD, "live"],
    ["old work, and nothing done for as long", true, OLD, OLD, "stalled"],
    ["old work that it has never begun with", true, 0, OLD, "stalled"],
    ["old work, and something done lately", true, OLD + 1, 0, "live"],
    ["work that has only come, after a long rest", true, 0, OLD + 1, "live"],
    ["work from the future, as clocks may say", true, 0, NOW + 5000, "live"],
  ] as const) {
    test(`${what}: ${state}`, () => {
      const heartbeat = { hasWork, lastActivityMs, workSinceMs, nowMs: NOW };
      expect(stateOf(ALIVE, heartbeat)).toBe(state);
      expect(stateOf({ ...ALIVE, isAlive: false }, heartbeat)).toBe("dead");
    });
  }
});
