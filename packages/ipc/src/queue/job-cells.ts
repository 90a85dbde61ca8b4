/**
 * The cells of a work queue, and the lists that they are in. Whoever calls holds the queue's mutex. Nothing that is
 * read is believed: what cannot be throws `JobDamage`, and no list is followed for longer than there are cells.
 *
 * @module
 */
import type { Words } from "../words.ts";
import {
  CELL,
  CELL_HEADER_BYTES,
  COUNTS,
  type Count,
  cellsOffset,
  KIND,
  KIND_BITS,
  KIND_MASK,
  longOf,
  QUEUE,
} from "./queue-layout.ts";

/** The sizes of a queue. */
export interface TableShape {
  readonly cellCount: number;
  readonly cellBytes: number;
  /** What a cell has room for behind its header, in bytes. */
  readonly payloadBytes: number;
  readonly keyLists: number;
  /** How often a job is taken at most; 0: as often as need be. */
  readonly maxAttempts: number;
  /** How long a job may be worked on; 0: as long as its worker lives. */
  readonly leaseMs: number;
}

/** One life of a participant. */
export interface JobOwner {
  readonly slot: number;
  readonly life: number;
}

/** Thrown when a link or a list cannot be: the table is to be rebuilt. */
export class JobDamage {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

const TWO_POW_32 = 2 ** 32;

/** Which gauge counts the cells of a kind; -1: none does. */
const GAUGE_OF: readonly number[] = Array.from({ length: KIND_MASK + 1 }, (_, kind) => {
  const gauges: Readonly<Record<number, Count>> = {
    [KIND.ready]: "waiting",
    [KIND.delayed]: "delayed",
    [KIND.held]: "held",
    [KIND.taken]: "inFlight",
    [KIND.dead]: "deadLetters",
  };
  const name = gauges[kind];
  return name === undefined ? -1 : COUNTS[name];
});

/** All cells of a queue. */
export class JobCells {
  readonly cellCount: number;
  private readonly words: Words;
  private readonly base: number;
  private readonly shape: TableShape;
  private readonly firstWord: number;
  private readonly cellWords: number;
  private readonly keys: number;
  private readonly timers: number;

  /** @param base Word at which section "state" begins. */
  constructor(words: Words, base: number, shape: TableShape) {
    this.cellCount = shape.cellCount;
    this.words = words;
    this.base = base;
    this.shape = shape;
    this.firstWord = base + cellsOffset(shape.cellCount, shape.keyLists) / 4;
    this.cellWords = shape.cellBytes / 4;
    this.keys = base + QUEUE.tables;
    this.timers = this.keys + shape.keyLists;
  }

  /** A link that leads to a cell. */
  check(link: number): number {
    if (link >= 1 && link <= this.cellCount) return link;
    throw new JobDamage(`link ${link} leads to no cell`);
  }

  header(word: number): number {
    return this.words.get(this.base + word);
  }

  setHeader(word: number, value: number): void {
    this.words.set(this.base + word, value);
  }

  get(link: number, field: number): number {
    return this.words.get(this.word(link) + field);
  }

  set(link: number, field: number, value: number): void {
    this.words.set(this.word(link) + field, value);
  }

  /** A number below 2^53; 0 where memory has what cannot be one. */
  getLong(link: number, field: number): number {
    return this.readLong(this.word(link) + field);
  }

  setLong(link: number, field: number, value: number): void {
    this.writeLong(this.word(link) + field, value);
  }

  stateOf(link: number): number {
    return this.words.get(this.word(link) + CELL.state);
  }

  kindOf(link: number): number {
    return this.words.get(this.word(link) + CELL.state) & KIND_MASK;
  }

  ownerOf(link: number): JobOwner {
    return {
      slot: (this.get(link, CELL.owner) >>> 0) - 1,
      life: this.get(link, CELL.ownerLife) >>> 0,
    };
  }

  /** Makes a cell one of another kind: the one store by which a job changes. */
  change(link: number, kind: number): void {
    const word = this.word(link) + CELL.state;
    const state = this.words.get(word);
    const changes = (state >>> KIND_BITS) + 1;
    this.words.store(word, (changes << KIND_BITS) | kind);
    this.countKind(state & KIND_MASK, -1);
    this.countKind(kind, 1);
  }

  /** Makes a cell free that nobody has counted. */
  erase(link: number): void {
    this.words.store(this.word(link) + CELL.state, KIND.free);
  }

  /** A gauge or a counter. */
  count(name: Count): number {
    return this.readLong(this.counter(COUNTS[name]));
  }

  /** Counts on, or back, one of the gauges, each of which has a number that fits into its lower word. */
  addToGauge(gauge: number, delta: number): void {
    const word = this.counter(gauge);
    const value = this.words.get(word) + delta;
    this.words.set(word, Math.max(0, value));
  }

  /** Counts on one of the counters: `COUNTS` has their numbers. */
  add(counter: number, delta: number): void {
    const word = this.counter(counter);
    const low = (this.words.get(word) >>> 0) + delta;
    this.words.set(word, low | 0);
    if (low >= TWO_POW_32) this.words.set(word + 1, this.words.get(word + 1) + 1);
  }

  /** Counts a cell of a kind, or one less. */
  countKind(kind: number, delta: number): void {
    const gauge = GAUGE_OF[kind] as number;
    if (gauge >= 0) this.addToGauge(gauge, delta);
  }

  /** The number of the job that was added last. */
  get lastSequence(): number {
    return this.readLong(this.base + QUEUE.lastSequence);
  }

  set lastSequence(sequence: number) {
    this.writeLong(this.base + QUEUE.lastSequence, sequence);
  }

  /** Where a cell's payload begins, in words. */
  payloadOf(link: number): number {
    return this.word(this.check(link)) + CELL_HEADER_BYTES / 4;
  }

  pushFree(link: number): void {
    this.set(link, CELL.next, this.header(QUEUE.freeFirst));
    this.setHeader(QUEUE.freeFirst, link);
  }

  /** Takes a cell that is free, of which there is one. */
  popFree(): number {
    const link = this.header(QUEUE.freeFirst);
    if (this.kindOf(this.check(link)) !== KIND.free) throw new JobDamage("no cell is free");
    this.setHeader(QUEUE.freeFirst, this.get(link, CELL.next));
    return link;
  }

  /** The first of a list; 0: it is empty. */
  head(first: number): number {
    const link = this.header(first);
    return link === 0 ? 0 : this.check(link);
  }

  /** A link that leads to a cell of one of some kinds, each a bit: else a list has it that it does not belong to. */
  checkKind(link: number, kinds: number): number {
    const kind = this.kindOf(this.check(link));
    if (((kinds >>> kind) & 1) === 1) return link;
    throw new JobDamage(`cell ${link - 1} is in a list of others than kind ${kind}`);
  }

  /** All of a list, which are of some kinds. */
  *list(first: number, kinds: number): Generator<number> {
    let steps = 0;
    for (let link = this.header(first); link !== 0; link = this.get(link, CELL.next)) {
      if (++steps > this.cellCount) throw new JobDamage("a list has no end");
      yield this.checkKind(link, kinds);
    }
  }

  /** Puts a cell at the end of a list; the word behind its first one has its last one. */
  pushList(first: number, link: number): void {
    this.set(link, CELL.next, 0);
    const last = this.header(first + 1);
    if (this.header(first) === 0) this.setHeader(first, link);
    else this.set(this.check(last), CELL.next, link);
    this.setHeader(first + 1, link);
  }

  pushFront(first: number, link: number): void {
    const next = this.header(first);
    this.set(link, CELL.next, next);
    this.setHeader(first, link);
    if (next === 0) this.setHeader(first + 1, link);
  }

  /** Takes the first one of a list, which is of some kinds; 0: there is none. */
  popList(first: number, kinds: number): number {
    const link = this.head(first);
    if (link === 0) return 0;
    this.checkKind(link, kinds);
    const next = this.get(link, CELL.next);
    this.setHeader(first, next);
    if (next === 0) this.setHeader(first + 1, 0);
    return link;
  }

  /** Takes one out of a list of some kinds. */
  unlinkFrom(first: number, kinds: number, link: number): void {
    let before = 0;
    for (const each of this.list(first, kinds)) {
      if (each === link) {
        const next = this.get(link, CELL.next);
        if (before === 0) this.setHeader(first, next);
        else this.set(before, CELL.next, next);
        if (next === 0) this.setHeader(first + 1, before);
        return;
      }
      before = each;
    }
    throw new JobDamage(`cell ${link - 1} is not in its list`);
  }

  /** Puts a job at the end of those that are worked on, which lead both ways. */
  pushTaken(link: number): void {
    this.set(link, CELL.previous, this.header(QUEUE.takenLast));
    this.pushList(QUEUE.takenFirst, link);
  }

  unlinkTaken(link: number): void {
    const next = this.get(link, CELL.next);
    const previous = this.get(link, CELL.previous);
    if (previous === 0) this.setHeader(QUEUE.takenFirst, next);
    else this.set(this.check(previous), CELL.next, next);
    if (next === 0) this.setHeader(QUEUE.takenLast, previous);
    else this.set(this.check(next), CELL.previous, previous);
  }

  /** The first jobs of the keys that share a list with this one. */
  *keyList(key: number): Generator<number> {
    let steps = 0;
    const head = this.words.get(this.keyWord(key));
    for (let link = head; link !== 0; link = this.get(link, CELL.keyNext)) {
      if (++steps > this.cellCount) throw new JobDamage("a list of keys has no end");
      yield this.check(link);
    }
  }

  pushKey(link: number, key: number): void {
    const word = this.keyWord(key);
    this.set(link, CELL.keyNext, this.words.get(word));
    this.words.set(word, link);
  }

  unlinkKey(link: number, key: number): void {
    let before = 0;
    for (const each of this.keyList(key)) {
      if (each === link) {
        const next = this.get(link, CELL.keyNext);
        if (before === 0) this.words.set(this.keyWord(key), next);
        else this.set(before, CELL.keyNext, next);
        return;
      }
      before = each;
    }
    throw new JobDamage(`cell ${link - 1} is not in the list of its key`);
  }

  /** A place of the heap of times. */
  timer(place: number): number {
    return this.words.get(this.timers + place);
  }

  setTimer(place: number, link: number): void {
    this.words.set(this.timers + place, link);
  }

  private counter(index: number): number {
    return this.base + QUEUE.counts + index * 2;
  }

  private word(link: number): number {
    return this.firstWord + (link - 1) * this.cellWords;
  }

  private keyWord(key: number): number {
    return this.keys + (key & (this.shape.keyLists - 1));
  }

  private readLong(word: number): number {
    return longOf(this.words.get(word), this.words.get(word + 1));
  }

  private writeLong(word: number, value: number): void {
    this.words.set(word, value | 0);
    this.words.set(word + 1, Math.floor(value / TWO_POW_32));
  }
}
