/**
 * The options of a service, and how large they make it.
 *
 * @module
 */

import { checkOptions, type OptionNames, outOfRange } from "@isthmus/core/internal";
import { checkLaneOptions, LANES_BYTES_MAX, PAGE_BYTES, powerOfTwo } from "../flow/lane-options.ts";
import { type ChannelSchema, type SchemaShape, shapeOf } from "../flow/record-schema.ts";
import { RECORD_HEADER_BYTES, RING_BYTES_MAX } from "../ring/byte-ring.ts";
import { MESSAGE_HEADER_BYTES } from "./service-layout.ts";

/** The smallest ring: the error of a handler finds room in half of it, with its message if not with its stack. */
export const SERVICE_RING_BYTES_MIN = 4096;

/** What a ring holds of every request and reply besides its body. */
const OVERHEAD_BYTES = RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES;

/** How many structs a ring has room for at least. */
const STRUCTS_MIN = 4;

/** The longest struct of a service in bytes: its ring must not be larger than a ring can be. */
const STRUCT_BYTES_MAX: number = RING_BYTES_MAX / STRUCTS_MIN - OVERHEAD_BYTES;

/** How a service is opened. All but the schemas matters only to whoever creates it. */
export interface ServiceOptions<Q extends ChannelSchema, S extends ChannelSchema> {
  /** What is asked: a `struct(…)`, `bytes` or `json`. Must be the same on both sides. */
  readonly request: Q;
  /** What is answered: a `struct(…)`, `bytes` or `json`. Must be the same on both sides. */
  readonly response: S;
  /**
   * Room for the requests of one requester, and as much for its replies, in bytes; rounded up to a power of two.
   * Default 1 MiB, at most 512 MiB. A request or response may have half of it, less 16 bytes.
   */
  readonly capacityBytes?: number | undefined;
  /** How many requesters there can be at a time. Default 8, at most 1024. Room is allocated when one comes. */
  readonly maxRequesters?: number | undefined;
  /**
   * Whether every requester counts how long each request took from being made to being answered: `metrics.latency`, and
   * `observe` for everybody else. Costs some 60 ns a request, and 9,792 bytes a requester. Default false.
   */
  readonly latency?: boolean | undefined;
  /**
   * `"persistent"` keeps the service and what it has counted when nobody holds it; requests that nobody has answered
   * end with their responder all the same. Default `"held"`.
   */
  readonly lifetime?: "held" | "persistent" | undefined;
}

/** The options of both ends: a bag that both are given has what only one of them looks at. */
export const SERVICE_OPTIONS: OptionNames<
  ServiceOptions<ChannelSchema, ChannelSchema> & { onAbsent?: unknown }
> = {
  request: true,
  response: true,
  capacityBytes: true,
  maxRequesters: true,
  latency: true,
  lifetime: true,
  onAbsent: true,
};

/** The sizes of a service. */
export interface ServiceGeometry {
  readonly laneCount: number;
  readonly requestBytes: number;
  readonly replyBytes: number;
  readonly laneBytes: number;
}

/** Both schemas of a service as its segment knows them. */
export interface ServiceShape {
  readonly request: SchemaShape;
  readonly response: SchemaShape;
}

/** Checks what creating a service depends on. */
export function checkServiceOptions(options: ServiceOptions<ChannelSchema, ChannelSchema>): {
  readonly shape: ServiceShape;
  readonly geometry: ServiceGeometry;
  readonly isTimed: boolean;
  readonly isPersistent: boolean;
} {
  const checked = checkOptions("options", options, SERVICE_OPTIONS);
  const { request, response } = checked;
  const shape = {
    request: shapeOf(request, "options.request"),
    response: shapeOf(response, "options.response"),
  };
  const choice = checkLaneOptions(checked, "maxRequesters");
  for (const name of ["request", "response"] as const) {
    const sizeBytes = shape[name].struct?.size ?? 0;
    if (sizeBytes <= STRUCT_BYTES_MAX) continue;
    throw outOfRange(`options.${name}`, `a struct of <= ${STRUCT_BYTES_MAX} bytes`, sizeBytes);
  }
  return {
    shape,
    geometry: geometryOf(shape, choice.capacityBytes, choice.laneCount),
    isTimed: choice.timestampBytes > 0,
    isPersistent: choice.isPersistent,
  };
}

function geometryOf(
  shape: ServiceShape,
  capacityBytes: number,
  laneCount: number,
): ServiceGeometry {
  const requestBytes = ringBytesOf(shape.request, capacityBytes);
  const replyBytes = ringBytesOf(shape.response, capacityBytes);
  const laneBytes = Math.ceil((requestBytes + replyBytes) / PAGE_BYTES) * PAGE_BYTES;
  if (laneBytes * laneCount > LANES_BYTES_MAX) {
    throw outOfRange(
      "options.capacityBytes",
      `<= ${Math.floor(LANES_BYTES_MAX / laneCount / 2)} for ${laneCount} requesters (lower maxRequesters)`,
      Math.max(requestBytes, replyBytes),
    );
  }
  return { laneCount, requestBytes, replyBytes, laneBytes };
}

function ringBytesOf({ struct }: SchemaShape, capacityBytes: number): number {
  const least = struct === undefined ? 0 : (struct.size + OVERHEAD_BYTES) * STRUCTS_MIN;
  return powerOfTwo(Math.max(SERVICE_RING_BYTES_MIN, capacityBytes, least));
}
