/**
 * Filling a channel or a topic.
 *
 * @module
 */
import { outOfRange } from "@isthmus/core/internal";
import type { RelaySink } from "@isthmus/ipc/internal";
import type { BridgeSchema } from "../stream/description.ts";
import type { Frame, FrameRecord, LaneKey } from "../stream/frame.ts";
import type { Pending } from "../stream/positions.ts";
import type { InSink } from "./sink.ts";

/** One lane of a channel or a topic. */
export class RingSink implements InSink {
  readonly schema: BridgeSchema;
  readonly recordBytes: number;
  readonly #sink: RelaySink;
  readonly #name: string;

  constructor(sink: RelaySink, schema: BridgeSchema, name: string) {
    this.#sink = sink;
    this.schema = schema;
    this.recordBytes = schema.shape.struct?.size ?? 0;
    this.#name = name;
  }

  get kept(): LaneKey {
    return { epoch: this.#sink.epoch, lane: this.#sink.lane };
  }

  get position(): number {
    return this.#sink.tail;
  }

  get positionNext(): number {
    return this.#sink.tail + this.#sink.unpublished;
  }

  put(frame: Frame, records: readonly FrameRecord[], from: number, to: number): number {
    const { payload } = frame;
    if (this.recordBytes > 0) return this.#sink.putSlots(payload, from, to);
    for (let i = from; i < to; i++) {
      const { start, end } = records[i] as FrameRecord;
      const most = this.#sink.recordBytesMax;
      if (end - start > most) {
        throw outOfRange(
          "record",
          `<= ${most} bytes in "${this.#name}" (half of its capacityBytes, less its header)`,
          `${end - start} bytes`,
        );
      }
      if (!this.#sink.putBytes(payload.subarray(start, end))) return i - from;
    }
    return to - from;
  }

  publish(): void {
    this.#sink.publish();
  }

  waitForRoom(attempt: () => boolean, signal: AbortSignal): Promise<void> {
    return this.#sink.waitForRoom(attempt, signal);
  }

  landed({ before, after, ends }: Pending): number {
    // One store has shown them all, or none.
    const { position } = this;
    return position > before && position >= after ? ends.length : 0;
  }

  [Symbol.dispose](): void {
    this.#sink[Symbol.dispose]();
  }
}
