/**
 * Where those who receive count how long what they get has taken: a histogram for each of them.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { SECTION } from "@isthmus/core/internal";
import { HISTOGRAM_BYTES } from "../metrics/histogram-layout.ts";
import type { SegmentMemory } from "../segment/segment-memory.ts";
import type { SectionSpec } from "../segment/segment-spec.ts";
import { TravelTimes } from "./travel-times.ts";

/** The section of a segment whose creator wants times to be counted. */
export function latencySection(histograms: number): SectionSpec {
  return {
    id: SECTION.latency,
    length: histograms * HISTOGRAM_BYTES,
    isSizedByCreator: true,
    isOptional: true,
  };
}

/**
 * One of the histograms.
 *
 * @throws {CorruptSegmentError} When the section does not have it.
 */
export function travelTimesIn(memory: SegmentMemory, index: number): TravelTimes {
  const { offset, length } = memory.section(SECTION.latency);
  const start = index * HISTOGRAM_BYTES;
  if (start + HISTOGRAM_BYTES > length) {
    throw new CorruptSegmentError(
      `The segment's histograms of latency have ${length} bytes: number ${index} is not among them`,
    );
  }
  return new TravelTimes(memory.mapping.bytes(offset + start, HISTOGRAM_BYTES));
}
