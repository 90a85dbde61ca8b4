/**
 * Opening a work queue whose program is not known: what its jobs are stands in the segment.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  bytes,
  type ChannelSchema,
  json,
  type QueueInfo,
  type SegmentInfo,
  type StructSchema,
  WorkQueue,
} from "@isthmus/ipc";
import { lookAt, openHeld, structIn } from "../segments/open-held.ts";

/** A segment that is a work queue. */
export type QueueSegmentInfo = SegmentInfo & { readonly queue: QueueInfo };

/** A work queue that this process has joined. */
export interface OpenQueue extends Disposable {
  readonly queue: WorkQueue<ChannelSchema>;
  readonly info: QueueInfo;
  /** The struct that its jobs are; undefined for bytes and JSON. */
  readonly struct: StructSchema | undefined;
}

/**
 * Looks at a work queue without joining it.
 *
 * @throws {NotFoundError} When nothing has the name.
 * @throws {CorruptSegmentError} When it is something else than a queue.
 */
export function lookAtQueue(name: string): QueueSegmentInfo {
  const info = lookAt(name);
  const { queue, kind } = info;
  if (queue !== undefined) return { ...info, queue };
  throw new CorruptSegmentError(`Cannot use "${name}": its kind must be queue: found ${kind}`);
}

/**
 * Joins a work queue, whatever its jobs are.
 *
 * @throws {NotFoundError} When nothing has the name, or a crash has left behind what has it.
 * @throws {CorruptSegmentError} When it is something else than a queue, or does not say what its jobs are.
 */
export function openQueue(name: string): OpenQueue {
  const { queue: info } = lookAtQueue(name);
  const struct = info.mode === "fixed" ? structIn(name, "jobs") : undefined;
  const schema = struct ?? (info.mode === "json" ? json : bytes);
  const queue = openHeld(name, () => WorkQueue.openExisting(name, { schema }));
  return { queue, info, struct, [Symbol.dispose]: () => queue.dispose() };
}
