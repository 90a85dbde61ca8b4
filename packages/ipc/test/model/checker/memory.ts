/**
 * Contents of memory, each kept once: two states with the same words have the same object.
 *
 * @module
 */

/** One content of all words. Never changes. */
export interface Memory {
  readonly id: number;
  readonly words: Readonly<Int32Array>;
}

interface Content extends Memory {
  /** What one write leads to, by word and value. */
  readonly writes: Map<number, Content>;
}

const TWO_POW_32 = 2 ** 32;

/** All contents met so far. */
export class MemoryStore {
  readonly #contents = new Map<string, Content>();

  /** The content with these words; the array is the store's from now on. */
  of(words: Int32Array): Memory {
    return this.#intern(words);
  }

  /** The content after one word was written. */
  write(memory: Memory, index: number, value: number): Memory {
    if (memory.words[index] === value) return memory;
    const { writes } = memory as Content;
    const key = index * TWO_POW_32 + (value >>> 0);
    const known = writes.get(key);
    if (known !== undefined) return known;
    const words = Int32Array.from(memory.words);
    words[index] = value;
    const content = this.#intern(words);
    writes.set(key, content);
    return content;
  }

  #intern(words: Int32Array): Content {
    const key = String.fromCharCode(...new Uint16Array(words.buffer));
    const known = this.#contents.get(key);
    if (known !== undefined) return known;
    const content = { id: this.#contents.size, words, writes: new Map() };
    this.#contents.set(key, content);
    return content;
  }
}
