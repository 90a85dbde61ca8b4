/**
 * Why something cannot be sent: now, or at all.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { conditionError, outOfRange } from "@isthmus/core/internal";
import type { RelayBatch } from "@isthmus/ipc/internal";
import { FRAME_HEADER_BYTES } from "../stream/frame.ts";
import { codeOf, type StoredFrame } from "../stream/name-stream.ts";
import { hex } from "../stream/subjects.ts";

/** What the server says of a message that does not follow the last one of its subject. */
const WRONG_LAST_SEQUENCE = 10_071;
/** What it says when it cannot store: with "maximum bytes exceeded", "maximum messages exceeded" when the stream is full. */
const STORE_FAILED = 10_077;
/** What it says when the account or the server has no room left. */
const NO_RESOURCES: readonly (number | undefined)[] = [10_002, 10_023, 10_028, 10_047];
/** Room for the headers of a message, in bytes. */
const HEADERS_BYTES = 1024;

/** Whether the server says that a message does not follow the last one. */
export function isUnexpected(error: unknown): boolean {
  return codeOf(error) === WRONG_LAST_SEQUENCE;
}

/** Whether it says that it has no room. */
export function isFull(error: unknown): boolean {
  const code = codeOf(error);
  if (NO_RESOURCES.includes(code)) return true;
  return code === STORE_FAILED && /maximum .* exceeded/u.test((error as Error).message);
}

/** How many bytes of records a message may have. */
export function payloadMax(maxPayload: number): number {
  return maxPayload - FRAME_HEADER_BYTES - HEADERS_BYTES;
}

/** The error of a bridge whose lane another one has taken over. */
export function fenced(name: string, { bridge, lane }: StoredFrame): Error {
  return conditionError(
    "EBUSY",
    `bridge "${name}": the bridge ${hex(bridge)} has taken its lane ${lane} over on the server; end one of the two`,
    "publish",
  );
}

/** The error when the server has more than there is here. */
export function ahead(name: string, reached: number, tail: number): Error {
  return new CorruptSegmentError(
    `Cannot bridge "${name}": the server has its records up to ${reached}, and here they end at ${tail}: what is here is older than what was sent; remove it, or the stream`,
  );
}

/** The error of a record that does not fit into a message. */
export function tooLong(name: string, { from, payload }: RelayBatch, maxPayload: number): Error {
  return outOfRange(
    `record ${from} of "${name}"`,
    `<= ${payloadMax(maxPayload)} bytes (raise max_payload of the server, which is ${maxPayload})`,
    `${payload.length} bytes`,
  );
}
