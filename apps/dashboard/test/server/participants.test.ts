import { describe, expect, test } from "bun:test";
import { FIGURES, ratesBetween, type SegmentSample } from "@isthmus/ipc";
import { segmentSamples } from "@isthmus/testing/segment-samples";
import { segmentFrame } from "../../src/server/segments.ts";
import type { SegmentFrame } from "../../src/wire/frame.ts";

const NOW_MS = 1_700_000_500_000;

/** What a test changes, whatever its kind. */
type Loose = Record<string, unknown>;

interface TopicSample {
  readonly capacity: number;
  readonly publishers: readonly { readonly position: number }[];
  readonly subscribers: readonly { readonly places: readonly object[] }[];
}

/** The frame of the made-up segment of a kind, after somebody has changed it. */
function frameOf(kind: string, change: (sample: Loose) => void = () => undefined): SegmentFrame {
  const [before, after] = [0, 2].map((later) => {
    const made = segmentSamples(FIGURES, later).find((each) => each["kind"] === kind);
    const copy = structuredClone(made) as Loose;
    change(copy);
    return copy as unknown as SegmentSample;
  }) as [SegmentSample, SegmentSample];
  return segmentFrame({ sample: after, rates: ratesBetween(before, after) }, NOW_MS);
}

/** A full ring of a producer that sent last ten seconds ago. */
function fill({ channel }: Loose): void {
  const [lane] = (channel as { lanes: object[] }).lanes;
  Object.assign(lane as object, { fill: 1, records: 7, lastActivityMs: NOW_MS - 10_000 });
}

describe("who takes part", () => {
  test("waits for room, and for how long, where its ring is full and it is at the cell", () => {
    const waiting = frameOf("channel", (sample) => {
      fill(sample);
      Object.assign(sample, { cells: [cell(1, [0])] });
    });
    expect(waiting.participants[0]).toMatchObject({ state: "waiting", waiting_ms: 10_000 });
    expect(waiting.participants[2]).toMatchObject({ waiting_ms: null });
    expect(waiting.waits).toEqual([{ cell: 1, slots: [0], has_sleepers: false }]);
    const asleep = frameOf("channel", (sample) => {
      fill(sample);
      Object.assign(sample, { cells: [cell(1, [], true)] });
    });
    expect(asleep.participants[0]).toMatchObject({ state: "waiting", waiting_ms: 10_000 });
  });

  test("does not wait for room where its ring is full and it sends nothing", () => {
    const { participants } = frameOf("channel", (sample) => {
      fill(sample);
      Object.assign(sample, { cells: [cell(0, [2]), cell(1, [])] });
    });
    expect(participants[0]).toMatchObject({ state: "idle", waiting_ms: null });
  });

  test("has lost records, and is so far behind, where publishers do not wait for it", () => {
    const { participants } = frameOf("topic", ({ topic }) => {
      const { publishers, subscribers, capacity } = topic as TopicSample;
      Object.assign(subscribers[0] as object, { onSlow: "lap", lost: 72_503 });
      publishers.forEach(({ position }, lane) => {
        const place = subscribers[0]?.places[lane];
        Object.assign(place as object, { position: position - capacity * lane });
      });
    });
    const lapped = { lost: 72_503, lost_per_second: 0, distance: 1 };
    expect(participants[0]?.lapped).toEqual(lapped);
    expect(participants.slice(1).map((each) => each.lapped)).toEqual([null, null]);
  });

  test("holds permits of a semaphore, or whatever its kind says of it", () => {
    const { participants } = frameOf("semaphore", ({ semaphore }) => {
      const [held] = (semaphore as { held: object[] }).held;
      Object.assign(held as object, { permits: 2 });
    });
    expect(participants.map(({ holds }) => holds)).toEqual(["2 permits"]);
    const { participants: workers } = frameOf("semaphore", (sample) => {
      const [who] = sample["participants"] as object[];
      Object.assign(sample, {
        kind: "newcomer",
        semaphore: undefined,
        newcomer: { jobs: [{ worker: who }, { worker: who, attempts: 9 }, { worker: undefined }] },
      });
    });
    expect(workers.map(({ holds }) => holds)).toEqual(["2 jobs"]);
  });
});

describe("a lane of a topic", () => {
  test("has a lag in records, as its subscribers have, and not in positions", () => {
    const frame = frameOf("topic", ({ topic }) => {
      for (const { places } of (topic as TopicSample).subscribers) {
        Object.assign(places[0] as object, { lag: 5, position: 0 });
        Object.assign(places[1] as object, { lag: 7, position: 0 });
      }
    });
    expect(frame.flow?.lanes.map(({ lag }) => lag)).toEqual([5, 7]);
  });
});

describe("the figures of a segment", () => {
  test("are all that its kind's tables have, under names that the catalogue knows", () => {
    const mutex = frameOf("mutex");
    expect(mutex.figures["lock.mutex.acquisitions"]).toBe(mutex.lock?.acquisitions as number);
    expect(mutex.rates["lock.mutex.contentions"]).toBe(
      mutex.lock?.contentions_per_second as number,
    );
    expect(frameOf("event").figures["event.segment.isSet"]).toBe(1);
    expect(Object.keys(frameOf("struct").rates)).toContain("struct.segment.version");
    expect(frameOf("memory").figures).not.toHaveProperty("lock.mutex.acquisitions");
  });
});

function cell(index: number, waitingSlots: readonly number[], hasSleepers = false): object {
  const isAwaited = hasSleepers || waitingSlots.length > 0;
  return { index, isAwaited, hasSleepers, waitingSlots, wakes: 1, timeoutWakes: 0 };
}
