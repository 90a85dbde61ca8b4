/**
 * The options of a channel, and how large they make it.
 *
 * @module
 */

import { checkOptions, type OptionNames } from "@isthmus/core/internal";
import { checkLaneOptions, geometryOf } from "../flow/lane-options.ts";
import type { ChannelSchema, SchemaShape } from "../flow/record-schema.ts";
import type { RecordGeometry } from "../flow/record-segment.ts";

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

/** Checks what creating a channel depends on. */
export function checkChannelOptions<S extends ChannelSchema>(
  options: ChannelOptions<S>,
  shape: SchemaShape,
): { geometry: RecordGeometry; isPersistent: boolean } {
  const checked = checkOptions("options", options, CHANNEL_OPTIONS);
  const choice = checkLaneOptions(checked, "maxProducers");
  return {
    geometry: geometryOf(shape, choice, "producers"),
    isPersistent: choice.isPersistent,
  };
}
