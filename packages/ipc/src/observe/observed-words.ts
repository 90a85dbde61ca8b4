/**
 * Words of a mapping that may only be read.
 *
 * @module
 */
import type { Mapping } from "@isthmus/core/internal";
import { LANE_HEADER_BYTES } from "../ring/lane-layout.ts";

/** A word of this process's own, to order reads around. */
const FENCE = new Int32Array(new ArrayBuffer(64));

/**
 * Words that others change, without `Atomics.load`, which writes on some CPUs and so ends the process here.
 * Each read stays between what was read before and what is read after it.
 */
export class ObservedWords {
  readonly #words: Int32Array;

  /**
   * @param mapping The memory.
   * @param offset Where word 0 is, in bytes.
   * @param lengthBytes How much there is of it; unless given, the header of a lane.
   */
  constructor(mapping: Mapping, offset: number, lengthBytes: number = LANE_HEADER_BYTES) {
    const { buffer, byteOffset } = mapping.bytes(offset, lengthBytes);
    this.#words = new Int32Array(buffer, byteOffset, Math.floor(lengthBytes / 4));
  }

  /** Reads a word. */
  load(index: number): number {
    Atomics.add(FENCE, 0, 1);
    const value = this.#words[index] as number;
    Atomics.add(FENCE, 0, 1);
    return value;
  }

  /** Reads a word at any time between what was loaded before and what is loaded after it. */
  peek(index: number): number {
    return this.#words[index] ?? 0;
  }
}
