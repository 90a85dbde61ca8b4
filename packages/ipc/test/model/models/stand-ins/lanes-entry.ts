/**
 * The source of lanes, as one module to be loaded beside stand-ins.
 *
 * @module
 */
export { claimLane } from "../../../../src/flow/lane-claim.ts";
export { LanedSegment } from "../../../../src/flow/laned-segment.ts";
