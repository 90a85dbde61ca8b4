/**
 * Shared memory as the algorithms of this package see it: 32-bit words, and nothing else.
 *
 * An algorithm that takes `Words` can run on real shared memory, on a plain array in a test, and under a model
 * checker that interleaves its steps; it is the same source in all three.
 *
 * @module
 */

/**
 * Numbered 32-bit words, read and written as signed integers.
 *
 * `load`, `store`, `add`, `and`, `or`, `exchange` and `compareExchange` are sequentially consistent and
 * fence the plain accesses around them; `get` and `set` are plain.
 */
export interface Words {
  /** Atomic read. */
  load(index: number): number;
  /** Atomic write. */
  store(index: number, value: number): void;
  /** Atomic addition, wrapping at 32 bits; returns the value before. */
  add(index: number, delta: number): number;
  /** Atomic bitwise and; returns the value before. */
  and(index: number, mask: number): number;
  /** Atomic bitwise or; returns the value before. */
  or(index: number, mask: number): number;
  /** Atomic replacement; returns the value before. */
  exchange(index: number, value: number): number;
  /** Atomic replacement when the value is `expected`; returns the value before. */
  compareExchange(index: number, expected: number, value: number): number;
  /** Orders every read before it before every access after it. */
  acquire(): void;
  /** Orders every access before it before every access after it. */
  fence(): void;
  /**
   * A look at a word that another process may change, to be called again and again: a plain read that the compiler does
   * not take out of a loop. Whoever acts on what it saw calls `acquire` first. JavaScriptCore makes an atomic load
   * of a locked addition of 0, which takes 4.5 ns and the word's cache line away from its writer; a look takes 0.2 ns.
   */
  glance(index: number): number;
  /** Plain read. */
  get(index: number): number;
  /** Plain write. */
  set(index: number, value: number): void;
}

/** A word that nobody reads, to order accesses around. */
const FENCE = new Int32Array(new ArrayBuffer(64));

/** A word that nobody reads: as far as the compiler knows, storing to it may change any other word. */
const SCRATCH = new Int32Array(new ArrayBuffer(64));

/** Whether the CPU keeps reads in order by itself (Intel SDM 3A, 9.2.2), so that only the compiler has to be told. */
const HAS_ORDERED_READS = process.arch === "x64";

/** The words of a mapped region. Bytes 0 to 3 are word 0. */
export class SharedWords implements Words {
  readonly #words: Int32Array;

  /** @param bytes The region; its start must be aligned to 4 bytes. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  }

  load(index: number): number {
    return Atomics.load(this.#words, index);
  }

  store(index: number, value: number): void {
    Atomics.store(this.#words, index, value);
  }

  add(index: number, delta: number): number {
    return Atomics.add(this.#words, index, delta);
  }

  and(index: number, mask: number): number {
    return Atomics.and(this.#words, index, mask);
  }

  or(index: number, mask: number): number {
    return Atomics.or(this.#words, index, mask);
  }

  exchange(index: number, value: number): number {
    return Atomics.exchange(this.#words, index, value);
  }

  compareExchange(index: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#words, index, expected, value);
  }

  acquire(): void {
    if (HAS_ORDERED_READS) SCRATCH[0] = 0;
    else this.fence();
  }

  /**
   * A store and a load, both sequentially consistent: on ARM64 what is before stays before the store
   * (release), what is after stays after the load (acquire), and the two keep their order. On x64 any locked
   * instruction is a fence (Intel SDM 3A, 9.2.5): one does it.
   */
  fence(): void {
    if (HAS_ORDERED_READS) Atomics.add(FENCE, 0, 1);
    else {
      Atomics.store(FENCE, 0, 0);
      Atomics.load(FENCE, 0);
    }
  }

  glance(index: number): number {
    SCRATCH[0] = index;
    return this.#words[index] as number;
  }

  get(index: number): number {
    return this.#words[index] as number;
  }

  set(index: number, value: number): void {
    this.#words[index] = value;
  }
}
