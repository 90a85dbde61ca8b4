/**
 * The source of lanes, as one module to be loaded beside stand-ins.
 *
 * @module
 */
export { claimLane } from "../../../../src/channel/lane-claim.ts";
export { LanedSegment } from "../../../../src/channel/laned-segment.ts";
