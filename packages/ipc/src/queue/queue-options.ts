/**
 * The options of a work queue, and how large they make it.
 *
 * @module
 */
import { checkInteger, checkOptions, type OptionNames } from "@isthmus/core/internal";
import { CAPACITY_BYTES_MAX, isPersistent, powerOfTwo } from "../flow/lane-options.ts";
import { type ChannelSchema, type SchemaShape, shapeOf } from "../flow/record-schema.ts";
import { isFailing } from "../flow/sender.ts";
import { SLOT_COUNT_MAX } from "../segment/participant-layout.ts";
import type { TableShape } from "./job-cells.ts";
import { CELL_ALIGNMENT, CELL_HEADER_BYTES } from "./queue-layout.ts";

/** Room for jobs unless told otherwise, in bytes. */
const DEFAULT_CAPACITY_BYTES: number = 4 << 20;

/** How often a job is taken at most unless told otherwise: one that ends every worker must not go round for ever. */
const DEFAULT_MAX_ATTEMPTS = 20;

const DEFAULT_MAX_PARTICIPANTS = 256;

/** What a cell has room for when jobs have no size of their own, in bytes. */
const PAYLOAD_BYTES = 128;

/** The fewest cells: a job, the text of its error, and one more job. */
const CELLS_MIN = 4;

const KEY_LISTS_MIN = 16;
const KEY_LISTS_MAX = 65_536;

/** The longest lease in milliseconds. */
const LEASE_MS_MAX: number = 2 ** 31 - 1;

/** How a work queue is opened. All but `schema` and `onFull` matters only to whoever creates it. */
export interface WorkQueueOptions<S extends ChannelSchema> {
  /** What jobs are: a `struct(…)`, `bytes` for raw `Uint8Array` jobs, or `json`. Must be the same for all. */
  readonly schema: S;
  /**
   * Room for jobs that wait, are worked on, or are dead letters, in bytes. A job takes the size of its record and 128
   * bytes, rounded up to 64; one of `bytes` or `json` 256 for each 128 bytes that it has begun. Default 4 MiB, at most
   * 512 MiB.
   */
  readonly capacityBytes?: number | undefined;
  /**
   * How often a job is taken at most, however it comes back: `fail`, a scope left without `done`, the death of its worker.
   * Then it becomes a dead letter. 1: once. Default 20; `Infinity`: as often as need be.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * How long a job may be worked on, in milliseconds: then it is given to somebody else although its worker lives, and
   * **may be done twice**. Default `Infinity`: only its worker's end takes it away.
   */
  readonly leaseMs?: number | undefined;
  /** How many `WorkQueue` objects can have it open at a time, in all processes. Default 256, at most 16384. */
  readonly maxParticipants?: number | undefined;
  /** What `add` does while there is no room: it waits (default), or throws `SystemError` `EAGAIN`. */
  readonly onFull?: "wait" | "fail" | undefined;
  /** `"persistent"` keeps the queue and its jobs when nobody holds it. Default `"held"`. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

const QUEUE_OPTIONS: OptionNames<WorkQueueOptions<ChannelSchema>> = {
  schema: true,
  capacityBytes: true,
  maxAttempts: true,
  leaseMs: true,
  maxParticipants: true,
  onFull: true,
  lifetime: true,
};

/** Options that have been checked. */
export interface CheckedQueueOptions {
  readonly shape: SchemaShape;
  readonly table: TableShape;
  readonly maxParticipants: number;
  readonly isFailing: boolean;
  readonly isPersistent: boolean;
}

/** Checks the options of a work queue and fills in their defaults. */
export function checkQueueOptions(options: WorkQueueOptions<ChannelSchema>): CheckedQueueOptions {
  const {
    schema,
    capacityBytes = DEFAULT_CAPACITY_BYTES,
    maxAttempts = DEFAULT_MAX_ATTEMPTS,
    leaseMs = Infinity,
    maxParticipants = DEFAULT_MAX_PARTICIPANTS,
    onFull,
    lifetime,
  } = checkOptions("options", options, QUEUE_OPTIONS);
  const shape = shapeOf(schema);
  checkInteger("options.capacityBytes", capacityBytes, 1, CAPACITY_BYTES_MAX);
  checkInteger("options.maxParticipants", maxParticipants, 1, SLOT_COUNT_MAX);
  return {
    shape,
    table: {
      ...sizesOf(shape, capacityBytes),
      maxAttempts: endlessAsZero("options.maxAttempts", maxAttempts, 2 ** 31 - 1),
      leaseMs: endlessAsZero("options.leaseMs", leaseMs, LEASE_MS_MAX),
    },
    maxParticipants,
    isFailing: isFailing(onFull),
    isPersistent: isPersistent(lifetime),
  };
}

function endlessAsZero(name: string, value: number, most: number): number {
  return value === Infinity ? 0 : checkInteger(name, value, 1, most);
}

function sizesOf(
  { struct }: SchemaShape,
  capacityBytes: number,
): Pick<TableShape, "cellCount" | "cellBytes" | "payloadBytes" | "keyLists"> {
  const cellBytes = cellBytesOf(struct?.size);
  const cellCount = Math.max(CELLS_MIN, Math.floor(capacityBytes / cellBytes));
  const keyLists = Math.min(KEY_LISTS_MAX, Math.max(KEY_LISTS_MIN, powerOfTwo(cellCount / 2)));
  return { cellCount, cellBytes, payloadBytes: cellBytes - CELL_HEADER_BYTES, keyLists };
}

/** From one cell to the next, in bytes: a struct fits one. */
export function cellBytesOf(structBytes: number | undefined): number {
  const payloadBytes = structBytes ?? PAYLOAD_BYTES;
  return Math.ceil((CELL_HEADER_BYTES + payloadBytes) / CELL_ALIGNMENT) * CELL_ALIGNMENT;
}
