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
 * The words of a lane's counters, without `Atomics.load`, which writes on some CPUs and so ends the process here.
 * Each read stays between what was read before and what is read after it.
 */
export class ObservedWords {
  readonly #words: Int32Array;

  /**
   * @param mapping The memory.
   * @param offset Where word 0 is, in bytes.
   */
  constructor(mapping: Mapping, offset: number) {
    const { buffer, byteOffset } = mapping.bytes(offset, LANE_HEADER_BYTES);
    this.#words = new Int32Array(buffer, byteOffset, LANE_HEADER_BYTES / 4);
  }

  /** Reads a word. */
  load(index: number): number {
    Atomics.add(FENCE, 0, 1);
    const value = this.#words[index] as number;
    Atomics.add(FENCE, 0, 1);
    return value;
  }
}
