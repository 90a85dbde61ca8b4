/**
 * Sending what a journal has once more.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  bytes,
  type ChannelSchema,
  json,
  Producer,
  Publisher,
  type SegmentInfo,
  WorkQueue,
} from "@isthmus/ipc";
import { structInput } from "../output/struct-input.ts";
import { lookAt, openHeld, structIn } from "../segments/open-held.ts";
import { isRecorded } from "./recording.ts";

/** Where records are sent. */
export interface ReplayTarget extends Disposable {
  /**
   * Sends one, when there is room for it.
   *
   * @param value A value of the journal.
   * @returns False when there is nothing in it to send.
   * @throws {TypeError | RangeError} When it is none of what passes there.
   */
  send(value: unknown, signal: AbortSignal): Promise<boolean>;
}

/** How records leave. */
interface Sender extends Disposable {
  sendAsync(record: never, options: { readonly signal: AbortSignal }): Promise<unknown>;
}

/**
 * Opens what has a name, to send to it.
 *
 * @throws {NotFoundError} When nothing has it.
 * @throws {CorruptSegmentError} When nothing can be sent to it, or it does not say what its records are.
 */
export function openTarget(name: string): ReplayTarget {
  const info = lookAt(name);
  const mode = modeOf(info);
  const struct = mode === "fixed" ? structIn(name, "records") : undefined;
  const schema = struct ?? (mode === "json" ? json : bytes);
  const sender = openHeld(name, () => open(info, schema));
  return {
    send: async (value, signal) => {
      const content = isRecorded(value) ? contentOf(value) : value;
      if (content === undefined) return false;
      const isPlain = struct !== undefined && isRecorded(value);
      const priority = isRecorded(value) ? value["priority"] : undefined;
      const record = isPlain ? structInput(struct, content) : content;
      const options = { signal, ...(typeof priority === "number" ? { priority } : {}) };
      await sender.sendAsync(record as never, options);
      return true;
    },
    [Symbol.dispose]: () => sender[Symbol.dispose](),
  };
}

/** What passed, of a record of a recording; undefined where only that it passed is known. */
function contentOf(recorded: Readonly<Record<string, unknown>>): unknown {
  const { data_base64: data } = recorded;
  if (typeof data === "string") return new Uint8Array(Buffer.from(data, "base64"));
  return recorded["record"];
}

function modeOf({ name, channel, topic, queue, kind }: SegmentInfo): string {
  const mode = (channel ?? topic ?? queue)?.mode;
  if (mode !== undefined) return mode;
  throw new CorruptSegmentError(
    `Cannot send to "${name}": its kind must be channel, topic or queue: found ${kind}`,
  );
}

function open({ name, channel, topic }: SegmentInfo, schema: ChannelSchema): Sender {
  if (channel) return Producer.openExisting(name, { schema });
  if (topic) return Publisher.openExisting(name, { schema });
  const queue = WorkQueue.openExisting(name, { schema });
  return {
    sendAsync: (job, options) => queue.addAsync(job, options),
    [Symbol.dispose]: () => queue.dispose(),
  };
}
