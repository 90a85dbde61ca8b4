/**
 * What those who work on a queue in a storm write down, in memory that outlives all of them: a store is enough, so that
 * most of their time is the queue's own.
 *
 * ```text
 *      0 ┌ numbers    i32   how many jobs have got a number
 *      4 │ faults     i32 × 6, in the order of LEDGER_FAULTS
 *     64 │ keyHolder  i32 × 8   who has a job of the key; 0: nobody
 *     96 │ keyLast    i32 × 8   id of the job of the key that was taken last
 *    128 │ killed     i32 for each victim: 1 from just before it is killed
 *        └ jobs       8 × i32 each: added, holder, begun, attempts, finishing, finished, buried, reserved
 * ```
 *
 * @module
 */
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";

/** What must not happen, and is counted by whoever sees it. */
export const LEDGER_FAULTS = ["overlap", "disorder", "attempt", "again", "torn", "robbed"] as const;
export type LedgerFault = (typeof LEDGER_FAULTS)[number];

/** Jobs and victims of one round. */
const JOBS_MAX = 1 << 17;
export const VICTIMS_MAX = 4096;
export const KEYS = 8;

const NUMBERS = 0;
const FAULTS = 1;
const KEY_HOLDER = 16;
const KEY_LAST = KEY_HOLDER + KEYS;
const KILLED = 32;
const JOBS = KILLED + VICTIMS_MAX;
const JOB_WORDS = 8;
const AT = {
  added: 0,
  holder: 1,
  begun: 2,
  attempts: 3,
  finishing: 4,
  finished: 5,
  buried: 6,
} as const;
const ADDED = { intended: 1, acknowledged: 2 } as const;
const LENGTH_BYTES = (JOBS + JOBS_MAX * JOB_WORDS) * 4;
const NAME = "storm-ledger";

/** A job as somebody has it. */
export interface NumberedJob {
  readonly number: number;
  /** 1 to `KEYS`; 0: it has none. */
  readonly key: number;
}

/** The sums of a round. */
export interface LedgerSums {
  jobs: number;
  begun: number;
  repeats: number;
  finished: number;
  buried: number;
  /** Jobs that were added for certain and are neither done nor buried, nor can be. */
  lost: number;
  /** Jobs that were done twice, or seen although nobody has added them. */
  duplicated: number;
}

/** The ledger of one round. */
export class StormLedger implements Disposable {
  readonly #memory: ViewAccessor;
  readonly #words: Int32Array;

  /** @param isNew Whether to make it. */
  constructor(isNew: boolean) {
    using file = isNew
      ? MemoryMappedFile.createNew(NAME, LENGTH_BYTES)
      : MemoryMappedFile.openExisting(NAME);
    this.#memory = file.createViewAccessor();
    const { buffer, byteOffset } = this.#memory.bytes();
    this.#words = new Int32Array(buffer, byteOffset, LENGTH_BYTES / 4);
  }

  /** How many jobs have got a number. */
  get numbers(): number {
    return Math.min(JOBS_MAX, Atomics.load(this.#words, NUMBERS));
  }

  /** A number for a job that is about to be added; undefined when there are no more. */
  intend(): number | undefined {
    if (this.numbers >= JOBS_MAX) return undefined;
    const number = Atomics.add(this.#words, NUMBERS, 1);
    if (number >= JOBS_MAX) return undefined;
    this.#set(number, AT.added, ADDED.intended);
    return number;
  }

  /** The job has been added, or there was no room. */
  acknowledge(number: number, isAdded: boolean): void {
    this.#set(number, AT.added, isAdded ? ADDED.acknowledged : 0);
  }

  /** Somebody has got a job. */
  begin(self: number, { number, key }: NumberedJob, id: number, attempts: number): void {
    const words = this.#words;
    if (this.#hasHolder(JOBS + number * JOB_WORDS + AT.holder, self)) this.count("overlap");
    if (key > 0) {
      if (this.#hasHolder(KEY_HOLDER + key - 1, self)) this.count("overlap");
      if (Atomics.exchange(words, KEY_LAST + key - 1, id) > id) this.count("disorder");
    }
    if (this.#get(number, AT.finished) > 0) this.count("again");
    if (Atomics.exchange(words, JOBS + number * JOB_WORDS + AT.attempts, attempts) >= attempts) {
      this.count("attempt");
    }
    this.#set(number, AT.finishing, 0);
    Atomics.add(words, JOBS + number * JOB_WORDS + AT.begun, 1);
  }

  /** It is about to give the job back, or to say that it is done. */
  end(self: number, { number, key }: NumberedJob, isDone: boolean): void {
    const words = this.#words;
    if (isDone) this.#set(number, AT.finishing, 1);
    if (key > 0) Atomics.compareExchange(words, KEY_HOLDER + key - 1, self, 0);
    Atomics.compareExchange(words, JOBS + number * JOB_WORDS + AT.holder, self, 0);
  }

  /** It was told that the job is done, or dropped as a dead letter. */
  finish(number: number, isBuried = false): void {
    const field = isBuried ? AT.buried : AT.finished;
    Atomics.add(this.#words, JOBS + number * JOB_WORDS + field, 1);
  }

  /** Counts what must not happen. */
  count(fault: LedgerFault): void {
    Atomics.add(this.#words, FAULTS + LEDGER_FAULTS.indexOf(fault), 1);
  }

  /** How often what must not happen has happened. */
  counted(fault: LedgerFault): number {
    return Atomics.load(this.#words, FAULTS + LEDGER_FAULTS.indexOf(fault));
  }

  /** A victim is about to be killed: what it has may go to somebody else from now on. */
  mark(victim: number): void {
    Atomics.store(this.#words, KILLED + victim, 1);
  }

  /** Adds everything up, when nobody works any more. */
  sums(): LedgerSums {
    const sums = { jobs: 0, begun: 0, repeats: 0, finished: 0, buried: 0, lost: 0, duplicated: 0 };
    for (let number = 0; number < this.numbers; number++) {
      const added = this.#get(number, AT.added);
      const begun = this.#get(number, AT.begun);
      const finished = this.#get(number, AT.finished);
      const buried = this.#get(number, AT.buried);
      const isDoubtful = this.#get(number, AT.finishing) > 0;
      if (added === ADDED.acknowledged) sums.jobs++;
      if (added === 0 && begun > 0) sums.duplicated++;
      sums.begun += begun;
      sums.repeats += Math.max(0, begun - 1);
      sums.finished += finished;
      sums.buried += buried;
      sums.duplicated += Math.max(0, finished + buried - 1);
      if (added === ADDED.acknowledged && finished + buried === 0 && !isDoubtful) sums.lost++;
    }
    return sums;
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }

  /** Whether somebody lives who has what is somebody else's now. */
  #hasHolder(word: number, self: number): boolean {
    const holder = Atomics.exchange(this.#words, word, self);
    return holder !== 0 && Atomics.load(this.#words, KILLED + holder) === 0;
  }

  #get(number: number, field: number): number {
    return Atomics.load(this.#words, JOBS + number * JOB_WORDS + field);
  }

  #set(number: number, field: number, value: number): void {
    Atomics.store(this.#words, JOBS + number * JOB_WORDS + field, value);
  }
}
