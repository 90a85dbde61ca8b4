/** The word that sums up which subscribers are idle: it is never 0 while one of them is. */
import { describe, expect, test } from "bun:test";
import { struct, u32 } from "../../src/index.ts";
import { clearIdle, type IdleBits, setIdle } from "../../src/topic/idle-bits.ts";
import { Topic } from "../../src/topic/topic.ts";
import type { Words } from "../../src/words.ts";
import { Home } from "../sync/support/home.ts";

const WHERE: IdleBits = { bits: 0, bitWords: 2, any: 2 };

/** Words of which every access comes after what `before` does, which is told how many there have been. */
function hookedWords(memory: Int32Array, before: (count: number) => void): Words {
  let count = 0;
  const step = <T>(access: () => T): T => {
    before(count++);
    return access();
  };
  const words: Partial<Words> = {
    load: (index) => step(() => Atomics.load(memory, index)),
    store: (index, value) => step(() => void Atomics.store(memory, index, value)),
    or: (index, bits) => step(() => Atomics.or(memory, index, bits)),
    and: (index, bits) => step(() => Atomics.and(memory, index, bits)),
  };
  return words as Words;
}

/** Everything that `act` does with words, one access at a time. */
function accessesOf(act: (words: Words) => void): ((memory: Int32Array) => void)[] {
  const accesses: ((memory: Int32Array) => void)[] = [];
  act({
    or: (index: number, bits: number) =>
      accesses.push((memory) => void Atomics.or(memory, index, bits)),
    store: (index: number, value: number) =>
      accesses.push((memory) => void Atomics.store(memory, index, value)),
  } as unknown as Words);
  return accesses;
}

const MOMENTS = 10;

describe("idle bits", () => {
  test("the word is set while a bit is, wherever in the clearing of one another is set", () => {
    const [setBit, setWord, ...more] = accessesOf((words) => setIdle(words, WHERE, 40));
    expect(more).toEqual([]);
    for (let first = 0; first <= MOMENTS; first++) {
      for (let second = first; second <= MOMENTS; second++) {
        const memory = Int32Array.of(1 << 3, 0, 1);
        const words = hookedWords(memory, (count) => {
          if (count === first) setBit?.(memory);
          if (count === second) setWord?.(memory);
          done = count;
        });
        let done = -1;
        clearIdle(words, WHERE, 3);
        // What comes later than the last access.
        if (first > done) setBit?.(memory);
        if (second > done) setWord?.(memory);
        expect([first, second, ...memory]).toEqual([first, second, 0, 1 << 8, 1]);
      }
    }
  });

  test("the last one that is idle no more, leaves or has died clears the word", () => {
    using _home = new Home();
    const open = (): Topic =>
      new Topic("createOrOpen", "idle", { schema: struct({ id: u32 }) }, "subscriber");
    const [one, two] = [open(), open()] as const;
    const word = (): number => one.idle[0] as number;
    expect(word()).toBe(0);
    one.setIdle(true);
    two.setIdle(true);
    one.setIdle(false);
    expect(word()).toBe(1);
    two.leave();
    expect(word()).toBe(0);
    one.leave();
  });
});
