/** Which waits are the machine's, and that none of the library's own is taken for one. */
import { describe, expect, test } from "bun:test";
import { host, platform } from "@isthmus/core/internal";
import { ifProc } from "@isthmus/testing/requirement";
import { engineWaitMs, ParticipantWaits, type ProcessorSample } from "../src/participant-waits.ts";

const FROM: ProcessorSample = {
  atMs: 1000,
  ranMs: 50,
  waitedMs: 7,
  othersMs: new Map([["2", 100]]),
  sleptMs: 3,
};

/** After 100 ms, of which the thread ran 30 and waited 20 for a processor. */
function later(sleptMs: number, othersMs: readonly (readonly [string, number])[]): ProcessorSample {
  return { atMs: 1100, ranMs: 80, waitedMs: 27, sleptMs: 3 + sleptMs, othersMs: new Map(othersMs) };
}

describe("what the engine has waited for a processor while its thread slept", () => {
  test.each([
    ["one of its threads waited longer than that slept", 0, [["2", 900]], 50],
    ["one of its threads waited for a part of that", 0, [["2", 112]], 12],
    [
      "a thread that has come meanwhile waited",
      0,
      [
        ["2", 100],
        ["3", 9],
      ],
      9,
    ],
    [
      "several waited, perhaps at the same time",
      0,
      [
        ["2", 110],
        ["3", 20],
      ],
      20,
    ],
    ["none of its threads waited", 0, [["2", 100]], 0],
    ["the library slept for a part of it", 35, [["2", 900]], 15],
    ["the library slept all the time, and then waited for a processor", 60, [["2", 900]], 0],
  ] as const)("%s", (_, sleptMs, others, expected) => {
    expect(engineWaitMs(FROM, later(sleptMs, others))).toBe(expected);
  });
});

ifProc("what the library sleeps is its own, in a pause or on a futex", () => {
  const { sleep } = host;
  const { futexes } = platform();
  if (futexes === undefined) throw new Error("Linux has futexes");
  const { futexWait } = futexes;
  let outcome: "woken" | "timeout" = "woken";
  futexes.futexWait = () => {
    sleep(80);
    return outcome;
  };
  try {
    const waits = new ParticipantWaits();
    for (const wait of [() => host.sleep(80), () => futexes.futexWait(0 as never, 0, 80)]) {
      const from = waits.sample();
      wait();
      const to = waits.sample();
      // A thread that was not there at once when its time was over has waited for a processor.
      const lateMs = to.waitedMs - from.waitedMs;
      expect(to.sleptMs - from.sleptMs).toBeGreaterThan(79 - lateMs);
      // What is left are ticks in which the scheduler has not yet counted.
      const busy = { ...to, othersMs: new Map([["another", 1000]]) };
      expect(engineWaitMs(from, busy)).toBeLessThan(40);
    }
    const waitFor = (result: typeof outcome, sequence: number): number => {
      const fromMs = waits.othersMs;
      outcome = result;
      futexes.futexWait(0 as never, sequence, 80);
      return waits.othersMs - fromMs;
    };
    expect(waitFor("woken", 1)).toBeGreaterThan(0);
    expect(waitFor("timeout", 1)).toBe(0);
    // It sleeps on: the first sleep was for others. After a change, it was not.
    expect(waitFor("timeout", 1)).toBeGreaterThan(0);
    expect(waitFor("timeout", 2)).toBe(0);
  } finally {
    host.sleep = sleep;
    futexes.futexWait = futexWait;
  }
});
