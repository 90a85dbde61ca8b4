/**
 * The flags that `producer` and `consumer` share.
 *
 * @module
 */

import { HEADER_BYTES } from "@isthmus/programs/checked-record";
import { assumed, type CommonFlags, type Flags, optional, QUIET_FLAG, toggle } from "../flags.ts";
import { byteCount, parseMs, parseName, wholeNumber } from "../parsers.ts";

/** The values of {@link TRANSFER_FLAGS}. */
export interface TransferFlags extends CommonFlags {
  readonly channel: string;
  readonly capacity?: number;
  readonly maxProducers?: number;
  readonly timeoutMs?: number;
  readonly latency: boolean;
  readonly quiet: boolean;
}

/** Room for one producer's records unless told otherwise: enough for records of nearly 2 MiB. */
export const DEFAULT_CAPACITY_BYTES: number = 4 * 1024 * 1024;

const DEFAULT_CHANNEL = "isthmus";
/** What a channel permits; see `ChannelOptions`. */
export const CAPACITY_BYTES_MAX: number = 512 * 1024 * 1024;
const PRODUCERS_MAX = 1024;
/** What a record of bytes may have of a ring: half of it, less a header. */
export function recordBytesMax(capacityBytes: number): number {
  return 2 ** Math.ceil(Math.log2(capacityBytes)) / 2 - 8;
}

/** The longest record of any channel. */
export const SIZE_BYTES_MAX: number = recordBytesMax(CAPACITY_BYTES_MAX);

/** Parses the size of a record. */
export const parseSize: (text: string) => number = byteCount(HEADER_BYTES, SIZE_BYTES_MAX);

/** The definition of {@link TransferFlags} beside those that every command has. */
// biome-ignore format: a flag is a line.
export const TRANSFER_FLAGS: Flags<Omit<TransferFlags, keyof CommonFlags>> = {
  channel: assumed(DEFAULT_CHANNEL, "NAME", parseName, "The channel's name, the same at both ends"),
  capacity: optional("BYTES", byteCount(1, CAPACITY_BYTES_MAX), "Room for each producer's records, if this end creates the channel (4 MiB, or 4 records)"),
  maxProducers: optional("N", wholeNumber(1, PRODUCERS_MAX), "How many producers there can be, if this end creates the channel (8)"),
  timeoutMs: optional("MS", parseMs, "How long to wait while nobody is at the other end (without end); then exit code 4"),
  latency: toggle("Measure how long records take, if this end creates the channel; top shows it"),
  quiet: QUIET_FLAG,
};
