/**
 * The options of a topic, and how large they make it.
 *
 * @module
 */

import { checkInteger, checkOptions, type OptionNames, outOfRange } from "@isthmus/core/internal";
import { checkLaneOptions, geometryOf } from "../flow/lane-options.ts";
import type { ChannelSchema, SchemaShape } from "../flow/record-schema.ts";
import type { RecordGeometry } from "../flow/record-segment.ts";
import { SUBSCRIBERS_MAX } from "./topic-layout.ts";

const DEFAULT_SUBSCRIBERS = 64;

/** Publishers times subscribers: each of them has a place in the lane of each, 128 bytes long. */
export const TOPIC_PLACES_MAX: number = 1 << 17;

/** How a topic is opened. All but `schema` matters only to whoever creates it. */
export interface TopicOptions<S extends ChannelSchema> {
  /** A `struct(…)`, `bytes` for raw `Uint8Array` records, or `json`. Must be the same on all sides. */
  readonly schema: S;
  /**
   * Room for the records of one publisher, in bytes; rounded up to a power of two, of bytes or of records. Default
   * 1 MiB, at most 512 MiB. Seven eighths of it, at least, are kept for those who are slow or come later. A record
   * of `bytes` or `json` may have half of it, less 8 bytes.
   */
  readonly capacityBytes?: number | undefined;
  /** How many publishers there can be at a time. Default 8, at most 1024. Room is allocated when one comes. */
  readonly maxPublishers?: number | undefined;
  /** How many subscribers there can be at a time. Default 64, at most 1024. Each takes 128 bytes for each publisher. */
  readonly maxSubscribers?: number | undefined;
  /**
   * Whether every record carries the time at which it was sent, and every subscriber counts how long each took to be
   * handed out: `metrics.latency`, and `observe` for everybody else. Costs 8 bytes and some 50 ns a record, and 9,792
   * bytes a place for subscribers. Default false.
   */
  readonly latency?: boolean | undefined;
  /** `"persistent"` keeps the topic and its records when nobody holds it. Default `"held"`. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

/** The options of both ends: a bag that both are given has what only one of them looks at. */
export const TOPIC_OPTIONS: OptionNames<
  TopicOptions<ChannelSchema> & Record<"onFull" | "from" | "onSlow" | "onLapped", unknown>
> = {
  schema: true,
  capacityBytes: true,
  maxPublishers: true,
  maxSubscribers: true,
  latency: true,
  lifetime: true,
  onFull: true,
  from: true,
  onSlow: true,
  onLapped: true,
};

/** The sizes of a topic. */
export interface TopicGeometry extends RecordGeometry {
  /** How many subscribers there can be. */
  readonly places: number;
}

/** Checks what creating a topic depends on. */
export function checkTopicOptions(
  options: TopicOptions<ChannelSchema>,
  shape: SchemaShape,
): { geometry: TopicGeometry; isPersistent: boolean } {
  const checked = checkOptions("options", options, TOPIC_OPTIONS);
  const choice = checkLaneOptions(checked, "maxPublishers");
  const { laneCount, isPersistent } = choice;
  const { maxSubscribers = DEFAULT_SUBSCRIBERS } = checked;
  checkInteger("options.maxSubscribers", maxSubscribers, 1, SUBSCRIBERS_MAX);
  if (laneCount * maxSubscribers > TOPIC_PLACES_MAX) {
    const most = Math.floor(TOPIC_PLACES_MAX / laneCount);
    const expected = `<= ${most} for ${laneCount} publishers (lower maxPublishers)`;
    throw outOfRange("options.maxSubscribers", expected, maxSubscribers);
  }
  const sizes = geometryOf(shape, choice, "publishers");
  return { geometry: { ...sizes, places: maxSubscribers }, isPersistent };
}
