/**
 * The options of a topic, and how large they make it.
 *
 * @module
 */
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  type OptionNames,
  outOfRange,
} from "@isthmus/core/internal";
import {
  CAPACITY_BYTES_MAX,
  DEFAULT_CAPACITY_BYTES,
  LANES_BYTES_MAX,
  PAGE_BYTES,
  PRODUCERS_MAX,
  powerOfTwo,
} from "../channel/channel-options.ts";
import type { ChannelSchema, SchemaShape } from "../flow/record-schema.ts";
import { BROADCAST_BYTES_MIN } from "../ring/broadcast-ring.ts";
import { SUBSCRIBERS_MAX } from "./topic-layout.ts";

const DEFAULT_PUBLISHERS = 8;

const DEFAULT_SUBSCRIBERS = 64;

/** As many as there can be producers of a channel. */
export const PUBLISHERS_MAX: number = PRODUCERS_MAX;

/** Publishers times subscribers: each of them has a place in the lane of each, 128 bytes long. */
export const TOPIC_PLACES_MAX: number = 1 << 17;

const LIFETIMES = ["held", "persistent"] as const;

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
  lifetime: true,
  onFull: true,
  from: true,
  onSlow: true,
  onLapped: true,
};

/** The sizes of a topic. */
export interface TopicGeometry {
  readonly laneCount: number;
  readonly ringBytes: number;
  readonly slotBytes: number;
  readonly recordBytes: number;
  readonly laneBytes: number;
  /** How many subscribers there can be. */
  readonly places: number;
}

/** Checks what creating a topic depends on. */
export function checkTopicOptions(
  options: TopicOptions<ChannelSchema>,
  shape: SchemaShape,
): { geometry: TopicGeometry; isPersistent: boolean } {
  const {
    capacityBytes = DEFAULT_CAPACITY_BYTES,
    maxPublishers = DEFAULT_PUBLISHERS,
    maxSubscribers = DEFAULT_SUBSCRIBERS,
    lifetime = "held",
  } = checkOptions("options", options, TOPIC_OPTIONS);
  checkInteger("options.capacityBytes", capacityBytes, 1, CAPACITY_BYTES_MAX);
  checkInteger("options.maxPublishers", maxPublishers, 1, PUBLISHERS_MAX);
  checkInteger("options.maxSubscribers", maxSubscribers, 1, SUBSCRIBERS_MAX);
  if (maxPublishers * maxSubscribers > TOPIC_PLACES_MAX) {
    const most = Math.floor(TOPIC_PLACES_MAX / maxPublishers);
    const expected = `<= ${most} for ${maxPublishers} publishers (lower maxPublishers)`;
    throw outOfRange("options.maxSubscribers", expected, maxSubscribers);
  }
  checkOneOf("options.lifetime", lifetime, LIFETIMES);
  const sizes = geometryOf(shape, capacityBytes, maxPublishers);
  const geometry = { ...sizes, places: maxSubscribers };
  return { geometry, isPersistent: lifetime === "persistent" };
}

function geometryOf(
  shape: SchemaShape,
  capacityBytes: number,
  laneCount: number,
): Omit<TopicGeometry, "places"> {
  const recordBytes = shape.struct?.size ?? 0;
  const slotBytes = Math.ceil(recordBytes / 8) * 8;
  // Two slots at least, so that one can be filled while the other is read.
  const ringBytes =
    slotBytes > 0
      ? slotBytes * Math.max(2, powerOfTwo(capacityBytes / slotBytes))
      : Math.max(BROADCAST_BYTES_MIN, powerOfTwo(capacityBytes));
  const laneBytes = Math.ceil(ringBytes / PAGE_BYTES) * PAGE_BYTES;
  if (laneBytes * laneCount > LANES_BYTES_MAX) {
    throw outOfRange(
      "options.capacityBytes",
      `<= ${Math.floor(LANES_BYTES_MAX / laneCount)} for ${laneCount} publishers (lower maxPublishers)`,
      ringBytes,
    );
  }
  return { laneCount, ringBytes, slotBytes, recordBytes, laneBytes };
}
