/** What pages and programs read does not change unless somebody means it to: `bun test --update-snapshots` says so. */
import { expect, test } from "bun:test";
import { FIGURES, HistogramSnapshot, ratesBetween, type SegmentSample } from "@isthmus/ipc";
import { segmentSamples } from "@isthmus/testing/segment-samples";
import { frameOf } from "../../src/server/frame-of.ts";

/** One duration of a microsecond, then one more of two. */
function latency(later: number): HistogramSnapshot {
  const values = new Float64Array(1224);
  values.set([1 + later, 1000 + later * 2000, 1000, 1000 + later * 1000]);
  values[8 + 223] = 1;
  values[8 + 254] = later;
  return HistogramSnapshot.read(new Uint8Array(values.buffer));
}

test("the frame of every kind is the same, byte for byte", () => {
  const [before, after] = [0, 1].map(
    (later) => segmentSamples(FIGURES, later, latency(later)) as unknown as SegmentSample[],
  ) as [SegmentSample[], SegmentSample[]];
  const rated = after.map((sample, index) => {
    const earlier = before[index] as SegmentSample;
    return { sample, rates: ratesBetween(earlier, sample) };
  });
  const { segments, ...rest } = frameOf(rated, 1_700_000_500_000);
  for (const each of segments) expect(JSON.stringify(each)).toMatchSnapshot(each.kind);
  expect(JSON.stringify(rest)).toMatchSnapshot("all together");
});
