/**
 * The back door for sibling packages of this workspace: the algorithms below the public classes, so that they can be
 * measured by themselves. Nothing here is a public contract.
 *
 * @module
 */
export { Counters } from "./metrics/counters.ts";
export { Histogram } from "./metrics/histogram.ts";
export { HISTOGRAM_BYTES } from "./metrics/histogram-layout.ts";
export { ByteRingConsumer, ByteRingProducer } from "./ring/byte-ring.ts";
export { FixedRingConsumer, FixedRingProducer } from "./ring/fixed-ring.ts";
export { LANE_HEADER_BYTES } from "./ring/lane-layout.ts";
export { SharedWords } from "./words.ts";
