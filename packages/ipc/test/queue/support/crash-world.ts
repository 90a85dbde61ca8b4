/**
 * A table of jobs whose caller may die at any store: what must be true afterwards, whatever was going on.
 *
 * @module
 */
import type { JobOwner } from "../../../src/queue/job-cells.ts";
import type { NewJob, JobTable as ShippedTable } from "../../../src/queue/job-table.ts";
import {
  CELL,
  CLASS_MASK,
  DEAD_BIT,
  KIND,
  KIND_MASK,
  KINDS,
  QUEUE,
  queueBytes,
} from "../../../src/queue/queue-layout.ts";
import { Death, MortalWords } from "./mortal-words.ts";

/** What is checked: the shipped table, or one with a bug in it. */
export type TableClass = typeof ShippedTable;

/** Small enough to be full, large enough for a job of two cells beside others. */
const SHAPE = {
  cellCount: 6,
  cellBytes: 192,
  payloadBytes: 64,
  keyLists: 16,
  maxAttempts: 2,
} as const;
const LEASE_MS = 500;

const WORDS = queueBytes(SHAPE.cellCount, SHAPE.keyLists, SHAPE.cellBytes) / 4;
const LONG_BYTES = 100;
const SHORT_BYTES = 8;

/** Classes of those that are added as usual, and of those that are urgent. */
const CLASSES = { usual: 16, urgent: 20 } as const;

/** Times, in milliseconds: leases are over soon, and what is delayed is due at the end only. */
const NOW_MS = 1000;
const SOON_MS = 2000;
const LATER_MS = 5000;
const END_MS = 9000;

/** The owners, of whom the third has the place of the second one after it, and one who comes when all of them have died. */
const OWNERS = {
  one: { slot: 0, life: 1 },
  two: { slot: 1, life: 7 },
  three: { slot: 1, life: 8 },
} as const;
const HEIR = { slot: 2, life: 1 };

/** What a participant can do. */
export const OPERATIONS = [
  "add",
  "add long",
  "add keyed",
  "add late",
  "add keyed late",
  "add urgent",
  "begin to fill",
  "fill",
  "take by one",
  "take by two",
  "take by three",
  "take when leases are over",
  "finish",
  "fail",
  "fail until later",
  "fail for good",
  "give back",
  "two dies",
  "three dies",
  "take dead",
  "retry",
  "drop",
  "pause",
  "resume",
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What is known of a job from outside. */
interface Known {
  readonly key: number;
  /** Its place in the order of its key; that of one that was tried anew says nothing. */
  readonly order: number;
  /** When it is due; 0 also where somebody died who was changing it. */
  dueMs: number;
  /** How often it has been taken, and how often somebody died who was taking it. */
  taken: number;
  perhapsTaken: number;
}

/** A job that somebody alive has. */
interface Taken {
  readonly state: number;
  readonly mark: number;
  readonly owner: JobOwner;
}

/** How a history is played. */
export interface WorldOptions {
  /** Whether jobs have a lease. */
  readonly isLeased?: boolean;
}

/** A text that takes two cells. */
const ERROR = "went wrong, in words that take two cells ".repeat(2);

/** The table, and what those who use it know. */
export class CrashWorld {
  readonly #Table: TableClass;
  readonly #options: WorldOptions;
  readonly #memory: Int32Array;
  readonly #words: MortalWords;
  readonly #table: ShippedTable;
  /** Jobs that were added and are not over, by the mark in their records. */
  readonly #live = new Map<number, Known>();
  /** Of which nobody can know whether they were added, or are over. */
  readonly #doubtful = new Set<number>();
  /** What those who live have taken, by link. */
  readonly #taken = new Map<number, Taken>();
  #marks = 0;

  constructor(Table: TableClass, options: WorldOptions = {}, memory?: Int32Array) {
    this.#Table = Table;
    this.#options = options;
    this.#memory = memory ?? new Int32Array(WORDS);
    this.#words = new MortalWords(this.#memory);
    const shape = { ...SHAPE, leaseMs: options.isLeased === true ? LEASE_MS : 0 };
    this.#table = new Table(this.#words, 0, shape);
    if (memory === undefined) {
      this.#table.init();
    }
  }

  /** The same world once more. */
  copy(): CrashWorld {
    const copy = new CrashWorld(this.#Table, this.#options, this.#memory.slice());
    for (const [mark, known] of this.#live) copy.#live.set(mark, { ...known });
    for (const mark of this.#doubtful) copy.#doubtful.add(mark);
    for (const [link, taken] of this.#taken) copy.#taken.set(link, taken);
    copy.#marks = this.#marks;
    return copy;
  }

  /** Does something; returns how many stores that took, 0 when there was nothing to do. */
  run(operation: Operation): number {
    const before = this.#words.stores;
    this.#actions[operation]();
    return this.#words.stores - before;
  }

  /** Does something and dies after so many stores; returns whether it has died. */
  die(operation: Operation, stores: number): boolean {
    return this.#mortal(stores, () => this.#actions[operation]());
  }

  /** Makes the tables anew; returns how many stores that took. */
  rebuild(stores: number = Infinity): number {
    const before = this.#words.stores;
    this.#mortal(stores, () => this.#table.rebuild(NOW_MS));
    return this.#words.stores - before;
  }

  /** Whether those who live have what they have taken, each as it was. */
  checkTaken(): void {
    for (const [link, { state, mark, owner }] of this.#taken) {
      const now = this.#table.cells.ownerOf(link);
      const isOwner = now.slot === owner.slot && now.life === owner.life;
      if (!this.#table.isTaken(link, state) || !isOwner || this.#markOf(link) !== mark) {
        throw new Error(`job ${mark} was taken from somebody who lives`);
      }
    }
  }

  /**
   * Has somebody who comes after all others end everything, and looks whether it is what it must be.
   *
   * @throws {Error} Saying what is wrong.
   */
  settle(): void {
    this.checkTaken();
    const table = this.#table;
    // Whatever has happened, there may be more to do.
    this.run("add keyed");
    for (const owner of table.owners()) {
      const isKnown = Object.values(OWNERS).some(
        ({ slot, life }) => slot === owner.slot && life === owner.life,
      );
      if (!isKnown) throw new Error(`a job is taken by nobody: slot ${owner.slot}`);
      // With a lease, those who have jobs live on, and their time is over.
      if (this.#options.isLeased !== true) {
        table.giveBackOf(owner, { reason: "orphaned", dueMs: 0, nowMs: NOW_MS });
      }
    }
    table.pause(false);
    this.#checkKeys();
    this.#endAll();
    // Fillers have no lease: they die.
    for (const owner of table.owners()) {
      table.giveBackOf(owner, { reason: "orphaned", dueMs: 0, nowMs: NOW_MS });
    }
    this.#checkEmpty();
  }

  /** Takes and ends all jobs: those that are due, then the dead letters, then all others. */
  #endAll(): void {
    const seen = new Set<number>();
    const orders = new Map<number, number>();
    const next = (nowMs: number): number => {
      const waiting = this.#waiting(nowMs);
      const link = this.#table.take(HEIR, nowMs, 4);
      if (link !== 0) this.#checkTake(link, nowMs, waiting, orders);
      return link;
    };
    const dead = (): number => this.#table.takeDead(HEIR, END_MS, 4);
    for (let link = next(NOW_MS); link !== 0; link = next(NOW_MS))
      this.#endOne(link, seen, 1, NOW_MS);
    for (let link = dead(); link !== 0; link = dead()) this.#endOne(link, seen, 0);
    for (let link = next(END_MS); link !== 0; link = next(END_MS)) this.#endOne(link, seen, 1);
    // Those whose time was over with their last attempt.
    for (let link = dead(); link !== 0; link = dead()) this.#endOne(link, seen, 0);
    for (const mark of this.#live.keys()) {
      if (!seen.has(mark) && !this.#doubtful.has(mark)) throw new Error(`job ${mark} is lost`);
    }
  }

  #endOne(link: number, seen: Set<number>, takes: number, nowMs: number = END_MS): void {
    const { cells } = this.#table;
    const mark = this.#markOf(link);
    if (seen.has(mark)) throw new Error(`job ${mark} came twice`);
    const known = this.#live.get(mark);
    if (known === undefined && !this.#doubtful.has(mark)) throw new Error(`job ${mark} is made up`);
    seen.add(mark);
    const attempts = cells.get(link, CELL.attempts);
    if (attempts > SHAPE.maxAttempts) throw new Error(`job ${mark} was taken ${attempts} times`);
    if (known !== undefined) {
      const least = known.taken + takes;
      const isRight = attempts >= least && attempts <= least + known.perhapsTaken;
      if (!isRight) throw new Error(`job ${mark} has ${attempts} attempts, not ${least}`);
    }
    const error = new TextDecoder().decode(this.#table.records.readError(link));
    if (!ERROR.startsWith(error)) throw new Error(`an error is torn: ${error}`);
    this.#table.finish(link, nowMs);
    this.#checkKeys();
  }

  /** The highest class of those that can be taken. */
  #waiting(nowMs: number): number {
    const { cells } = this.#table;
    let highest = -1;
    for (let link = 1; link <= SHAPE.cellCount; link++) {
      const kind = cells.kindOf(link);
      const isDue = kind === KIND.delayed && cells.getLong(link, CELL.due) <= nowMs;
      if (kind !== KIND.ready && !isDue) continue;
      highest = Math.max(highest, cells.get(link, CELL.place) & CLASS_MASK);
    }
    return highest;
  }

  /** Whether it is a job's turn. */
  #checkTake(link: number, nowMs: number, highest: number, orders: Map<number, number>): void {
    const { cells } = this.#table;
    const mark = this.#markOf(link);
    const isFromBelow = cells.header(QUEUE.takes) % 16 === 0;
    const jobClass = cells.get(link, CELL.place) & CLASS_MASK;
    if (!isFromBelow && jobClass < highest) throw new Error(`job ${mark} came before its class`);
    const known = this.#live.get(mark);
    if (known === undefined) return;
    if (known.dueMs > nowMs) throw new Error(`job ${mark} came before its time`);
    if (known.key === 0) return;
    if (known.order < (orders.get(known.key) ?? -1)) {
      throw new Error(`key ${known.key} came out of order`);
    }
    orders.set(known.key, known.order);
  }

  #checkEmpty(): void {
    const { cells } = this.#table;
    const counts = (
      ["waiting", "delayed", "held", "inFlight", "deadLetters", "usedCells"] as const
    ).map((name) => cells.count(name));
    if (counts.some((count) => count !== 0)) throw new Error(`counts of an empty queue: ${counts}`);
    const free = [...cells.list(QUEUE.freeFirst, 1 << KIND.free)];
    if (new Set(free).size !== SHAPE.cellCount || free.length !== SHAPE.cellCount) {
      throw new Error(`cells ${free} are free`);
    }
    if (cells.header(QUEUE.timerCount) !== 0) throw new Error("a timer is left");
  }

  #mortal(stores: number, act: () => void): boolean {
    this.#words.left = stores;
    try {
      act();
      return false;
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      return true;
    } finally {
      this.#words.left = Infinity;
    }
  }

  readonly #actions: Readonly<Record<Operation, () => void>> = {
    add: () => this.#add(SHORT_BYTES, {}),
    "add long": () => this.#add(LONG_BYTES, {}),
    "add keyed": () => this.#add(SHORT_BYTES, { key: 17 }),
    "add late": () => this.#add(SHORT_BYTES, { dueMs: LATER_MS }),
    "add keyed late": () => this.#add(SHORT_BYTES, { key: 17, dueMs: LATER_MS }),
    "add urgent": () => this.#add(SHORT_BYTES, { jobClass: CLASSES.urgent }),
    "begin to fill": () => void this.#table.reserve(LONG_BYTES, OWNERS.two),
    fill: () => {
      const link = this.#first(KIND.filling);
      if (link !== 0) this.#publish(link, { key: 17 });
    },
    "take by one": () => this.#take(OWNERS.one, NOW_MS),
    "take by two": () => this.#take(OWNERS.two, NOW_MS),
    "take by three": () => this.#take(OWNERS.three, NOW_MS),
    "take when leases are over": () => this.#take(OWNERS.one, SOON_MS),
    finish: () => this.#end(this.#first(KIND.taken), (link) => this.#table.finish(link, NOW_MS)),
    fail: () => this.#fail({}),
    "fail until later": () => this.#fail({ dueMs: LATER_MS }),
    "fail for good": () => this.#fail({ isHopeless: true }),
    "give back": () => this.#giveBack(),
    "two dies": () => this.#dies(OWNERS.two),
    "three dies": () => this.#dies(OWNERS.three),
    "take dead": () => {
      const link = this.#table.takeDead(OWNERS.two, NOW_MS, 3);
      if (link !== 0) this.#note(link, OWNERS.two);
    },
    retry: () => {
      const link = this.#firstDead();
      if (link === 0) return;
      const mark = this.#markOf(link);
      const known = this.#live.get(mark);
      // It goes behind those of its key that have come since, as if it had never been taken.
      if (known !== undefined) {
        const perhapsTaken = known.taken + known.perhapsTaken;
        this.#live.set(mark, { key: 0, order: 0, dueMs: 0, taken: 0, perhapsTaken });
      }
      this.#table.retry(link, NOW_MS);
      const anew = this.#live.get(mark);
      if (anew !== undefined) anew.perhapsTaken = 0;
    },
    drop: () => this.#end(this.#firstDead(), (link) => this.#table.drop(link)),
    pause: () => this.#table.pause(true),
    resume: () => this.#table.pause(false),
  };

  #add(lengthBytes: number, job: Partial<NewJob>): void {
    const link = this.#table.reserve(lengthBytes, undefined);
    if (link !== 0) this.#publish(link, job);
  }

  #publish(link: number, job: Partial<NewJob>): void {
    const mark = ++this.#marks;
    this.#doubtful.add(mark);
    this.#table.records.eachPart(link, (byteOffset, _from, length) => {
      for (let at = 0; at < length; at += 4) this.#words.set((byteOffset + at) / 4, mark);
    });
    const { jobClass = CLASSES.usual, key = 0, dueMs = 0 } = job;
    this.#table.publish(link, { jobClass, share: mark % 2, key, dueMs, addedNs: 0 });
    this.#live.set(mark, { key, order: mark, dueMs, taken: 0, perhapsTaken: 0 });
    this.#doubtful.delete(mark);
  }

  #take(owner: JobOwner, nowMs: number): void {
    const isLeased = this.#options.isLeased === true;
    // Whoever dies now may have taken any of them.
    for (const known of this.#live.values()) known.perhapsTaken++;
    if (isLeased && nowMs >= SOON_MS) this.#taken.clear();
    const link = this.#table.take(owner, nowMs, 1);
    for (const known of this.#live.values()) known.perhapsTaken--;
    if (link === 0) return;
    const mark = this.#markOf(link);
    const known = this.#live.get(mark);
    if (known !== undefined) {
      if (known.dueMs > nowMs) throw new Error(`job ${mark} came before its time`);
      known.taken++;
    }
    this.#note(link, owner);
  }

  #note(link: number, owner: JobOwner): void {
    const state = this.#table.cells.stateOf(link);
    this.#taken.set(link, { state, mark: this.#markOf(link), owner });
  }

  #end(link: number, end: (link: number) => void): void {
    if (link === 0) return;
    const mark = this.#markOf(link);
    this.#doubtful.add(mark);
    this.#taken.delete(link);
    end(link);
    this.#doubtful.delete(mark);
    this.#live.delete(mark);
  }

  #fail(how: { readonly dueMs?: number; readonly isHopeless?: boolean }): void {
    const link = this.#first(KIND.taken);
    if (link === 0) return;
    const { dueMs = 0, isHopeless = false } = how;
    const known = this.#live.get(this.#markOf(link));
    const error = new TextEncoder().encode(ERROR);
    this.#taken.delete(link);
    if (known !== undefined) known.dueMs = 0;
    const isDead = this.#table.giveBack(link, {
      reason: "failed",
      dueMs,
      nowMs: NOW_MS,
      error,
      isHopeless,
    });
    if (known !== undefined && !isDead) known.dueMs = dueMs;
  }

  #giveBack(): void {
    const link = this.#first(KIND.taken);
    if (link === 0) return;
    const isDead = (this.#table.cells.get(link, CELL.place) & DEAD_BIT) !== 0;
    const known = isDead ? undefined : this.#live.get(this.#markOf(link));
    this.#taken.delete(link);
    // Whoever dies now may have given it back.
    if (known !== undefined && known.taken > 0) {
      known.taken--;
      known.perhapsTaken++;
    }
    const returning = { reason: "returned", dueMs: 0, nowMs: NOW_MS, isUncounted: true } as const;
    if (this.#table.giveBack(link, returning) !== isDead) {
      throw new Error("a job that was given back is a dead letter");
    }
    if (known !== undefined && known.perhapsTaken > 0) known.perhapsTaken--;
  }

  #dies(owner: JobOwner): void {
    for (const [link, { owner: its }] of this.#taken) if (its === owner) this.#taken.delete(link);
    this.#table.giveBackOf(owner, { reason: "orphaned", dueMs: 0, nowMs: NOW_MS });
  }

  /** The first of those that are worked on and of a kind; 0: there is none. */
  #first(kind: number): number {
    const { cells } = this.#table;
    for (const link of cells.list(QUEUE.takenFirst, KINDS.workedOn)) {
      if (cells.kindOf(link) === kind) return link;
    }
    return 0;
  }

  #firstDead(): number {
    return this.#table.cells.head(QUEUE.deadFirst);
  }

  /** The mark in the record of a job, which must be all over it. */
  #markOf(link: number): number {
    const marks = new Set<number>();
    this.#table.records.eachPart(link, (byteOffset, _from, length) => {
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
      const isDead = (cells.get(link, CELL.place) & DEAD_BIT) !== 0;
      if (!isOut || isDead || key === 0) continue;
      if (keys.has(key)) throw new Error(`two jobs of key ${key} can be worked on at once`);
      keys.add(key);
    }
  }
}
