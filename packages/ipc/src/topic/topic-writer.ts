/**
 * One lane as its publisher fills it, whatever its records are.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { checkInteger, invalidType, outOfRange } from "@isthmus/core/internal";
import { anchorOf } from "../flow/anchor.ts";
import {
  checkRecordsHere,
  codecOf,
  type PlaceReader,
  type RecordCodec,
  RecordMemory,
} from "../flow/record-codec.ts";
import type { Counters } from "../metrics/counters.ts";
import { ByteBroadcastPublisher, FixedBroadcastPublisher } from "../ring/broadcast-ring.ts";
import type { Anchor } from "../struct/cursor.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import type { Topic } from "./topic.ts";

/** Fills a place in shared memory: a cursor of a struct, or a view of bytes. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Publisher.claim.
export type FillInPlace = (place: any) => void;

/** The publishing side of a lane. Committed records are invisible until `publish`. */
export interface TopicWriter {
  /** Encodes and commits a record; false when there is no room. */
  write(record: unknown): boolean;
  /** Has a place filled and commits it; false when there is no room. What throws commits nothing. */
  fill(fill: FillInPlace, lengthBytes: number | undefined): boolean;
  /** Makes all committed records visible; false when there were none. */
  publish(): boolean;
}

/** Begins to write to a lane that this process owns and that is ready. */
export function openTopicWriter(topic: Topic, lane: number, counters: Counters): TopicWriter {
  const { struct } = topic.shape;
  return struct === undefined
    ? new VariableWriter(topic, lane, counters)
    : new FixedWriter(topic, lane, counters, struct);
}

/** Records of one size: slot after slot. */
class FixedWriter implements TopicWriter {
  readonly #ring: FixedBroadcastPublisher;
  readonly #schema: StructSchema<Fields>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #cursor: object;
  /** Where the cursor stands. */
  readonly #anchor: Anchor;
  readonly #slotBytes: number;
  readonly #counters: Counters;
  /** Slots that have been claimed and not filled, and where the next of them is in bytes. */
  #left = 0;
  #offset = 0;
  #filled = 0;

  constructor(topic: Topic, lane: number, counters: Counters, schema: StructSchema<Fields>) {
    const { ringBytes, slotBytes } = topic.geometry;
    const { buffer, byteOffset } = topic.ringOf(lane);
    this.#ring = new FixedBroadcastPublisher(
      topic.words,
      topic.laneWord(lane),
      ringBytes / slotBytes,
      topic.gatesOf(lane),
    );
    this.#schema = schema;
    this.#view = new DataView(buffer, byteOffset, ringBytes);
    this.#cursor = schema.cursor(this.#view, 0);
    this.#anchor = anchorOf(this.#cursor);
    this.#slotBytes = slotBytes;
    this.#counters = counters;
  }

  write(record: unknown): boolean {
    if (this.#left === 0 && !this.#claim()) return false;
    this.#schema.encode(this.#view, this.#offset, record as Record<string, never>);
    this.#commit();
    return true;
  }

  fill(fill: FillInPlace): boolean {
    if (this.#left === 0 && !this.#claim()) return false;
    this.#anchor.base = this.#offset;
    const result = fill(this.#cursor) as unknown;
    if (result !== undefined) refuseAsync(result, fill);
    this.#commit();
    return true;
  }

  publish(): boolean {
    this.#hand();
    const records = this.#ring.unpublished;
    if (records === 0) return false;
    this.#ring.publish();
    this.#counters.addRecords(records, records * this.#schema.size);
    return true;
  }

  #commit(): void {
    this.#left--;
    this.#filled++;
    this.#offset += this.#slotBytes;
  }

  /** Claims as many slots as may be written and lie next to each other. */
  #claim(): boolean {
    this.#hand();
    this.#left = this.#ring.claim(this.#ring.slotCount);
    this.#offset = this.#ring.slot * this.#slotBytes;
    return this.#left > 0;
  }

  /** Hands what was filled to the ring. */
  #hand(): void {
    this.#ring.commit(this.#filled);
    this.#filled = 0;
  }
}

/** Records of any size. */
class VariableWriter implements TopicWriter {
  readonly #ring: ByteBroadcastPublisher;
  readonly #codec: RecordCodec;
  readonly #memory: RecordMemory;
  readonly #places: PlaceReader | undefined;
  readonly #counters: Counters;
  readonly #name: string;
  #records = 0;
  #bytes = 0;

  constructor(topic: Topic, lane: number, counters: Counters) {
    this.#ring = new ByteBroadcastPublisher(
      topic.words,
      topic.laneWord(lane),
      topic.ringOffset(lane) / 4,
      topic.geometry.ringBytes,
      topic.gatesOf(lane),
    );
    this.#codec = codecOf(topic.shape);
    this.#memory = new RecordMemory(topic.ringOf(lane));
    const isInPlace = topic.shape.mode === "bytes";
    this.#places = isInPlace ? this.#codec.places(this.#memory, "readWrite") : undefined;
    this.#counters = counters;
    this.#name = topic.name;
  }

  write(record: unknown): boolean {
    const length = this.#codec.measure(record);
    const offset = this.#claim(length);
    if (offset < 0) return false;
    this.#codec.encode(this.#memory, offset, record);
    return this.#commit(length);
  }

  fill(fill: FillInPlace, lengthBytes: number | undefined): boolean {
    if (this.#places === undefined) {
      throw new NotSupportedError("Cannot write JSON in place: send() it");
    }
    const length = checkInteger("lengthBytes", lengthBytes, 0, Number.MAX_SAFE_INTEGER);
    const offset = this.#claim(length);
    if (offset < 0) return false;
    refuseAsync(fill(this.#places.at(offset, length)) as unknown, fill);
    return this.#commit(length);
  }

  publish(): boolean {
    if (this.#records === 0) return false;
    this.#ring.publish();
    this.#counters.addRecords(this.#records, this.#bytes);
    this.#records = 0;
    this.#bytes = 0;
    return true;
  }

  /** Finds room; -1 when there is none now. */
  #claim(lengthBytes: number): number {
    checkRecordsHere(this.#memory.bytes);
    const { payloadBytesMax } = this.#ring;
    if (lengthBytes > payloadBytesMax) {
      throw outOfRange(
        "record",
        `<= ${payloadBytesMax} bytes in "${this.#name}" (half of its capacityBytes, less 8)`,
        `${lengthBytes} bytes`,
      );
    }
    return this.#ring.claim(lengthBytes);
  }

  #commit(lengthBytes: number): true {
    this.#ring.commit();
    this.#records++;
    this.#bytes += lengthBytes;
    return true;
  }
}

/** Refuses a callback that goes on after it has returned: it would write to a record that others read already. */
function refuseAsync(result: unknown, fill: FillInPlace): void {
  if (!(result instanceof Promise)) return;
  throw invalidType("write", "a function that is not asynchronous", fill);
}
