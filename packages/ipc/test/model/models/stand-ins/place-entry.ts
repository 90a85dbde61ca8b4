/**
 * The source of places that only one has, as one module to be loaded beside stand-ins.
 *
 * @module
 */
export { LanedSegment } from "../../../../src/flow/laned-segment.ts";
export { takeSolePlace } from "../../../../src/flow/sole-place.ts";
