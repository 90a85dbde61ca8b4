import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { FIGURES, type MutexInfo, type ParticipantInfo, type SegmentSample } from "@isthmus/ipc";
import { segmentSamples } from "@isthmus/testing/segment-samples";
import { findChanges } from "../../src/server/changes.ts";
import { ExitNotices } from "../../src/server/exit-notices.ts";

const SAMPLE: SegmentSample = {
  name: "orders",
  path: "/nowhere/orders",
  kind: "channel",
  totalBytes: 1024,
  isPersistent: false,
  isHeld: true,
  fingerprint: "0",
  epoch: "1",
  creatorPid: 1,
  createdAtMs: 0,
  sections: [],
  participants: [],
  mutex: undefined,
  cells: [],
  channel: undefined,
  error: undefined,
  takenAtNs: 0,
};

const PRODUCER: ParticipantInfo = {
  slot: 0,
  role: "producer",
  pid: 7,
  startTicks: 0,
  generation: 1,
  name: "",
  joinedAtMs: 0,
  isAlive: true,
};

const DEAD: ParticipantInfo = { ...PRODUCER, isAlive: false };
const OTHER: ParticipantInfo = { ...PRODUCER, slot: 1, pid: 8 };
const SUCCESSOR: ParticipantInfo = { ...PRODUCER, generation: 2, pid: 9 };

function sample(some: Partial<SegmentSample> = {}): SegmentSample {
  return { ...SAMPLE, ...some };
}

function ownStartTicks(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
}

/** What is told of one look after the other. */
function told(...looks: readonly (readonly SegmentSample[])[]): string[][] {
  const maps = looks.map((look) => new Map(look.map((each) => [each.name, each])));
  return maps.slice(1).map((after, index) => {
    const before = maps[index] as (typeof maps)[number];
    return findChanges(before, after).map(({ kind, text }) => `${kind}: ${text}`);
  });
}

/** A sample in which every figure is 0 except one, with one of everything that there can be several of. */
function withFigure(made: unknown, name: string, value: number): SegmentSample {
  const text = JSON.stringify({ ...(made as SegmentSample), participants: [] });
  return JSON.parse(text, (key, found: unknown) => {
    if (Array.isArray(found)) return found.slice(0, 1);
    if (typeof found !== "number") return found;
    return key === name ? value : 0;
  });
}

describe("findChanges()", () => {
  test("tells nothing where nothing has happened", () => {
    const look = [sample({ participants: [PRODUCER] })];
    expect(told(look, look)).toEqual([[]]);
  });

  test("tells who joins, leaves and takes the place of one who has died", () => {
    const looks = [
      [sample({ participants: [PRODUCER] })],
      [sample({ participants: [PRODUCER, OTHER] })],
      [sample({ participants: [DEAD, OTHER] })],
      [sample({ participants: [SUCCESSOR] })],
    ];
    expect(told(...looks)).toEqual([
      ["joined: producer 8 joined"],
      ["died: producer 7 died without leaving"],
      [
        "recovered: cleared up after producer 7, which had died",
        "gone: producer 8 is gone: it left, or died and was cleared up after at once",
        "joined: producer 9 joined",
      ],
    ]);
  });

  test("says that somebody left only of who is seen to be alive", () => {
    const { pid } = process;
    const here = { ...PRODUCER, pid, startTicks: ownStartTicks() };
    const looks = (one: ParticipantInfo) => [[sample({ participants: [one] })], [sample()]];
    expect(told(...looks(here))).toEqual([[`left: producer ${pid} left`]]);
    // Another process that has the number now says nothing of the one that had it.
    const reused = { ...here, startTicks: here.startTicks - 1 };
    const gone = `gone: producer ${pid} is gone: it left, or died and was cleared up after at once`;
    expect(told(...looks(reused))).toEqual([[gone]]);
  });

  test("tells what is made, made anew, and removed, and with it who was there", () => {
    const first = sample({ participants: [PRODUCER] });
    const anew = sample({ epoch: "2", participants: [OTHER] });
    expect(told([], [first], [anew], [])).toEqual([
      ["created: a channel was created", "joined: producer 7 joined"],
      ["created: a channel was created", "joined: producer 8 joined"],
      [
        "gone: producer 8 is gone: it left, or died and was cleared up after at once",
        "removed: a channel was removed",
      ],
    ]);
  });

  test("calls a rate limiter one, which is a cache by its layout", () => {
    const limiters = segmentSamples(FIGURES, 0).filter(({ name }) => name === "a-limiter");
    const [created] = told([], limiters as unknown as SegmentSample[]).flat();
    expect(created).toBe("created: a limiter was created");
  });

  test("tells of a lock whose owner has died, once, and of who takes it over", () => {
    const mutex = (isAlive: boolean, recoveries = 0): MutexInfo => ({
      owner: { pid: 7, name: "", sinceMs: 5, isAlive },
      acquisitions: 1,
      contentions: 0,
      recoveries,
    });
    const looks = [mutex(true), mutex(false), mutex(false), mutex(true, 1)];
    expect(told(...looks.map((each) => [sample({ kind: "mutex", mutex: each })]))).toEqual([
      ["lock-abandoned: process 7 died holding the lock"],
      [],
      ["lock-recovered: an abandoned lock was taken over"],
    ]);
  });

  test.each([
    ["channel", "drops", "dropped: records are refused because there is no room"],
    ["topic", "drops", "dropped: records are refused because there is no room"],
    [
      "topic",
      "lost",
      "dropped: subscribers lose records that are overwritten before they read them",
    ],
    ["service", "timeouts", "dropped: requests run out of time"],
  ])("tells when a %s begins to count %s, and only then", (kind, name, told_) => {
    const [made] = segmentSamples(FIGURES, 0).filter((each) => each["kind"] === kind);
    const at = (value: number): SegmentSample[] => [withFigure(made, name, value)];
    expect(told(at(0), at(2), at(3))).toEqual([[told_], []]);
  });

  test.each(["channel", "topic", "service"])(
    "tells each time a reader of a %s finds lies",
    (kind) => {
      const [made] = segmentSamples(FIGURES, 0).filter((each) => each["kind"] === kind);
      const at = (value: number): SegmentSample[] => [withFigure(made, "corruptions", value)];
      const found = "corrupt: a reader found 2 impossible values";
      expect(told(at(1), at(1), at(3))).toEqual([[], [found]]);
    },
  );

  test("tells of a file that cannot be understood, and takes nobody for gone because of that", () => {
    const error = { code: "ERR_CORRUPT_SEGMENT", message: "no header" };
    const whole = sample({ participants: [PRODUCER] });
    const damaged = sample({ error, epoch: "" });
    expect(told([whole], [damaged], [damaged])).toEqual([
      ["damaged: its file cannot be understood: no header"],
      [],
    ]);
  });
});

describe("ExitNotices", () => {
  test("keeps the dead dead while somebody clears up after them, holding their lock", () => {
    const notices = new ExitNotices();
    const looks = [[PRODUCER], [DEAD], [PRODUCER], [SUCCESSOR]].map((participants) =>
      notices.correct([sample({ participants })]),
    );
    expect(told(...looks)).toEqual([
      ["died: producer 7 died without leaving"],
      [],
      ["recovered: cleared up after producer 7, which had died", "joined: producer 9 joined"],
    ]);
  });

  test("takes nobody else for dead", () => {
    const notices = new ExitNotices();
    notices.correct([sample({ participants: [DEAD] })]);
    const others = [
      sample({ participants: [SUCCESSOR, OTHER] }),
      sample({ epoch: "2", participants: [PRODUCER] }),
      sample({ name: "other", participants: [PRODUCER] }),
    ];
    expect(notices.correct(others)).toEqual(others);
    // Nor for ever: who has gone is forgotten.
    const back = [sample({ participants: [PRODUCER] })];
    expect(notices.correct(back)).toEqual(back);
  });
});
