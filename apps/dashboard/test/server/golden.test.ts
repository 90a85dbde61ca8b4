/** What pages and programs read does not change unless somebody means it to: `bun test --update-snapshots` says so. */
import { expect, test } from "bun:test";
import { FIGURES, HistogramSnapshot, ratesBetween, type SegmentSample } from "@isthmus/ipc";
import { latencySample, segmentSamples } from "@isthmus/testing/segment-samples";
import { frameOf } from "../../src/server/frame-of.ts";

test("the frame of every kind is the same, byte for byte", () => {
  const [before, after] = [0, 1].map(
    (later) =>
      segmentSamples(
        FIGURES,
        later,
        HistogramSnapshot.read(latencySample(later)),
      ) as unknown as SegmentSample[],
  ) as [SegmentSample[], SegmentSample[]];
  const rated = after.map((sample, index) => {
    const earlier = before[index] as SegmentSample;
    return { sample, rates: ratesBetween(earlier, sample) };
  });
  const { segments, ...rest } = frameOf(rated, 1_700_000_500_000);
  for (const each of segments) expect(JSON.stringify(each)).toMatchSnapshot(each.kind);
  expect(JSON.stringify(rest)).toMatchSnapshot("all together");
});
