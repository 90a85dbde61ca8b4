/**
 * The sizes of a channel as an observer finds them.
 *
 * @module
 */

import { CHANNEL, CHANNEL_HEADER_BYTES, LANE_BYTES } from "../channel/channel-layout.ts";
import { SENDERS_MAX } from "../flow/lane-options.ts";
import { type RingSizes, readRingSizes } from "./lane-sizes.ts";
import type { StateBytes } from "./state-bytes.ts";

/** The most of section "state" that any channel uses. */
export const STATE_BYTES_MAX: number = CHANNEL_HEADER_BYTES + SENDERS_MAX * LANE_BYTES;

const ENTRIES = {
  headerBytes: CHANNEL_HEADER_BYTES,
  entryBytes: LANE_BYTES,
  countMax: SENDERS_MAX,
};

/**
 * Reads the sizes, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readChannelSizes(state: StateBytes): RingSizes {
  return readRingSizes(state, CHANNEL, ENTRIES);
}

/** Word at which a lane begins. */
export function laneWord(lane: number): number {
  return (CHANNEL_HEADER_BYTES + lane * LANE_BYTES) / 4;
}
