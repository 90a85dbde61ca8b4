/**
 * Values as bytes of one's own, on their way into the cache and out of it.
 *
 * @module
 */
import { outOfRange } from "@isthmus/core/internal";
import { type PlaceReader, type RecordCodec, RecordMemory } from "@isthmus/ipc/internal";
import type { Bodies } from "./log-reading.ts";
import type { Body } from "./shard.ts";
import { TYPE } from "./shard-layout.ts";

const FIRST_BYTES = 1024;
/** Up to here a loop over words costs less than a call of the runtime. */
const LOOP_BYTES_MAX = 256;

/** One value, encoded. A cache has one for all: encoding runs a program's getters, which no lock may wait for. */
export class CacheValue implements Body {
  type: number = TYPE.record;
  lengthBytes = 0;
  freshUntil: number = Infinity;
  staleMs = 0;
  words: Int32Array = new Int32Array(0);
  #memory: RecordMemory | undefined;
  #places: PlaceReader | undefined;
  #numbers = new Float64Array(0);
  /** What values were copied into last, and its words. */
  #target: Uint8Array | undefined;
  #targetWords: Int32Array | undefined;
  readonly #codec: RecordCodec;
  readonly #isJson: boolean;

  constructor(codec: RecordCodec, isJson: boolean) {
    this.#codec = codec;
    this.#isJson = isJson;
    this.reserve(FIRST_BYTES);
  }

  /** The encoded bytes; later calls overwrite them. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.words.buffer as ArrayBuffer, 0, this.lengthBytes);
  }

  /**
   * Encodes a value.
   *
   * @param limitBytes The longest that the cache takes.
   * @param refuse Throws for one that is longer, before anything is touched.
   * @throws {TypeError | RangeError} As the schema does.
   */
  encode(value: unknown, limitBytes: number, refuse: (lengthBytes: number) => never): void {
    if (this.#isJson && typeof value === "number" && Number.isFinite(value)) {
      this.setNumber(value);
      return;
    }
    const lengthBytes = this.#codec.measure(value);
    if (lengthBytes > limitBytes) refuse(lengthBytes);
    const memory = this.reserve(lengthBytes);
    const { words } = this;
    const numbers = this.#numbers;
    // What pads the last unit is part of the entry.
    words[lengthBytes >>> 2] = 0;
    words[(lengthBytes >>> 2) + 1] = 0;
    // A getter of this value may set another one, which gets memory of its own.
    this.#memory = undefined;
    this.#codec.encode(memory, 0, value);
    this.#memory = memory;
    this.words = words;
    this.#numbers = numbers;
    this.type = TYPE.record;
    this.lengthBytes = lengthBytes;
  }

  /** The encoded bytes as a user knows them: a number as JSON has it. */
  get plainBytes(): Uint8Array<ArrayBuffer> {
    if (this.type !== TYPE.number) return this.bytes;
    return new TextEncoder().encode(JSON.stringify(this.#numbers[0]));
  }

  /** A view of what has been copied in, as it would be handed out in place. */
  place(): unknown {
    if (this.type === TYPE.number) return this.#numbers[0];
    this.#places ??= this.#codec.places(this.reserve(0), "read");
    return this.#places.at(0, this.lengthBytes);
  }

  /** Takes a number on, in 8 bytes, to which `increment` can add. */
  setNumber(value: number): void {
    this.type = TYPE.number;
    this.lengthBytes = 8;
    this.#numbers[0] = value;
  }

  /** Takes bytes on as they are. */
  setBytes(source: Uint8Array): void {
    this.reserve(source.length);
    this.type = TYPE.record;
    this.lengthBytes = source.length;
    this.words[source.length >>> 2] = 0;
    this.bytes.set(source);
  }

  /** Takes the value of an entry on, as a copy. */
  copy(bodies: Bodies, word: number, lengthBytes: number, type: number): void {
    this.reserve(lengthBytes);
    bodies.copyOut(word, this.words, lengthBytes);
    this.type = type;
    this.lengthBytes = lengthBytes;
  }

  /**
   * Copies the encoded bytes out.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the target is too short.
   */
  copyInto(target: Uint8Array): number {
    const { lengthBytes } = this;
    const words = lengthBytes <= LOOP_BYTES_MAX ? this.#wordsOf(target) : undefined;
    if (words === undefined || this.type === TYPE.number || lengthBytes > target.length) {
      return copyBytes(this.plainBytes, target);
    }
    const own = this.words;
    const count = lengthBytes >>> 2;
    for (let i = 0; i < count; i++) words[i] = own[i] as number;
    for (let i = count * 4; i < lengthBytes; i++) {
      target[i] = (own[count] as number) >>> ((i & 3) * 8);
    }
    return lengthBytes;
  }

  /** The words of an array that values are copied into, again and again as a rule; undefined where it is not aligned. */
  #wordsOf(target: Uint8Array): Int32Array | undefined {
    if (target === this.#target) return this.#targetWords;
    this.#target = target;
    const { buffer, byteOffset, byteLength } = target;
    this.#targetWords =
      byteOffset % 4 === 0 ? new Int32Array(buffer, byteOffset, byteLength >>> 2) : undefined;
    return this.#targetWords;
  }

  /** Decodes what has been copied in. */
  decode(): unknown {
    if (this.type === TYPE.number) return this.#numbers[0];
    return this.#codec.decode(this.#memory as RecordMemory, 0, this.lengthBytes);
  }

  /** Whether another one is of the same type and bytes. */
  equals(other: CacheValue): boolean {
    return this.type === other.type && Buffer.compare(this.bytes, other.bytes) === 0;
  }

  /** Makes room for so many bytes; what was there is lost. */
  reserve(lengthBytes: number): RecordMemory {
    const wanted = lengthBytes + 16;
    if (this.words.byteLength < wanted || this.#memory === undefined) {
      const bytes = new Uint8Array(new ArrayBuffer(Math.ceil((wanted * 1.5) / 8) * 8));
      this.words = new Int32Array(bytes.buffer);
      this.#numbers = new Float64Array(bytes.buffer);
      this.#memory = new RecordMemory(bytes);
      this.#places = undefined;
    }
    return this.#memory;
  }
}

function copyBytes(source: Uint8Array, target: Uint8Array): number {
  if (source.length > target.length) {
    throw outOfRange("target.length", `>= ${source.length}`, target.length);
  }
  target.set(source);
  return source.length;
}
