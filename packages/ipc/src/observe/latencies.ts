/**
 * Reading how long records and requests took, from outside.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import { HISTOGRAM_BYTES } from "../metrics/histogram-layout.ts";
import { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { SectionReader } from "./section-reader.ts";

/**
 * The histograms of a segment that counts times; none when it does not.
 *
 * @param count How many it has, by what its header says.
 */
export function readLatencies(reader: SectionReader, count: number): HistogramSnapshot[] {
  const bytes = reader.glance(SECTION.latency, count * HISTOGRAM_BYTES) ?? new Uint8Array();
  return Array.from({ length: Math.floor(bytes.length / HISTOGRAM_BYTES) }, (_, index) =>
    HistogramSnapshot.read(bytes.subarray(index * HISTOGRAM_BYTES)),
  );
}

/** All durations together; undefined when nothing counts them. */
export function mergeLatencies(
  latencies: Iterable<HistogramSnapshot | undefined>,
): HistogramSnapshot | undefined {
  let merged: HistogramSnapshot | undefined;
  for (const each of latencies)
    merged = each === undefined ? merged : (merged?.merge(each) ?? each);
  return merged;
}
