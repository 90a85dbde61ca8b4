/**
 * The sizes of a service as an observer finds them.
 *
 * @module
 */

import { CAPACITY_BYTES_MAX, SENDERS_MAX } from "../flow/lane-options.ts";
import type { Mode } from "../flow/record-layout.ts";
import { SERVICE, SERVICE_HEADER_BYTES, SERVICE_LANE_BYTES } from "../service/service-layout.ts";
import { SERVICE_RING_BYTES_MIN } from "../service/service-options.ts";
import { readLaneCount, readMode } from "./lane-sizes.ts";
import type { StateBytes } from "./state-bytes.ts";

/** The most of section "state" that any service uses. */
export const SERVICE_STATE_BYTES_MAX: number =
  SERVICE_HEADER_BYTES + SENDERS_MAX * SERVICE_LANE_BYTES;

/** What a service's creator chose. */
export interface ServiceSizes {
  readonly requestMode: Mode;
  readonly responseMode: Mode;
  readonly laneCount: number;
  /** From one lane to the next, in bytes. */
  readonly laneBytes: number;
  readonly requestBytes: number;
  readonly replyBytes: number;
}

/**
 * Reads the sizes, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readServiceSizes(state: StateBytes): ServiceSizes {
  const requestMode = readMode(state, SERVICE.requestMode, "mode of requests");
  const responseMode = readMode(state, SERVICE.responseMode, "mode of responses");
  const isRing = (bytes: number): boolean =>
    bytes >= SERVICE_RING_BYTES_MIN &&
    bytes <= 2 * CAPACITY_BYTES_MAX &&
    Math.log2(bytes) % 1 === 0;
  const requestBytes = state.chosen(SERVICE.requestBytes, "ring size of requests", isRing);
  const replyBytes = state.chosen(SERVICE.replyBytes, "ring size of replies", isRing);
  const laneCount = readLaneCount(state, SERVICE.laneCount, {
    headerBytes: SERVICE_HEADER_BYTES,
    entryBytes: SERVICE_LANE_BYTES,
    countMax: SENDERS_MAX,
  });
  const laneBytes = state.chosen(
    SERVICE.laneBytes,
    "lane size",
    (value) => value >= requestBytes + replyBytes,
  );
  return { requestMode, responseMode, laneCount, laneBytes, requestBytes, replyBytes };
}

/** Word at which a lane begins. */
export function serviceLaneWord(lane: number): number {
  return (SERVICE_HEADER_BYTES + lane * SERVICE_LANE_BYTES) / 4;
}
