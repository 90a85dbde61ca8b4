/** What the time of a recovery is told apart into. */
import { beforeEach, describe, expect, test } from "bun:test";
import { EVENT, EventLog } from "../src/evidence.ts";
import { coveredMs, measureRecoveries, percentile, type Recovery } from "../src/recovery.ts";
import type { Interval, ParticipantProcess } from "../src/roster.ts";
import { wasFull } from "../src/run-chaos.ts";

type Fields = Pick<ParticipantProcess, "role" | "group" | "stops" | "killedAtMs" | "needs">;
type Line = readonly [code: keyof typeof EVENT, atMs: number, value?: number, more?: number];

let participants: ParticipantProcess[];

beforeEach(() => {
  participants = [];
});

/** A log as `EventLog` shows it, of which only codes, times and values count. */
function logOf(lines: readonly Line[]): EventLog {
  return Object.assign(new EventLog("/nowhere"), {
    length: lines.length,
    indexOf: (code: number) => lines.findIndex(([name]) => EVENT[name] === code),
    code: (index: number) => EVENT[lines[index]?.[0] ?? "idle"],
    atMs: (index: number) => lines[index]?.[1],
    value: (index: number) => lines[index]?.[2] ?? 0,
    more: (index: number) => lines[index]?.[3] ?? 0,
  });
}

function participant(lines: readonly Line[], fields: Partial<Fields> = {}): ParticipantProcess {
  const role = fields.role ?? "producer";
  const events = (): EventLog => logOf(lines);
  const one = { label: `channel/${role}`, group: "channel 0", stops: [], role, events, ...fields };
  participants.push(one as unknown as ParticipantProcess);
  return one as unknown as ParticipantProcess;
}

/** A participant killed at 1,000 ms has a successor that is up at 1,100 ms and has taken over at 1,400 ms. */
function measure(
  needs?: string,
  fills: readonly Interval[] = [],
  processorMs = 0,
  othersMs = 0,
): Recovery | undefined {
  const predecessor = participant([["started", 0]], { killedAtMs: 1000 });
  const lines: Line[] = [
    ["started", 1100, 5],
    ["ready", 1150],
    ["tookOver", 1400, 5 + processorMs, othersMs * 1000],
  ];
  const successor = participant(lines, { needs });
  return measureRecoveries([{ predecessor, successor }], participants, fills)[0];
}

const parts = (startMs: number, waitMs: number, libraryMs: number, processorMs = 0) => ({
  startMs,
  waitMs,
  processorMs,
  libraryMs,
});

describe("a recovery", () => {
  test("in which nothing was in the way is the library's from when the process is up", () => {
    expect(measure()).toMatchObject(parts(100, 0, 300));
  });

  test("waits while a participant of the same scenario and epoch is stopped", () => {
    participant([], { stops: [{ fromMs: 900, toMs: 1200 }] });
    participant([], { stops: [{ fromMs: 1150, toMs: 1250 }] });
    participant([], { group: "channel 1", stops: [{ fromMs: 0, toMs: 2000 }] });
    expect(measure()).toMatchObject(parts(100, 150, 150));
  });

  test("waits while shared memory is full", () => {
    expect(measure(undefined, [{ fromMs: 1390, toMs: 5000 }])).toMatchObject(parts(100, 10, 290));
  });

  test("waits while nobody is there without whom it cannot work", () => {
    const killed: Line[] = [
      ["started", 0],
      ["tookOver", 10],
    ];
    participant(killed, { role: "consumer", killedAtMs: 1120 });
    const left: Line[] = [
      ["tookOver", 1200],
      ["left", 1250],
      ["ready", 1260],
      ["tookOver", 1300],
    ];
    participant(left, { role: "consumer" });
    expect(measure("consumer")).toMatchObject(parts(100, 80 + 50, 170));
  });

  test("waits for a processor for a share of the time in which nothing else was in the way", () => {
    const fills = [{ fromMs: 1300, toMs: 5000 }];
    expect(measure(undefined, fills, 150)).toMatchObject(parts(100, 100, 100, 100));
  });

  test("waits for others for a share of it in which they let it sleep until they woke it", () => {
    const fills = [{ fromMs: 1300, toMs: 5000 }];
    expect(measure(undefined, fills, 150, 30)).toMatchObject(parts(100, 100 + 20, 80, 100));
  });

  test("is not measured when the successor has not taken over", () => {
    const predecessor = participant([], { killedAtMs: 1000 });
    const successor = participant([
      ["started", 1100],
      ["noRoom", 1120],
    ]);
    expect(measureRecoveries([{ predecessor, successor }], participants, [])).toEqual([]);
  });
});

test("no room is excused while shared memory was full, however short", () => {
  const log = logOf([
    ["started", 100],
    ["ready", 200],
    ["noRoom", 250],
  ]);
  expect(wasFull(log, [{ fromMs: 210, toMs: 215 }])).toBe(true);
  expect(wasFull(log, [{ fromMs: 150, toMs: 199 }])).toBe(false);
  expect(wasFull(log, [{ fromMs: 251, toMs: 300 }])).toBe(false);
});

test("intervals that overlap cover their time once", () => {
  const intervals = [
    { fromMs: 5, toMs: 20 },
    { fromMs: 0, toMs: 8 },
    { fromMs: 6, toMs: 7 },
    { fromMs: 90, toMs: Infinity },
  ];
  expect(coveredMs(intervals, { fromMs: 2, toMs: 100 })).toBe(18 + 10);
});

test("a percentile is the nearest rank", () => {
  expect(percentile([30, 10, 20], 0.5)).toBe(20);
  expect(percentile([30, 10, 20], 0.99)).toBe(30);
  expect(percentile([], 0.5)).toBeUndefined();
});
