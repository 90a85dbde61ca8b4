/**
 * The options that segments with lanes have in common, and how large they make them.
 *
 * @module
 */
import { checkInteger, checkOneOf, invalidType, outOfRange } from "@isthmus/core/internal";
import { RING_BYTES_MIN } from "../ring/byte-ring.ts";
import { TIMESTAMP_BYTES } from "./record-layout.ts";
import type { SchemaShape } from "./record-schema.ts";
import type { RecordGeometry } from "./record-segment.ts";

/** Room for records of one sender unless told otherwise, in bytes. */
const DEFAULT_CAPACITY_BYTES: number = 1 << 20;

/** The largest ring of one sender in bytes. */
export const CAPACITY_BYTES_MAX: number = 2 ** 29;

/** The most that the rings of all senders may have together, in bytes: one mapping holds them. */
export const LANES_BYTES_MAX: number = 2 ** 31;

/** How many senders there can be unless told otherwise. */
const DEFAULT_SENDERS = 8;

/** The most senders of a channel, a topic or a service. */
export const SENDERS_MAX = 1024;

/** Rings begin on whole pages, of the largest kind that a supported system has. */
export const PAGE_BYTES = 16_384;

const LIFETIMES = ["held", "persistent"] as const;

/** What the creator of a segment with lanes chooses, whatever its kind. */
interface LaneOptions {
  readonly capacityBytes?: number | undefined;
  readonly latency?: boolean | undefined;
  readonly lifetime?: "held" | "persistent" | undefined;
}

/** The same, checked. */
export interface LaneChoice {
  readonly capacityBytes: number;
  readonly laneCount: number;
  readonly timestampBytes: number;
  readonly isPersistent: boolean;
  /** The option that says how many lanes there are. */
  readonly limitName: string;
}

/** Checks them; `limitName` is the option that says how many lanes there are. */
export function checkLaneOptions<Limit extends string>(
  options: LaneOptions & { readonly [Name in Limit]?: number | undefined },
  limitName: Limit,
): LaneChoice {
  const { capacityBytes = DEFAULT_CAPACITY_BYTES, latency, lifetime } = options;
  const { [limitName]: laneCount = DEFAULT_SENDERS } = options as Partial<Record<Limit, number>>;
  checkInteger("options.capacityBytes", capacityBytes, 1, CAPACITY_BYTES_MAX);
  checkInteger(`options.${limitName}`, laneCount, 1, SENDERS_MAX);
  return {
    capacityBytes,
    laneCount,
    timestampBytes: timestampBytesOf(latency),
    isPersistent: isPersistent(lifetime),
    limitName,
  };
}

/** Whether a segment stays when nobody holds it. */
export function isPersistent(lifetime: "held" | "persistent" | undefined = "held"): boolean {
  return checkOneOf("options.lifetime", lifetime, LIFETIMES) === "persistent";
}

/** Bytes of the time with every record. */
function timestampBytesOf(latency: boolean | undefined = false): number {
  if (typeof latency !== "boolean") throw invalidType("options.latency", "a boolean", latency);
  return latency ? TIMESTAMP_BYTES : 0;
}

/**
 * The sizes of a segment of records.
 *
 * @param senders Who sends, for messages: "producers".
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when one mapping cannot hold all lanes.
 */
export function geometryOf(
  { struct }: SchemaShape,
  { capacityBytes, laneCount, timestampBytes, limitName }: LaneChoice,
  senders: string,
): RecordGeometry {
  const recordBytes = struct?.size ?? 0;
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
      `<= ${Math.floor(LANES_BYTES_MAX / laneCount)} for ${laneCount} ${senders} (lower ${limitName})`,
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
