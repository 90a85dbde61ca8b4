/**
 * Filling a journal, which nobody else appends to.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { codecOf, type RecordCodec, RecordMemory } from "@isthmus/ipc/internal";
import type { Journal, JournalSchema } from "@isthmus/store";
import type { BridgeSchema } from "../stream/description.ts";
import type { Frame, FrameRecord, LaneKey } from "../stream/frame.ts";
import type { Pending } from "../stream/positions.ts";
import type { InSink } from "./sink.ts";

/** A journal: how many of the records that were to be appended are there, its last sequence says. */
export class JournalSink implements InSink {
  readonly schema: BridgeSchema;
  readonly recordBytes: number;
  readonly kept: LaneKey = { epoch: 0n, lane: 0 };
  readonly #journal: Journal<JournalSchema>;
  readonly #codec: RecordCodec;
  #values: unknown[] = [];
  #last: number;

  constructor(journal: Journal<JournalSchema>, schema: BridgeSchema) {
    this.#journal = journal;
    this.schema = schema;
    this.recordBytes = schema.shape.struct?.size ?? 0;
    this.#codec = codecOf(schema.shape);
    this.#last = journal.metrics.lastSequence;
  }

  get position(): number {
    return this.#last;
  }

  get positionNext(): number {
    return this.#last + this.#values.length;
  }

  put({ payload }: Frame, records: readonly FrameRecord[], from: number, to: number): number {
    const memory = new RecordMemory(payload as Uint8Array<ArrayBuffer>);
    for (const { start, end } of records.slice(from, to)) {
      this.#values.push(this.#codec.decode(memory, start, end - start));
    }
    return to - from;
  }

  publish(): void {
    const values = this.#values;
    this.#values = [];
    const expected = this.#last + values.length;
    this.#last = this.#journal.appendAll(values as never[]);
    if (this.#last !== expected) throw shared(this.#journal.path, this.#last - expected);
  }

  waitForRoom(): Promise<void> {
    // A disk that is full is an error of `appendAll`.
    return Promise.resolve();
  }

  landed({ before, ends }: Pending): number {
    const landed = this.#last - before;
    if (landed > ends.length) throw shared(this.#journal.path, landed - ends.length);
    return Math.max(0, landed);
  }

  [Symbol.dispose](): void {
    this.#journal.dispose();
  }
}

function shared(path: string, records: number): CorruptSegmentError {
  return new CorruptSegmentError(
    `Cannot fill the journal "${path}": somebody else has appended ${records} records; a journal that a bridge fills is its own`,
  );
}
