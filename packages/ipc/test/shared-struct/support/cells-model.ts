/**
 * Every interleaving of one writer and one reader of `VersionedCells`, word by word.
 *
 * Only the writer writes, so what it does does not depend on the reader: its stores are recorded once, and the
 * memory at every moment is known. The reader is then run against every way of letting the writer go on
 * between two of its own loads. A writer that dies is one that goes no further; its successor starts from
 * the memory that it left.
 *
 * @module
 */
import type { Copies } from "../../../src/struct/versioned-cells.ts";
import type { Words } from "../../../src/words.ts";

/** As much of `VersionedCells` as is modelled. */
interface Cells {
  read(): void;
  publish(): void;
}

/** The class under test: the real one, or a mutant. */
export type CellsClass = new (words: Words, sequence: number, copies: Copies) => Cells;

/** What is explored. */
export interface Bounds {
  /** Words of a record; two are enough to be torn, more give more steps. */
  readonly recordWords: number;
  /** How many records are published. */
  readonly publications: number;
  /** The counter before the first of them. */
  readonly start?: number;
  /** Stores that the first writer makes before it dies; its successor publishes the rest. Absent: it lives. */
  readonly crashAfter?: number;
}

/** How many ways there were, and what was wrong with the first bad one. */
export interface Verdict {
  readonly interleavings: number;
  readonly violation: string | undefined;
}

/** More copies than any mutant has, so that a wrong one is still inside. */
const CELLS_MAX = 8;
const COUNTER = 0;

/** Memory that records what is stored. Word 0 is the counter, then the copies follow. */
class Memory {
  readonly words: Int32Array;
  readonly stores: { readonly index: number; readonly value: number }[] = [];
  /** Called before each load; lets the other side go on. */
  beforeLoad: () => void = () => {};

  constructor(words: Int32Array) {
    this.words = words;
  }

  load(index: number): number {
    this.beforeLoad();
    return this.words[index] as number;
  }

  store(index: number, value: number): void {
    this.words[index] = value;
    this.stores.push({ index, value });
  }

  asWords(): Words {
    const unused = (): never => {
      throw new Error("the model knows loads and stores only");
    };
    return {
      load: (index) => this.load(index),
      store: (index, value) => this.store(index, value),
      get: (index) => this.load(index),
      set: (index, value) => this.store(index, value),
      // Every step is in order here already.
      fence: () => {},
      add: unused,
      and: unused,
      or: unused,
      exchange: unused,
      compareExchange: unused,
    };
  }

  /** The copies, moved word by word to and from a record. */
  asCopies(record: number[]): Copies {
    const wordOf = (cell: number, word: number): number => 1 + cell * record.length + word;
    return {
      copyOut: (cell) => {
        for (let i = 0; i < record.length; i++) record[i] = this.load(wordOf(cell, i));
      },
      copyIn: (cell) => {
        record.forEach((value, i) => {
          this.store(wordOf(cell, i), value);
        });
      },
    };
  }
}

/** The memory before the first publication: a current record of number 0. */
function initialWords({ recordWords, start = 0 }: Bounds): Int32Array {
  const words = new Int32Array(1 + CELLS_MAX * recordWords);
  words[COUNTER] = start;
  return words;
}

/** Lets writers publish records 1, 2, … and records every store; a record's words are all its number. */
function write(cells: CellsClass, bounds: Bounds) {
  const memory = new Memory(initialWords(bounds));
  const record = Array<number>(bounds.recordWords).fill(0);
  let { crashAfter = Number.POSITIVE_INFINITY } = bounds;
  let writer = new cells(memory.asWords(), COUNTER, memory.asCopies(record));
  while (numberOf(memory.words, bounds) < bounds.publications) {
    record.fill(numberOf(memory.words, bounds) + 1);
    writer.publish();
    if (memory.stores.length < crashAfter) continue;
    undo(memory, crashAfter, bounds);
    crashAfter = Number.POSITIVE_INFINITY;
    writer = new cells(memory.asWords(), COUNTER, memory.asCopies(record));
  }
  return memory.stores;
}

/** How many records had been published, by the counter. */
function numberOf(words: Int32Array, { start = 0 }: Bounds): number {
  return ((words[COUNTER] as number) - start) | 0;
}

/** Takes back what a writer stored after its death. */
function undo(memory: Memory, count: number, bounds: Bounds): void {
  memory.stores.length = count;
  memory.words.set(initialWords(bounds));
  for (const { index, value } of memory.stores) memory.words[index] = value;
}

/**
 * Runs a reader in every interleaving with the writers.
 *
 * @returns A violation when a record is torn, older than what was published when the read began, or newer than
 * what was when it ended.
 */
export function explore(cells: CellsClass, bounds: Bounds): Verdict {
  const stores = write(cells, bounds);
  /** How far the writer goes before each of the reader's loads; the last one is counted up. */
  const plan: number[] = [];
  let interleavings = 0;
  for (;;) {
    const violation = run(cells, bounds, stores, plan);
    interleavings++;
    if (violation !== undefined) return { interleavings, violation };
    while (plan.at(-1) === stores.length) plan.pop();
    if (plan.length === 0) return { interleavings, violation: undefined };
    plan.push((plan.pop() as number) + 1);
  }
}

/** One interleaving. The plan is made longer where the reader needs more loads than it has. */
function run(
  cells: CellsClass,
  bounds: Bounds,
  stores: Memory["stores"],
  plan: number[],
): string | undefined {
  const memory = new Memory(initialWords(bounds));
  const record = Array<number>(bounds.recordWords).fill(-1);
  let done = 0;
  let loads = 0;
  memory.beforeLoad = () => {
    if (loads === plan.length) plan.push(done);
    for (const until = plan[loads] as number; done < until; done++) {
      const { index, value } = stores[done] as Memory["stores"][number];
      memory.words[index] = value;
    }
    loads++;
  };
  const reader = new cells(memory.asWords(), COUNTER, memory.asCopies(record));
  reader.read();
  const oldest = publishedBy(stores, plan[0] as number, bounds);
  const newest = publishedBy(stores, done, bounds);
  const [number = -1] = record;
  const isWhole = record.every((word) => word === number);
  if (isWhole && number >= oldest && number <= newest) return undefined;
  return `read [${record}] with ${oldest} to ${newest} published, after steps ${plan}`;
}

/** The number of the record that was current after so many stores. */
function publishedBy(stores: Memory["stores"], count: number, { start = 0 }: Bounds): number {
  for (let i = count - 1; i >= 0; i--) {
    const { index, value } = stores[i] as Memory["stores"][number];
    if (index === COUNTER) return (value - start) | 0;
  }
  return 0;
}
