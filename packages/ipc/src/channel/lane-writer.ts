/**
 * One lane as its producer fills it, whatever its records are.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { checkInteger, invalidType, outOfRange } from "@isthmus/core/internal";
import type { Counters } from "../metrics/counters.ts";
import { ByteRingProducer } from "../ring/byte-ring.ts";
import { FixedRingProducer } from "../ring/fixed-ring.ts";
import type { Anchor } from "../struct/cursor.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import { anchorOf } from "./anchor.ts";
import type { Channel } from "./channel.ts";

/** Fills a place in shared memory: a cursor of a struct, or a view of bytes. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Producer.claim.
export type FillInPlace = (place: any) => void;

/** The producing side of a lane. Committed records are invisible until `publish`. */
export interface LaneWriter {
  /** Encodes and commits a record; false when there is no room. */
  write(record: unknown): boolean;
  /** Has a place filled and commits it; false when there is no room. What throws commits nothing. */
  fill(fill: FillInPlace, lengthBytes: number | undefined): boolean;
  /** Makes all committed records visible; false when there were none. */
  publish(): boolean;
}

/** Begins to write to a lane that this process owns and that is ready. */
export function openLaneWriter(channel: Channel, lane: number, counters: Counters): LaneWriter {
  const { struct, mode } = channel.shape;
  if (struct !== undefined) return new FixedWriter(channel, lane, counters, struct);
  return mode === "bytes"
    ? new BytesWriter(channel, lane, counters)
    : new JsonWriter(channel, lane, counters);
}

/** Refuses a callback that goes on after it has returned: it would write to a record that others read already. */
function refuseAsync(result: unknown, fill: FillInPlace): void {
  if (!(result instanceof Promise)) return;
  throw invalidType("write", "a function that is not asynchronous", fill);
}

/** Records of one size: slot after slot. */
class FixedWriter implements LaneWriter {
  readonly #ring: FixedRingProducer;
  readonly #schema: StructSchema<Fields>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #cursor: object;
  /** Where the cursor stands. */
  readonly #anchor: Anchor;
  readonly #slotBytes: number;
  readonly #counters: Counters;

  constructor(channel: Channel, lane: number, counters: Counters, schema: StructSchema<Fields>) {
    const { ringBytes, slotBytes } = channel.geometry;
    const { buffer, byteOffset } = channel.ringOf(lane);
    this.#ring = new FixedRingProducer(
      channel.words,
      channel.laneWord(lane),
      ringBytes / slotBytes,
    );
    this.#schema = schema;
    this.#view = new DataView(buffer, byteOffset, ringBytes);
    this.#cursor = schema.cursor(this.#view, 0);
    this.#anchor = anchorOf(this.#cursor);
    this.#slotBytes = slotBytes;
    this.#counters = counters;
  }

  write(record: unknown): boolean {
    const slot = this.#ring.claim();
    if (slot < 0) return false;
    this.#schema.encode(this.#view, slot * this.#slotBytes, record as Record<string, never>);
    this.#ring.commit();
    return true;
  }

  fill(fill: FillInPlace): boolean {
    const slot = this.#ring.claim();
    if (slot < 0) return false;
    this.#anchor.base = slot * this.#slotBytes;
    const result = fill(this.#cursor) as unknown;
    if (result !== undefined) refuseAsync(result, fill);
    this.#ring.commit();
    return true;
  }

  publish(): boolean {
    const records = this.#ring.unpublished;
    if (records === 0) return false;
    this.#ring.publish();
    this.#counters.addRecords(records, records * this.#schema.size);
    return true;
  }
}

/** Records of any size, what `BytesWriter` and `JsonWriter` share. */
class VariableWriter {
  protected readonly ring: ByteRingProducer;
  protected readonly memory: Buffer<ArrayBuffer>;
  readonly #counters: Counters;
  readonly #name: string;
  #records = 0;
  #bytes = 0;

  constructor(channel: Channel, lane: number, counters: Counters) {
    const { ringBytes } = channel.geometry;
    const { buffer, byteOffset } = channel.ringOf(lane);
    const data = channel.ringOffset(lane) / 4;
    this.ring = new ByteRingProducer(channel.words, channel.laneWord(lane), data, ringBytes);
    this.memory = Buffer.from(buffer, byteOffset, ringBytes);
    this.#counters = counters;
    this.#name = channel.name;
  }

  publish(): boolean {
    if (this.#records === 0) return false;
    this.ring.publish();
    this.#counters.addRecords(this.#records, this.#bytes);
    this.#records = 0;
    this.#bytes = 0;
    return true;
  }

  /** Finds room; -1 when there is none now. */
  protected claim(lengthBytes: number): number {
    const { payloadBytesMax } = this.ring;
    if (lengthBytes > payloadBytesMax) {
      throw outOfRange(
        "record",
        `<= ${payloadBytesMax} bytes in "${this.#name}" (half of its capacityBytes, less 8)`,
        `${lengthBytes} bytes`,
      );
    }
    return this.ring.claim(lengthBytes, 0);
  }

  protected commit(lengthBytes: number): true {
    this.ring.commit();
    this.#records++;
    this.#bytes += lengthBytes;
    return true;
  }
}

class BytesWriter extends VariableWriter implements LaneWriter {
  write(record: unknown): boolean {
    if (!(record instanceof Uint8Array)) throw invalidType("record", "a Uint8Array", record);
    const { length } = record;
    const offset = this.claim(length);
    if (offset < 0) return false;
    this.memory.set(record, offset);
    return this.commit(length);
  }

  fill(fill: FillInPlace, lengthBytes: number | undefined): boolean {
    const length = checkInteger("lengthBytes", lengthBytes, 0, Number.MAX_SAFE_INTEGER);
    const offset = this.claim(length);
    if (offset < 0) return false;
    const { buffer, byteOffset } = this.memory;
    refuseAsync(fill(new Uint8Array(buffer, byteOffset + offset, length)) as unknown, fill);
    return this.commit(length);
  }
}

class JsonWriter extends VariableWriter implements LaneWriter {
  write(record: unknown): boolean {
    const text: string | undefined = JSON.stringify(record);
    if (text === undefined) throw invalidType("record", "a value that JSON can hold", record);
    const length = Buffer.byteLength(text);
    const offset = this.claim(length);
    if (offset < 0) return false;
    this.memory.write(text, offset, length, "utf8");
    return this.commit(length);
  }

  fill(): boolean {
    throw new NotSupportedError("Cannot write JSON in place: send() it");
  }
}
