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
  GAUGE_COUNT,
  KIND,
  KIND_BITS,
  KIND_MASK,
  KINDS,
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

/** The longest text of an error that is kept, in bytes. */
export const ERROR_BYTES_MAX = 1024;

const TWO_POW_32 = 2 ** 32;

/** What is counted of each kind. */
const GAUGES: Readonly<Record<number, Count | undefined>> = {
  [KIND.ready]: "ready",
  [KIND.delayed]: "delayed",
  [KIND.held]: "held",
  [KIND.taken]: "inFlight",
  [KIND.dead]: "dead",
};

/** The kinds that begin a job. */
const JOB_KINDS = KINDS.workedOn | KINDS.leading | KINDS.held | KINDS.dead;

/** All cells of a queue. */
export class JobCells {
  readonly cellCount: number;
  readonly #words: Words;
  readonly #base: number;
  readonly #shape: TableShape;
  readonly #first: number;
  readonly #cellWords: number;
  readonly #keys: number;
  readonly #timers: number;

  /** @param base Word at which section "state" begins. */
  constructor(words: Words, base: number, shape: TableShape) {
    this.cellCount = shape.cellCount;
    this.#words = words;
    this.#base = base;
    this.#shape = shape;
    this.#first = base + cellsOffset(shape.cellCount, shape.keyLists) / 4;
    this.#cellWords = shape.cellBytes / 4;
    this.#keys = base + QUEUE.tables;
    this.#timers = this.#keys + shape.keyLists;
  }

  /** A link that leads to a cell. */
  check(link: number): number {
    if (link >= 1 && link <= this.cellCount) return link;
    throw new JobDamage(`link ${link} leads to no cell`);
  }

  header(word: number): number {
    return this.#words.get(this.#base + word);
  }

  setHeader(word: number, value: number): void {
    this.#words.set(this.#base + word, value);
  }

  get(link: number, field: number): number {
    return this.#words.get(this.#word(link) + field);
  }

  set(link: number, field: number, value: number): void {
    this.#words.set(this.#word(link) + field, value);
  }

  /** A number below 2^53; 0 where memory has what cannot be one. */
  getLong(link: number, field: number): number {
    return this.#readLong(this.#word(link) + field);
  }

  setLong(link: number, field: number, value: number): void {
    this.#writeLong(this.#word(link) + field, value);
  }

  stateOf(link: number): number {
    return this.#words.load(this.#word(link) + CELL.state);
  }

  kindOf(link: number): number {
    return this.#words.get(this.#word(link) + CELL.state) & KIND_MASK;
  }

  ownerOf(link: number): JobOwner {
    return {
      slot: (this.get(link, CELL.owner) >>> 0) - 1,
      life: this.get(link, CELL.ownerLife) >>> 0,
    };
  }

  /** Makes a cell one of another kind: the one store by which a job changes. */
  change(link: number, kind: number): void {
    const word = this.#word(link) + CELL.state;
    const state = this.#words.get(word);
    const changes = (state >>> KIND_BITS) + 1;
    this.#words.store(word, (changes << KIND_BITS) | kind);
    this.#count(state & KIND_MASK, -1);
    this.#count(kind, 1);
  }

  /** A gauge or a counter. */
  count(name: Count): number {
    return this.#readLong(this.#base + QUEUE.counts + COUNTS[name] * 2);
  }

  add(name: Count, delta: number): void {
    const word = this.#base + QUEUE.counts + COUNTS[name] * 2;
    this.#writeLong(word, Math.max(0, this.#readLong(word) + delta));
  }

  /** The number of the next job. */
  nextSequence(): number {
    const word = this.#base + QUEUE.lastSequence;
    const next = this.#readLong(word) + 1;
    this.#writeLong(word, next);
    return next;
  }

  /** Takes cells for a record; 0 when there are not enough. The first is free until it is made something else. */
  allocate(lengthBytes: number): number {
    const link = this.#takeCells(lengthBytes);
    if (link === 0) return 0;
    this.set(link, CELL.length, lengthBytes);
    this.set(link, CELL.error, 0);
    this.set(link, CELL.errorLength, 0);
    this.set(link, CELL.timer, 0);
    return link;
  }

  /** Frees a job's cells. */
  release(link: number): void {
    const isAlone =
      this.get(link, CELL.error) === 0 && this.lengthOf(link) <= this.#shape.payloadBytes;
    const parts = isAlone ? [] : [...this.#partsOf(link), ...this.#errorPartsOf(link)];
    this.change(link, KIND.free);
    this.#free(link);
    for (const part of parts) {
      this.change(part, KIND.free);
      this.#free(part);
    }
  }

  /** Keeps as much of an error's text as there is room for, in the place of the one before. */
  keepError(link: number, text: Uint8Array): void {
    for (const part of this.#errorPartsOf(link)) {
      this.change(part, KIND.free);
      this.#free(part);
    }
    this.set(link, CELL.error, 0);
    const free = this.cellCount - this.count("usedCells");
    const length = Math.min(text.length, ERROR_BYTES_MAX, free * this.#shape.payloadBytes);
    if (length === 0) return;
    const first = this.#takeCells(length);
    this.change(first, KIND.more);
    this.#visit(first, length, (word, at, part) => {
      for (let i = 0; i < part; i += 4) {
        let value = 0;
        for (let byte = 0; byte < 4; byte++) value |= (text[at + i + byte] ?? 0) << (byte * 8);
        this.#words.set(word + i / 4, value);
      }
    });
    this.set(link, CELL.errorLength, length);
    this.set(link, CELL.error, first);
  }

  /** The text of a job's last error, in UTF-8; empty when it has none. */
  readError(link: number): Uint8Array {
    const first = this.get(link, CELL.error);
    const length = Math.min(this.get(link, CELL.errorLength) >>> 0, ERROR_BYTES_MAX);
    const text = new Uint8Array(first === 0 ? 0 : length);
    this.#visit(first, text.length, (word, at, part) => {
      for (let i = 0; i < part; i++) {
        text[at + i] = this.#words.get(word + (i >> 2)) >>> ((i & 3) * 8);
      }
    });
    return text;
  }

  /**
   * Where a job's record is.
   *
   * @param visit Called with each stretch: where it begins in bytes from word 0, and from where to where in the record.
   */
  eachPart(link: number, visit: (byteOffset: number, from: number, length: number) => void): void {
    const length = this.lengthOf(link);
    this.#visit(link, length, (word, from, part) => visit(word * 4, from, part));
  }

  /** How long a job's record is; no longer than the queue. */
  lengthOf(link: number): number {
    const length = this.get(link, CELL.length) >>> 0;
    if (length <= this.cellCount * this.#shape.payloadBytes) return length;
    throw new JobDamage(`cell ${link - 1} has a record of ${length} bytes`);
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
    const head = this.#words.get(this.#keyWord(key));
    for (let link = head; link !== 0; link = this.get(link, CELL.keyNext)) {
      if (++steps > this.cellCount) throw new JobDamage("a list of keys has no end");
      yield this.check(link);
    }
  }

  pushKey(link: number, key: number): void {
    const word = this.#keyWord(key);
    this.set(link, CELL.keyNext, this.#words.get(word));
    this.#words.set(word, link);
  }

  unlinkKey(link: number, key: number): void {
    let before = 0;
    for (const each of this.keyList(key)) {
      if (each === link) {
        const next = this.get(link, CELL.keyNext);
        if (before === 0) this.#words.set(this.#keyWord(key), next);
        else this.set(before, CELL.keyNext, next);
        return;
      }
      before = each;
    }
    throw new JobDamage(`cell ${link - 1} is not in the list of its key`);
  }

  /** A place of the heap of times. */
  timer(place: number): number {
    return this.#words.get(this.#timers + place);
  }

  setTimer(place: number, link: number): void {
    this.#words.set(this.#timers + place, link);
  }

  /** Empties all lists, and sets the gauges to 0. */
  clearTables(): void {
    for (let word = QUEUE.freeFirst; word <= QUEUE.classes; word++) this.setHeader(word, 0);
    for (let word = QUEUE.counts; word < QUEUE.counts + GAUGE_COUNT * 2; word++) {
      this.setHeader(word, 0);
    }
    const end = QUEUE.tables + this.#shape.keyLists;
    for (let word = QUEUE.classWords; word < end; word++) this.setHeader(word, 0);
  }

  /**
   * Looks at all cells after `clearTables`: counts the jobs that there are, and frees everything else.
   *
   * @returns The jobs, the oldest first.
   */
  survey(): number[] {
    const isPart = new Uint8Array(this.cellCount + 1);
    const jobs: number[] = [];
    for (let link = 1; link <= this.cellCount; link++) {
      if (((JOB_KINDS >>> this.kindOf(link)) & 1) === 0) continue;
      this.set(link, CELL.timer, 0);
      if (this.#claimParts(isPart, () => this.#partsOf(link))) {
        if (!this.#claimParts(isPart, () => this.#errorPartsOf(link))) {
          this.set(link, CELL.error, 0);
          this.set(link, CELL.errorLength, 0);
        }
        jobs.push(link);
      } else {
        // A record that is not whole is nobody's.
        this.#words.store(this.#word(link) + CELL.state, KIND.free);
        this.add("corruptions", 1);
      }
    }
    const isJob = new Set(jobs);
    let used = 0;
    let last = this.#readLong(this.#base + QUEUE.lastSequence);
    for (let link = this.cellCount; link >= 1; link--) {
      if (isJob.has(link)) {
        this.#count(this.kindOf(link), 1);
        last = Math.max(last, this.getLong(link, CELL.sequence));
        used++;
      } else if (isPart[link] === 1) used++;
      else {
        if (this.kindOf(link) !== KIND.free) {
          this.#words.store(this.#word(link) + CELL.state, KIND.free);
        }
        this.#pushFree(link);
      }
    }
    this.add("usedCells", used);
    this.#writeLong(this.#base + QUEUE.lastSequence, last);
    const order = (link: number): number => this.getLong(link, CELL.sequence);
    return jobs.sort((one, other) => order(one) - order(other));
  }

  /** Marks cells as parts of a job, unless one of them cannot be. */
  #claimParts(isPart: Uint8Array, partsOf: () => readonly number[]): boolean {
    let parts: readonly number[];
    try {
      parts = partsOf();
    } catch (error) {
      if (!(error instanceof JobDamage)) throw error;
      return false;
    }
    const isFree = parts.every((part) => isPart[part] === 0 && this.kindOf(part) === KIND.more);
    if (isFree) for (const part of parts) isPart[part] = 1;
    return isFree;
  }

  /** The cells with the rest of a job's record. */
  #partsOf(link: number): number[] {
    return this.#chain(link, this.lengthOf(link)).slice(1);
  }

  #errorPartsOf(link: number): number[] {
    const first = this.get(link, CELL.error);
    const length = Math.min(this.get(link, CELL.errorLength) >>> 0, ERROR_BYTES_MAX);
    return first === 0 ? [] : this.#chain(this.check(first), length);
  }

  /** As many cells as a length takes, from the first one on. */
  #chain(first: number, length: number): number[] {
    const cells = [first];
    const count = this.#cellsFor(length);
    for (let link = first; cells.length < count; ) {
      link = this.check(this.get(link, CELL.more));
      cells.push(link);
    }
    return cells;
  }

  #cellsFor(lengthBytes: number): number {
    return Math.max(1, Math.ceil(lengthBytes / this.#shape.payloadBytes));
  }

  #visit(
    first: number,
    length: number,
    visit: (word: number, from: number, length: number) => void,
  ): void {
    const { payloadBytes } = this.#shape;
    let link = first;
    for (let from = 0; from < length; from += payloadBytes) {
      const word = this.#word(this.check(link)) + CELL_HEADER_BYTES / 4;
      visit(word, from, Math.min(payloadBytes, length - from));
      link = this.get(link, CELL.more);
    }
  }

  /** Takes so many cells; all but the first become parts of it. 0 when there are not enough. */
  #takeCells(lengthBytes: number): number {
    const count = this.#cellsFor(lengthBytes);
    if (this.count("usedCells") + count > this.cellCount) return 0;
    let more = 0;
    for (let taken = 1; ; taken++) {
      const link = this.head(QUEUE.freeFirst);
      if (link === 0 || this.kindOf(link) !== KIND.free) throw new JobDamage("no cell is free");
      this.setHeader(QUEUE.freeFirst, this.get(link, CELL.next));
      this.add("usedCells", 1);
      this.set(link, CELL.more, more);
      // It is no longer the cell of the job that it was: who looks from outside goes by that.
      this.setLong(link, CELL.sequence, 0);
      if (taken === count) return link;
      this.change(link, KIND.more);
      more = link;
    }
  }

  #free(link: number): void {
    this.#pushFree(link);
    this.add("usedCells", -1);
  }

  #pushFree(link: number): void {
    this.set(link, CELL.next, this.header(QUEUE.freeFirst));
    this.setHeader(QUEUE.freeFirst, link);
  }

  #count(kind: number, delta: number): void {
    const gauge = GAUGES[kind];
    if (gauge !== undefined) this.add(gauge, delta);
  }

  #word(link: number): number {
    return this.#first + (link - 1) * this.#cellWords;
  }

  #keyWord(key: number): number {
    return this.#keys + (key & (this.#shape.keyLists - 1));
  }

  #readLong(word: number): number {
    const value = (this.#words.get(word) >>> 0) + (this.#words.get(word + 1) >>> 0) * TWO_POW_32;
    return value <= Number.MAX_SAFE_INTEGER ? value : 0;
  }

  #writeLong(word: number, value: number): void {
    this.#words.set(word, value | 0);
    this.#words.set(word + 1, Math.floor(value / TWO_POW_32));
  }
}
