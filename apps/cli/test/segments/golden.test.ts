/** What programs read does not change unless somebody means it to: `bun test --update-snapshots` says so. */
import { expect, test } from "bun:test";
import { FIGURES, HistogramSnapshot, ratesBetween, type SegmentSample } from "@isthmus/ipc";
import { segmentSamples } from "@isthmus/testing/segment-samples";
import { segmentRecord } from "../../src/segments/segment-record.ts";
import { topRecord } from "../../src/watch/top-record.ts";

const [before, after] = [0, 1].map(
  (later) => segmentSamples(FIGURES, later, latency(later)) as unknown as SegmentSample[],
) as [SegmentSample[], SegmentSample[]];

/** One duration of a microsecond, then one more of two. */
function latency(later: number): HistogramSnapshot {
  const values = new Float64Array(1224);
  values.set([1 + later, 1000 + later * 2000, 1000, 1000 + later * 1000]);
  values[8 + 223] = 1;
  values[8 + 254] = later;
  return HistogramSnapshot.read(new Uint8Array(values.buffer));
}

test.each(after.map((sample, index) => [sample.kind, sample, before[index]] as const))(
  "the records of a %s are the same, byte for byte",
  (_, sample, earlier) => {
    expect(JSON.stringify(segmentRecord(sample))).toMatchSnapshot("inspect");
    const rates = earlier && ratesBetween(earlier, sample);
    expect(JSON.stringify(topRecord(sample, rates, 5))).toMatchSnapshot("top");
  },
);
