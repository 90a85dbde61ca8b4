/**
 * A table of jobs whose caller may die at any store: what must be true afterwards, whatever was going on.
 *
 * @module
 */
import type { JobTable as ShippedTable } from "../../../src/queue/job-table.ts";
import {
  CELL,
  KIND,
  KIND_MASK,
  KINDS,
  QUEUE,
  queueBytes,
} from "../../../src/queue/queue-layout.ts";
import type { Words } from "../../../src/words.ts";

/** What is checked: the shipped table, or one with a bug in it. */
export type TableClass = typeof ShippedTable;

/** Small enough to be full, large enough for a job of two cells beside others. */
const SHAPE = {
  cellCount: 6,
  cellBytes: 192,
  payloadBytes: 64,
  keyLists: 16,
  maxAttempts: 2,
  leaseMs: 0,
} as const;

const WORDS = queueBytes(SHAPE.cellCount, SHAPE.keyLists, SHAPE.cellBytes) / 4;
const LONG_BYTES = 100;
const SHORT_BYTES = 8;

/** Times, in milliseconds since 1970: what is delayed is due at the end only. */
const NOW_MS = 1000;
const LATER_MS = 5000;
const END_MS = 9000;

/** The owners, and one who comes when all of them have died. */
const OWNERS = { one: { slot: 0, life: 1 }, two: { slot: 1, life: 7 } } as const;
const HEIR = { slot: 2, life: 1 };

/** What a participant can do. */
export const OPERATIONS = [
  "add",
  "add long",
  "add keyed",
  "add late",
  "begin to fill",
  "take by one",
  "take by two",
  "finish",
  "fail",
  "two dies",
  "take dead",
  "retry",
  "drop",
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Thrown in the middle of an operation. */
class Death extends Error {}

/** Memory whose writer dies after so many stores. */
class MortalWords implements Words {
  readonly #memory: Int32Array;
  /** How many stores are left. */
  left: number = Infinity;
  stores = 0;

  constructor(memory: Int32Array) {
    this.#memory = memory;
  }

  load(index: number): number {
    return this.#memory[index] as number;
  }
  get(index: number): number {
    return this.#memory[index] as number;
  }
  glance(index: number): number {
    return this.#memory[index] as number;
  }
  store(index: number, value: number): void {
    if (this.left <= 0) throw new Death();
    this.left--;
    this.stores++;
    this.#memory[index] = value;
  }
  set(index: number, value: number): void {
    this.store(index, value);
  }
  acquire(): void {}
  fence(): void {}
  add(): never {
    throw new Error("a table has a mutex around it, and needs no other atomic change");
  }
  and(): never {
    return this.add();
  }
  or(): never {
    return this.add();
  }
  exchange(): never {
    return this.add();
  }
  compareExchange(): never {
    return this.add();
  }
}

/** What is known of a job from outside. */
interface Known {
  readonly key: number;
  /** Its place in the order of its key. */
  readonly order: number;
}

/** The table, and what those who use it know. */
export class CrashWorld {
  readonly #Table: TableClass;
  readonly #memory: Int32Array;
  readonly #words: MortalWords;
  readonly #table: ShippedTable;
  /** Jobs that were added and are not over, by the mark in their records. */
  readonly #live = new Map<number, Known>();
  /** Of which nobody can know whether they were added, or are over. */
  readonly #doubtful = new Set<number>();
  #marks = 0;

  constructor(Table: TableClass, memory?: Int32Array) {
    this.#Table = Table;
    this.#memory = memory ?? new Int32Array(WORDS);
    this.#words = new MortalWords(this.#memory);
    this.#table = new Table(this.#words, 0, SHAPE);
    if (memory === undefined) {
      this.#table.cells.clearTables();
      this.#table.cells.survey();
    }
  }

  /** The same world once more. */
  copy(): CrashWorld {
    const copy = new CrashWorld(this.#Table, this.#memory.slice());
    for (const [mark, known] of this.#live) copy.#live.set(mark, known);
    for (const mark of this.#doubtful) copy.#doubtful.add(mark);
    copy.#marks = this.#marks;
    return copy;
  }

  /** Does something; returns how many stores that took, 0 when there was nothing to do. */
  run(operation: Operation): number {
    const before = this.#words.stores;
    this.#begin(operation);
    return this.#words.stores - before;
  }

  /** Does something and dies after so many stores. */
  die(operation: Operation, stores: number): void {
    this.#words.left = stores;
    try {
      this.#begin(operation);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    } finally {
      this.#words.left = Infinity;
    }
  }

  /** Makes the tables anew; returns how many stores that took. */
  rebuild(stores: number = Infinity): number {
    const before = this.#words.stores;
    this.#words.left = stores;
    try {
      this.#table.rebuild(NOW_MS);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    } finally {
      this.#words.left = Infinity;
    }
    return this.#words.stores - before;
  }

  /**
   * Has somebody who comes after all others end everything, and looks whether it is what it must be.
   *
   * @throws {Error} Saying what is wrong.
   */
  settle(): void {
    const table = this.#table;
    for (const owner of table.owners()) {
      const isKnown = Object.values(OWNERS).some(
        ({ slot, life }) => slot === owner.slot && life === owner.life,
      );
      if (!isKnown) throw new Error(`a job is taken by nobody: slot ${owner.slot}`);
      table.giveBackOf(owner, { reason: "orphaned", dueMs: 0, nowMs: NOW_MS });
    }
    this.#checkKeys();
    const seen = new Set<number>();
    const orders = new Map<number, number>();
    const end = (link: number): void => {
      const mark = this.#markOf(link);
      if (seen.has(mark)) throw new Error(`job ${mark} came twice`);
      const known = this.#live.get(mark);
      if (known === undefined && !this.#doubtful.has(mark))
        throw new Error(`job ${mark} is made up`);
      seen.add(mark);
      table.finish(link, END_MS);
      this.#checkKeys();
    };
    for (let link = this.#takeDead(); link !== 0; link = this.#takeDead()) end(link);
    for (let link = this.#takeNext(); link !== 0; link = this.#takeNext()) {
      const known = this.#live.get(this.#markOf(link));
      if (known !== undefined && known.key > 0) {
        const last = orders.get(known.key) ?? -1;
        if (known.order < last) throw new Error(`key ${known.key} came out of order`);
        orders.set(known.key, known.order);
      }
      end(link);
    }
    for (const mark of this.#live.keys()) {
      if (!seen.has(mark) && !this.#doubtful.has(mark)) throw new Error(`job ${mark} is lost`);
    }
    const { cells } = table;
    const counts = (["ready", "delayed", "held", "inFlight", "dead", "usedCells"] as const).map(
      (name) => cells.count(name),
    );
    if (counts.some((count) => count !== 0)) throw new Error(`counts of an empty queue: ${counts}`);
    const free = [...cells.list(QUEUE.freeFirst, 1 << KIND.free)];
    if (new Set(free).size !== SHAPE.cellCount || free.length !== SHAPE.cellCount) {
      throw new Error(`cells ${free} are free`);
    }
  }

  #begin(operation: Operation): void {
    this.#actions[operation]();
  }

  readonly #actions: Readonly<Record<Operation, () => void>> = {
    add: () => this.#add(SHORT_BYTES, 0, 0),
    "add long": () => this.#add(LONG_BYTES, 0, 0),
    "add keyed": () => this.#add(SHORT_BYTES, 17, 0),
    "add late": () => this.#add(SHORT_BYTES, 0, LATER_MS),
    "begin to fill": () => void this.#table.reserve(LONG_BYTES, OWNERS.two),
    "take by one": () => void this.#table.take(OWNERS.one, NOW_MS, 1),
    "take by two": () => void this.#table.take(OWNERS.two, NOW_MS, 2),
    finish: () => this.#end(this.#taken(), (link) => this.#table.finish(link, NOW_MS)),
    fail: () => {
      const link = this.#taken();
      const error = new TextEncoder().encode("went wrong, in words that take two cells ".repeat(2));
      if (link === 0) return;
      this.#table.giveBack(link, { reason: "failed", dueMs: 0, nowMs: NOW_MS, error });
    },
    "two dies": () => {
      this.#table.giveBackOf(OWNERS.two, { reason: "orphaned", dueMs: 0, nowMs: NOW_MS });
    },
    "take dead": () => void this.#table.takeDead(OWNERS.two, NOW_MS, 3),
    retry: () => {
      const link = this.#firstDead();
      if (link === 0) return;
      // It goes behind those of its key that have come since.
      this.#reorder(link);
      this.#table.retry(link, NOW_MS);
    },
    drop: () => this.#end(this.#firstDead(), (link) => this.#table.drop(link)),
  };

  #add(lengthBytes: number, key: number, dueMs: number): void {
    const mark = ++this.#marks;
    this.#doubtful.add(mark);
    const link = this.#table.reserve(lengthBytes, undefined);
    if (link !== 0) {
      this.#table.cells.eachPart(link, (byteOffset, _from, length) => {
        for (let at = 0; at < length; at += 4) this.#words.set((byteOffset + at) / 4, mark);
      });
      const job = { jobClass: 16, share: mark % 2, key, dueMs, addedNs: 0 };
      this.#table.publish(link, job);
      this.#live.set(mark, { key, order: mark });
    }
    this.#doubtful.delete(mark);
  }

  #end(link: number, end: (link: number) => void): void {
    if (link === 0) return;
    const mark = this.#markOf(link);
    this.#doubtful.add(mark);
    end(link);
    this.#doubtful.delete(mark);
    this.#live.delete(mark);
  }

  #reorder(link: number): void {
    const mark = this.#markOf(link);
    const known = this.#live.get(mark);
    if (known === undefined) return;
    // Where it stands in doubt, its order says nothing.
    this.#live.set(mark, { key: 0, order: known.order });
  }

  #taken(): number {
    const { cells } = this.#table;
    for (const link of cells.list(QUEUE.takenFirst, KINDS.workedOn))
      if (cells.kindOf(link) === KIND.taken) return link;
    return 0;
  }

  #firstDead(): number {
    return this.#table.cells.head(QUEUE.deadFirst);
  }

  #takeNext(): number {
    return this.#table.take(HEIR, END_MS, 4);
  }

  #takeDead(): number {
    return this.#table.takeDead(HEIR, END_MS, 4);
  }

  /** The mark in the record of a job, which must be all over it. */
  #markOf(link: number): number {
    const marks = new Set<number>();
    this.#table.cells.eachPart(link, (byteOffset, _from, length) => {
      for (let at = 0; at < length; at += 4) marks.add(this.#words.get((byteOffset + at) / 4));
    });
    const [mark = 0] = marks;
    if (marks.size !== 1) throw new Error(`a record is torn: ${[...marks]}`);
    return mark;
  }

  /** No two of those that are taken have the same key. */
  #checkKeys(): void {
    const { cells } = this.#table;
    const keys = new Set<number>();
    for (let link = 1; link <= SHAPE.cellCount; link++) {
      const kind = cells.stateOf(link) & KIND_MASK;
      const key = cells.getLong(link, CELL.key);
      const isOut = kind === KIND.taken || kind === KIND.ready || kind === KIND.delayed;
      const isDead = (cells.get(link, CELL.place) & (1 << 16)) !== 0;
      if (!isOut || isDead || key === 0) continue;
      if (keys.has(key)) throw new Error(`two jobs of key ${key} can be worked on at once`);
      keys.add(key);
    }
  }
}

/** Every death in the last of some operations, and every further one while the tables are made anew. */
export function explore(
  Table: TableClass,
  operations: readonly Operation[],
  isThorough: boolean,
): number {
  const world = new CrashWorld(Table);
  for (const operation of operations.slice(0, -1)) world.run(operation);
  const last = operations.at(-1) as Operation;
  const stores = world.copy().run(last);
  let deaths = 0;
  for (let at = 0; at <= stores; at++) {
    const dead = world.copy();
    dead.die(last, at);
    const mended = dead.copy();
    const steps = mended.rebuild();
    mended.settle();
    deaths++;
    if (!isThorough) continue;
    // Most of its stores clear lists: a few of those, and all others.
    for (let step = 0; step < steps; step += step < steps - 300 ? 397 : 7) {
      const again = dead.copy();
      again.rebuild(step);
      again.rebuild();
      again.settle();
      deaths++;
    }
  }
  const whole = world.copy();
  whole.run(last);
  whole.settle();
  return deaths;
}
