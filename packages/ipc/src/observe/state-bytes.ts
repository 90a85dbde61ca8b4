/**
 * Numbers in a copy of a section that anybody may have written.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { SECTION } from "@isthmus/core/internal";
import type { CounterBlock } from "../figures/read-figures.ts";
import { COUNTER, COUNTERS_BYTES } from "../metrics/counter-layout.ts";
import { LANE, positionAt } from "../ring/lane-layout.ts";
import type { SectionReader } from "./section-reader.ts";

/** Copies the beginning of a segment's section "state". */
export function readState(
  { reader, name }: { readonly reader: SectionReader; readonly name: string },
  limitBytes: number,
): StateBytes {
  return new StateBytes(reader.bytes(SECTION.state, limitBytes) ?? new Uint8Array(), name);
}

/** The bytes of section "state", in memory of their own. Beyond their end everything is 0. */
export class StateBytes {
  /** Length of the section, as much of it as was copied. */
  readonly lengthBytes: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #name: string;

  /**
   * @param bytes The copy.
   * @param name Whose it is, for messages.
   */
  constructor(bytes: Uint8Array<ArrayBuffer>, name: string) {
    this.lengthBytes = bytes.length;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#name = name;
  }

  /** A word, unsigned. */
  word(index: number): number {
    return index * 4 + 4 <= this.lengthBytes ? this.#view.getUint32(index * 4, true) : 0;
  }

  /**
   * A number that was chosen at creation.
   *
   * @throws {CorruptSegmentError} When it cannot be.
   */
  chosen(index: number, what: string, isValid: (value: number) => boolean): number {
    const value = this.word(index);
    if (isValid(value)) return value;
    throw this.corrupt(`its ${what} cannot be ${value}`);
  }

  /** The error for something that cannot be. */
  corrupt(why: string): CorruptSegmentError {
    return new CorruptSegmentError(`Cannot observe "${this.#name}": ${why}`);
  }

  /** The participant slot in a word that holds it + 1; undefined for 0. */
  slot(index: number): number | undefined {
    const owner = this.word(index);
    return owner === 0 ? undefined : owner - 1;
  }

  /**
   * Both positions of a lane.
   *
   * @param base Word at which the lane begins.
   */
  positions(base: number): { readonly tail: number; readonly head: number } {
    const head = this.position(base + LANE.head);
    return { tail: this.position(base + LANE.tail), head };
  }

  /**
   * A position.
   *
   * @param index Word of its low half.
   */
  position(index: number): number {
    return positionAt({ load: (word) => this.word(word) | 0 }, index);
  }

  /** A text that begins at a word. */
  text(index: number, lengthBytes: number): string {
    return new TextDecoder().decode(this.#bytes.subarray(index * 4, index * 4 + lengthBytes));
  }

  /** A text that ends at the first byte of 0, or where its place does. */
  paddedText(index: number, limitBytes: number): string {
    return this.text(index, limitBytes).split("\0", 1)[0] ?? "";
  }

  /** One participant's counters; what no counter can be is 0. */
  counters(offset: number): CounterBlock {
    const isThere = offset + COUNTERS_BYTES <= this.lengthBytes;
    return { get: (name) => (isThere ? this.count(offset + COUNTER[name] * 8) : 0) };
  }

  /** The counter at an offset in bytes; 0 for what no counter can be. */
  count(offset: number): number {
    const value = offset + 8 <= this.lengthBytes ? this.#view.getFloat64(offset, true) : 0;
    return value > 0 && value <= Number.MAX_SAFE_INTEGER ? value : 0;
  }
}
