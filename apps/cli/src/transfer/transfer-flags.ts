/**
 * The flags that `producer` and `consumer` share.
 *
 * @module
 */

import { HEADER_BYTES } from "@isthmus/programs/checked-record";
import type { FlagParametersForType } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { COMMON_FLAGS, type CommonFlags, QUIET_FLAG } from "../flags.ts";

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
/** The longest time to wait. */
export const TIMEOUT_MS_MAX: number = 2 ** 31 - 1;

/** What a record of bytes may have of a ring: half of it, less a header. */
export function recordBytesMax(capacityBytes: number): number {
  return 2 ** Math.ceil(Math.log2(capacityBytes)) / 2 - 8;
}

/** The longest record of any channel. */
export const SIZE_BYTES_MAX: number = recordBytesMax(CAPACITY_BYTES_MAX);

/**
 * Makes a parser for a flag.
 *
 * @param minimum The least value.
 * @param maximum The greatest.
 * @returns What stricli calls with the text of the flag.
 */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new SyntaxError(`it must be a whole number from ${minimum} to ${maximum}`);
    }
    return value;
  };
}

/** Parses a number of records. */
export const parseCount: (text: string) => number = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** Parses the size of a record. */
export const parseSize: (text: string) => number = wholeNumber(HEADER_BYTES, SIZE_BYTES_MAX);

/** Parses the name of something that may not be there yet. */
export function parseName(text: string): string {
  if (text === "" || Buffer.byteLength(text) > 200 || /^\.|[/\\\0]/.test(text)) {
    throw new SyntaxError("a name has 1 to 200 bytes, no / and no \\, and does not begin with .");
  }
  return text;
}

/** stricli's definition of {@link TransferFlags}. */
export const TRANSFER_FLAGS: FlagParametersForType<TransferFlags, IsthmusContext> = {
  ...COMMON_FLAGS,
  channel: {
    kind: "parsed",
    parse: parseName,
    brief: "The channel's name, the same at both ends",
    placeholder: "NAME",
    default: DEFAULT_CHANNEL,
  },
  capacity: {
    kind: "parsed",
    parse: wholeNumber(1, CAPACITY_BYTES_MAX),
    brief:
      "Room for each producer's records, if this end creates the channel (4 MiB, or 4 records)",
    placeholder: "BYTES",
    optional: true,
  },
  maxProducers: {
    kind: "parsed",
    parse: wholeNumber(1, PRODUCERS_MAX),
    brief: "How many producers there can be, if this end creates the channel (8)",
    placeholder: "N",
    optional: true,
  },
  timeoutMs: {
    kind: "parsed",
    parse: wholeNumber(0, TIMEOUT_MS_MAX),
    brief: "How long to wait while nobody is at the other end (without end); then exit code 4",
    placeholder: "MS",
    optional: true,
  },
  latency: {
    kind: "boolean",
    brief: "Measure how long records take, if this end creates the channel; top shows it",
    default: false,
    withNegated: false,
  },
  quiet: QUIET_FLAG,
};
