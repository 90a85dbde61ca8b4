/**
 * The options of a channel, and how large they make it.
 *
 * @module
 */
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  invalidType,
  type OptionNames,
  outOfRange,
} from "@isthmus/core/internal";
import type { ChannelSchema, SchemaShape } from "../flow/record-schema.ts";
import { RING_BYTES_MIN } from "../ring/byte-ring.ts";
import { TIMESTAMP_BYTES } from "./channel-layout.ts";

/** Room for records of one producer unless told otherwise, in bytes. */
export const DEFAULT_CAPACITY_BYTES: number = 1 << 20;

/** The largest ring of one producer in bytes. */
export const CAPACITY_BYTES_MAX: number = 2 ** 29;

/** The most that the rings of all producers may have together, in bytes: one mapping holds them. */
export const LANES_BYTES_MAX: number = 2 ** 31;

const DEFAULT_PRODUCERS = 8;

/** The most senders of a channel, a topic or a service. */
export const PRODUCERS_MAX = 1024;

/** Rings begin on whole pages, of the largest kind that a supported system has. */
export const PAGE_BYTES = 16_384;

const LIFETIMES = ["held", "persistent"] as const;

/** How a channel is opened. All but `schema` matters only to whoever creates it. */
export interface ChannelOptions<S extends ChannelSchema> {
  /** A `struct(…)`, `bytes` for raw `Uint8Array` records, or `json`. Must be the same on both sides. */
  readonly schema: S;
  /**
   * Room for the records of one producer, in bytes; rounded up to a power of two, of bytes or of records. Default
   * 1 MiB, at most 512 MiB. A record of `bytes` or `json` may have half of it, less 8 bytes.
   */
  readonly capacityBytes?: number | undefined;
  /** How many producers there can be at a time. Default 8, at most 1024. Room is allocated when one comes. */
  readonly maxProducers?: number | undefined;
  /**
   * Whether every record carries the time at which it was sent, and the consumer counts how long each took to be
   * handed out: `metrics.latency`, and `observe` for everybody else. Costs 8 bytes and some 50 ns a record. Default
   * false.
   */
  readonly latency?: boolean | undefined;
  /** `"persistent"` keeps the channel and its records when nobody holds it. Default `"held"`. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

/** The options of both ends: a bag that both are given has what only one of them looks at. */
export const CHANNEL_OPTIONS: OptionNames<ChannelOptions<ChannelSchema> & { onFull?: unknown }> = {
  schema: true,
  capacityBytes: true,
  maxProducers: true,
  latency: true,
  lifetime: true,
  onFull: true,
};

/** The sizes of a channel. */
export interface Geometry {
  readonly laneCount: number;
  readonly ringBytes: number;
  readonly slotBytes: number;
  readonly recordBytes: number;
  readonly laneBytes: number;
  /** Bytes of the time with every record: 8 or 0. */
  readonly timestampBytes: number;
}

/** Checks what creating a channel depends on. */
export function checkChannelOptions<S extends ChannelSchema>(
  options: ChannelOptions<S>,
  shape: SchemaShape,
): { geometry: Geometry; isPersistent: boolean } {
  const {
    capacityBytes = DEFAULT_CAPACITY_BYTES,
    maxProducers = DEFAULT_PRODUCERS,
    lifetime = "held",
    latency = false,
  } = checkOptions("options", options, CHANNEL_OPTIONS);
  checkInteger("options.capacityBytes", capacityBytes, 1, CAPACITY_BYTES_MAX);
  checkInteger("options.maxProducers", maxProducers, 1, PRODUCERS_MAX);
  checkOneOf("options.lifetime", lifetime, LIFETIMES);
  if (typeof latency !== "boolean") throw invalidType("options.latency", "a boolean", latency);
  const timestampBytes = latency ? TIMESTAMP_BYTES : 0;
  const geometry = geometryOf(shape, capacityBytes, maxProducers, timestampBytes);
  return { geometry, isPersistent: lifetime === "persistent" };
}

function geometryOf(
  shape: SchemaShape,
  capacityBytes: number,
  laneCount: number,
  timestampBytes: number,
): Geometry {
  const recordBytes = shape.struct?.size ?? 0;
  const slotBytes = slotBytesOf(recordBytes, timestampBytes);
  // Two slots at least, so that one can be filled while the other is read.
  const ringBytes =
    slotBytes > 0
      ? slotBytes * Math.max(2, powerOfTwo(capacityBytes / slotBytes))
      : Math.max(RING_BYTES_MIN, powerOfTwo(capacityBytes));
  const laneBytes = Math.ceil(ringBytes / PAGE_BYTES) * PAGE_BYTES;
  if (laneBytes * laneCount > LANES_BYTES_MAX) {
    throw outOfRange(
      "options.capacityBytes",
      `<= ${Math.floor(LANES_BYTES_MAX / laneCount)} for ${laneCount} producers (lower maxProducers)`,
      ringBytes,
    );
  }
  return { laneCount, ringBytes, slotBytes, recordBytes, laneBytes, timestampBytes };
}

/** Distance of two records of one size; 0 for records of any size. */
export function slotBytesOf(recordBytes: number, timestampBytes: number): number {
  return recordBytes === 0 ? 0 : Math.ceil(recordBytes / 8) * 8 + timestampBytes;
}

/** The smallest power of two that is at least so much. */
export function powerOfTwo(atLeast: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(atLeast)));
}
