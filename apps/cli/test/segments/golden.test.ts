/** What programs read does not change unless somebody means it to: `bun test --update-snapshots` says so. */
import { expect, test } from "bun:test";
import { FIGURES, HistogramSnapshot, ratesBetween, type SegmentSample } from "@isthmus/ipc";
import { latencySample, segmentSamples } from "@isthmus/testing/segment-samples";
import { segmentRecord } from "../../src/segments/segment-record.ts";
import { topRecord } from "../../src/watch/top-record.ts";

const [before, after] = [0, 1].map(
  (later) =>
    segmentSamples(
      FIGURES,
      later,
      HistogramSnapshot.read(latencySample(later)),
    ) as unknown as SegmentSample[],
) as [SegmentSample[], SegmentSample[]];

test.each(after.map((sample, index) => [sample.kind, sample, before[index]] as const))(
  "the records of a %s are the same, byte for byte",
  (_, sample, earlier) => {
    expect(JSON.stringify(segmentRecord(sample))).toMatchSnapshot("inspect");
    const rates = earlier && ratesBetween(earlier, sample);
    expect(JSON.stringify(topRecord(sample, rates, 5))).toMatchSnapshot("top");
  },
);
