/**
 * The jobs of a work queue: which are ready, in which order, who works on which.
 *
 * An algorithm over words, for one participant at a time: whoever calls holds the queue's mutex. A process may die between
 * any two steps. What is true stands in the cells, and each job changes by one store; see `queue-layout.ts`. `rebuild`
 * makes the rest anew.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { JobCells, JobDamage, type JobOwner, type TableShape } from "./job-cells.ts";
import { JobTimers } from "./job-timers.ts";
import {
  CELL,
  CLASS,
  CLASS_COUNT,
  CLASS_MASK,
  CLASS_WORDS,
  DEAD_BIT,
  KIND,
  KINDS,
  QUEUE,
  SHARE_COUNT,
  SHARE_SHIFT,
} from "./queue-layout.ts";

/** One take of so many is from the lowest class, so that no class waits for ever. */
const TAKES_FROM_BELOW = 16;

/** A job as it is added. */
export interface NewJob {
  /** Its class, and the share of it that it belongs to. */
  readonly jobClass: number;
  readonly share: number;
  /** Hash of its key, below 2^53; 0: it has none. */
  readonly key: number;
  /** When it is due, in milliseconds since 1970; 0: now. */
  readonly dueMs: number;
  readonly addedNs: number;
}

/** Why a job comes back. */
export type ReturnReason = "failed" | "returned" | "orphaned" | "expired";

/** How a job comes back. */
export interface Returning {
  readonly reason: ReturnReason;
  /** When it is due again, in milliseconds since 1970; 0: now. */
  readonly dueMs: number;
  readonly nowMs: number;
  /** What is to be kept of the error, in UTF-8; undefined keeps the one before. */
  readonly error?: Uint8Array | undefined;
  /** Whether it is never to be tried again. */
  readonly isHopeless?: boolean | undefined;
}

/** The jobs of one queue. Jobs are named by their links: number of the cell + 1. */
export class JobTable {
  readonly cells: JobCells;
  readonly #words: Words;
  readonly #base: number;
  readonly #shape: TableShape;
  readonly #timers: JobTimers;

  /** @param base Word at which section "state" begins. */
  constructor(words: Words, base: number, shape: TableShape) {
    this.#words = words;
    this.#base = base;
    this.#shape = shape;
    this.cells = new JobCells(words, base, shape);
    this.#timers = new JobTimers(this.cells);
  }

  /** Whether nothing is to be taken. */
  get isPaused(): boolean {
    return this.#words.load(this.#base + QUEUE.isPaused) !== 0;
  }

  /** When the next job is due, or the next lease over, in milliseconds since 1970; Infinity: never. */
  get nextDueMs(): number {
    return this.#timers.firstMs;
  }

  /** Whether no job is left but dead letters. */
  get isEmpty(): boolean {
    const { cells } = this;
    return (
      cells.count("ready") + cells.count("delayed") + cells.count("held") === 0 &&
      cells.count("inFlight") === 0
    );
  }

  /**
   * Finds room for a job.
   *
   * @param filler Who writes the record outside of the mutex; undefined when it is written before anything else is done.
   * @returns Its link; 0 when there is no room.
   */
  reserve(lengthBytes: number, filler: JobOwner | undefined): number {
    const { cells } = this;
    const link = cells.allocate(lengthBytes);
    if (link === 0 || filler === undefined) return link;
    this.#giveTo(link, filler);
    cells.change(link, KIND.filling);
    cells.pushTaken(link);
    return link;
  }

  /** Adds a job whose record has been written; returns its number. */
  publish(link: number, job: NewJob): number {
    const { cells } = this;
    if (cells.kindOf(link) === KIND.filling) this.cells.unlinkTaken(link);
    const sequence = cells.nextSequence();
    cells.set(link, CELL.attempts, 0);
    cells.set(link, CELL.place, job.jobClass | (job.share << SHARE_SHIFT));
    cells.setLong(link, CELL.sequence, sequence);
    cells.setLong(link, CELL.due, job.dueMs);
    cells.setLong(link, CELL.key, job.key);
    cells.setLong(link, CELL.addedAt, job.addedNs);
    const leader = this.#leaderOf(job.key);
    if (leader === 0) {
      if (job.key > 0) this.#lead(link, job.key);
      this.#await(link, job.dueMs > 0);
    } else this.#hold(link, leader);
    cells.add("added", 1);
    cells.add("addedBytes", cells.get(link, CELL.length));
    return sequence;
  }

  /**
   * Takes the next job that is ready.
   *
   * @returns Its link; 0 when there is none.
   */
  take(owner: JobOwner, nowMs: number, nowNs: number): number {
    this.handleDue(nowMs);
    if (this.isPaused) return 0;
    const link = this.#nextReady();
    if (link !== 0) this.#begin(link, owner, nowMs, nowNs);
    return link;
  }

  /** Takes the dead letter that came first; 0 when there is none. */
  takeDead(owner: JobOwner, nowMs: number, nowNs: number): number {
    const { cells } = this;
    this.handleDue(nowMs);
    const link = cells.popList(QUEUE.deadFirst, KINDS.dead);
    if (link !== 0) this.#begin(link, owner, nowMs, nowNs);
    return link;
  }

  /** Whether a job is still being worked on by whoever took it when its state was this. */
  isTaken(link: number, state: number): boolean {
    return this.cells.stateOf(link) === state && this.cells.kindOf(link) === KIND.taken;
  }

  /** Ends a job that is taken. */
  finish(link: number, nowMs: number): void {
    const { cells } = this;
    this.#leaveTaken(link);
    // The next one of its key first finds it gone.
    const isDead = this.#isDead(link);
    cells.release(link);
    if (!isDead) this.#passKey(link, nowMs);
    cells.add("done", 1);
  }

  /** Gives a job that is taken back; returns whether it has become a dead letter. */
  giveBack(link: number, { reason, dueMs, nowMs, error, isHopeless }: Returning): boolean {
    const { cells } = this;
    const { maxAttempts } = this.#shape;
    if (error !== undefined) cells.keepError(link, error);
    this.#leaveTaken(link);
    cells.add(reason, 1);
    if (this.#isDead(link)) {
      this.#bury(link);
      return true;
    }
    const isTriedOut = maxAttempts > 0 && cells.get(link, CELL.attempts) >>> 0 >= maxAttempts;
    if (isTriedOut || isHopeless === true) {
      cells.add("deadLettered", 1);
      cells.set(link, CELL.place, cells.get(link, CELL.place) | DEAD_BIT);
      this.#bury(link);
      this.#passKey(link, nowMs);
      return true;
    }
    cells.setLong(link, CELL.due, dueMs);
    this.#await(link, dueMs > nowMs, true);
    return false;
  }

  /** Everybody who works on a job or writes one, each once. */
  owners(): JobOwner[] {
    const { cells } = this;
    const found: JobOwner[] = [];
    const isKnown = (owner: JobOwner): boolean =>
      found.some(({ slot, life }) => slot === owner.slot && life === owner.life);
    for (const link of cells.list(QUEUE.takenFirst, KINDS.workedOn)) {
      const owner = cells.ownerOf(link);
      if (!isKnown(owner)) found.push(owner);
    }
    return found;
  }

  /**
   * Gives back what somebody had who has died or left.
   *
   * @param returning Why; given back as it says.
   * @returns How many jobs, and records that were being written.
   */
  giveBackOf({ slot, life }: JobOwner, returning: Returning): number {
    const { cells } = this;
    let count = 0;
    for (const link of [...cells.list(QUEUE.takenFirst, KINDS.workedOn)]) {
      const owner = cells.ownerOf(link);
      if (owner.slot !== slot || owner.life !== life) continue;
      if (cells.kindOf(link) === KIND.filling) {
        // It was never added: its sender has not been told so.
        this.cells.unlinkTaken(link);
        cells.release(link);
      } else this.giveBack(link, returning);
      count++;
    }
    return count;
  }

  /** Tries a dead letter, which is in the list of them, anew, as if it had just been added. */
  retry(link: number, nowMs: number): void {
    const { cells } = this;
    cells.unlinkFrom(QUEUE.deadFirst, KINDS.dead, link);
    cells.set(link, CELL.attempts, 0);
    cells.set(link, CELL.place, cells.get(link, CELL.place) & ~DEAD_BIT);
    cells.setLong(link, CELL.due, nowMs);
    const key = cells.getLong(link, CELL.key);
    const leader = this.#leaderOf(key);
    if (leader === 0) {
      if (key > 0) this.#lead(link, key);
      this.#await(link, false);
    } else this.#hold(link, leader);
  }

  /** Forgets a dead letter that is in the list of them. */
  drop(link: number): void {
    this.cells.unlinkFrom(QUEUE.deadFirst, KINDS.dead, link);
    this.cells.release(link);
  }

  /** Stops or lets go on what is taken. */
  pause(isPaused: boolean): void {
    this.#words.store(this.#base + QUEUE.isPaused, isPaused ? 1 : 0);
  }

  /** Makes everything anew that follows from the cells; what cannot be is freed and counted. */
  rebuild(nowMs: number): void {
    const { cells } = this;
    cells.clearTables();
    const jobs = cells.survey();
    const byKey = new Map<number, number[]>();
    const taken: number[] = [];
    for (const link of jobs) {
      const kind = cells.kindOf(link);
      // Somebody may have begun to try it anew.
      if (kind === KIND.dead) cells.set(link, CELL.place, cells.get(link, CELL.place) | DEAD_BIT);
      const key = kind === KIND.filling || this.#isDead(link) ? 0 : cells.getLong(link, CELL.key);
      if (kind === KIND.taken || kind === KIND.filling) taken.push(link);
      if (key > 0) byKey.set(key, [...(byKey.get(key) ?? []), link]);
      else this.#replace(link, nowMs);
    }
    for (const [key, group] of byKey) {
      const leader = leaderAmong(group.map((link) => [link, cells.kindOf(link)] as const));
      this.#lead(leader, key);
      this.#replace(leader, nowMs);
      for (const link of group) if (link !== leader) this.#hold(link, leader);
    }
    const since = (link: number): number => cells.getLong(link, CELL.takenAt);
    for (const link of taken.sort((one, other) => since(one) - since(other))) cells.pushTaken(link);
    cells.add("recoveries", 1);
  }

  /** Puts a job where it belongs by what its cell says. */
  #replace(link: number, nowMs: number): void {
    const { cells } = this;
    const kind = cells.kindOf(link);
    const dueMs = cells.getLong(link, CELL.due);
    if (kind === KIND.taken) {
      // Whoever was giving it back may have taken its time away: then it is over.
      if (this.#shape.leaseMs > 0) this.#timers.insert(link);
    } else if (kind === KIND.dead) cells.pushList(QUEUE.deadFirst, link);
    else if (kind !== KIND.filling) this.#await(link, dueMs > nowMs);
  }

  /** Moves what is due to those that are ready, and what was worked on for too long back. */
  handleDue(nowMs: number): void {
    const { cells } = this;
    while (this.#timers.firstMs <= nowMs) {
      const link = this.#timers.first;
      if (cells.kindOf(link) === KIND.taken) {
        this.giveBack(link, { reason: "expired", dueMs: 0, nowMs });
      } else if (cells.kindOf(link) === KIND.delayed) {
        this.#timers.remove(link);
        this.#makeReady(link, false);
      } else throw new JobDamage(`cell ${link - 1} waits for a time and is of no such kind`);
    }
  }

  #begin(link: number, { slot, life }: JobOwner, nowMs: number, nowNs: number): void {
    const { cells } = this;
    const { leaseMs } = this.#shape;
    this.#giveTo(link, { slot, life });
    // Who takes a dead letter looks into it.
    const isTried = !this.#isDead(link);
    cells.setLong(link, CELL.takenAt, nowNs);
    cells.setLong(link, CELL.due, leaseMs > 0 ? nowMs + leaseMs : 0);
    cells.change(link, KIND.taken);
    // It counts when it is taken: who dies before that has not got it.
    if (isTried) cells.set(link, CELL.attempts, cells.get(link, CELL.attempts) + 1);
    cells.pushTaken(link);
    if (leaseMs > 0) this.#timers.insert(link);
    if (isTried) cells.add("taken", 1);
  }

  #giveTo(link: number, { slot, life }: JobOwner): void {
    this.cells.set(link, CELL.owner, slot + 1);
    this.cells.set(link, CELL.ownerLife, life);
  }

  /** Takes a job out of those that are worked on. */
  #leaveTaken(link: number): void {
    this.cells.unlinkTaken(link);
    if (this.cells.get(link, CELL.timer) !== 0) this.#timers.remove(link);
  }

  #isDead(link: number): boolean {
    return (this.cells.get(link, CELL.place) & DEAD_BIT) !== 0;
  }

  #bury(link: number): void {
    this.cells.change(link, KIND.dead);
    this.cells.pushList(QUEUE.deadFirst, link);
  }

  /** Has a job wait for its turn, or for its time. */
  #await(link: number, isLater: boolean, isNext = false): void {
    if (isLater) {
      this.cells.change(link, KIND.delayed);
      this.#timers.insert(link);
    } else this.#makeReady(link, isNext);
  }

  /** Puts a job at the end of its list, or in front of it. */
  #makeReady(link: number, isNext: boolean): void {
    const { cells } = this;
    const place = cells.get(link, CELL.place);
    const jobClass = place & CLASS_MASK;
    const share = (place >> SHARE_SHIFT) & (SHARE_COUNT - 1);
    cells.change(link, KIND.ready);
    const list = listOf(jobClass, share);
    if (isNext) cells.pushFront(list, link);
    else cells.pushList(list, link);
    const words = QUEUE.classWords + jobClass * CLASS_WORDS;
    const half = words + (share < 32 ? CLASS.sharesLow : CLASS.sharesHigh);
    cells.setHeader(half, cells.header(half) | (1 << (share & 31)));
    cells.setHeader(QUEUE.classes, cells.header(QUEUE.classes) | (1 << jobClass));
  }

  /** Takes the job out of its list whose turn it is; 0 when none is ready. */
  #nextReady(): number {
    const { cells } = this;
    const classes = cells.header(QUEUE.classes);
    if (classes === 0) return 0;
    const takes = cells.header(QUEUE.takes) + 1;
    cells.setHeader(QUEUE.takes, takes);
    const isFromBelow = takes % TAKES_FROM_BELOW === 0;
    const jobClass = 31 - Math.clz32(isFromBelow ? classes & -classes : classes);
    const words = QUEUE.classWords + jobClass * CLASS_WORDS;
    const low = cells.header(words + CLASS.sharesLow);
    const high = cells.header(words + CLASS.sharesHigh);
    const share = nextShare(low, high, cells.header(words + CLASS.lastShare));
    const link = share < 0 ? 0 : cells.popList(listOf(jobClass, share), KINDS.ready);
    if (link === 0) throw new JobDamage(`class ${jobClass} has no job that is ready`);
    cells.setHeader(words + CLASS.lastShare, share);
    if (cells.head(listOf(jobClass, share)) !== 0) return link;
    const half = words + (share < 32 ? CLASS.sharesLow : CLASS.sharesHigh);
    const left = cells.header(half) & ~(1 << (share & 31));
    cells.setHeader(half, left);
    if (left === 0 && (share < 32 ? high : low) === 0) {
      cells.setHeader(QUEUE.classes, classes & ~(1 << jobClass));
    }
    return link;
  }

  /** The first job with a key that is not done; 0: there is none. */
  #leaderOf(key: number): number {
    if (key === 0) return 0;
    const { cells } = this;
    for (const link of cells.keyList(key)) {
      if (cells.getLong(link, CELL.key) === key) return cells.checkKind(link, KINDS.leading);
    }
    return 0;
  }

  /** Puts a job into the list of its key, as the first one that has it. */
  #lead(link: number, key: number): void {
    this.cells.set(link, CELL.heldFirst, 0);
    this.cells.set(link, CELL.heldLast, 0);
    this.cells.pushKey(link, key);
  }

  /** Has a job wait until all with the same key before it are done. */
  #hold(link: number, leader: number): void {
    const { cells } = this;
    cells.set(link, CELL.next, 0);
    cells.change(link, KIND.held);
    const last = cells.get(leader, CELL.heldLast);
    if (last === 0) cells.set(leader, CELL.heldFirst, link);
    else cells.set(cells.check(last), CELL.next, link);
    cells.set(leader, CELL.heldLast, link);
  }

  /** Lets the next job with the same key come. */
  #passKey(link: number, nowMs: number): void {
    const { cells } = this;
    const key = cells.getLong(link, CELL.key);
    if (key === 0) return;
    cells.unlinkKey(link, key);
    const next = cells.get(link, CELL.heldFirst);
    if (next === 0) return;
    const rest = cells.get(cells.checkKind(next, KINDS.held), CELL.next);
    const last = cells.get(link, CELL.heldLast);
    cells.set(next, CELL.heldFirst, rest);
    cells.set(next, CELL.heldLast, rest === 0 ? 0 : last);
    cells.pushKey(next, key);
    this.#await(next, cells.getLong(next, CELL.due) > nowMs);
  }
}

/** Where a list of jobs that are ready has its first and its last. */
function listOf(jobClass: number, share: number): number {
  return QUEUE.lists + (jobClass * SHARE_COUNT + share) * 2;
}

/** The next share after one, going round, that has a job; -1: none has. */
function nextShare(low: number, high: number, last: number): number {
  const behind = shareFrom(low, high, (last & (SHARE_COUNT - 1)) + 1);
  return behind >= 0 ? behind : shareFrom(low, high, 0);
}

/** The first share from one on that has a job; -1: none has. */
function shareFrom(low: number, high: number, from: number): number {
  const inLow = from < 32 ? low & (-1 << from) : 0;
  if (inLow !== 0) return lowestBit(inLow);
  const inHigh = from <= 32 ? high : from < SHARE_COUNT ? high & (-1 << (from - 32)) : 0;
  return inHigh === 0 ? -1 : 32 + lowestBit(inHigh);
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** Who of those with one key goes first: who is being worked on, else who waits for no other, else the oldest. */
function leaderAmong(group: readonly (readonly [link: number, kind: number])[]): number {
  const first =
    group.find(([, kind]) => kind === KIND.taken) ??
    group.find(([, kind]) => kind !== KIND.held) ??
    group[0];
  return first?.[0] ?? 0;
}

if (CLASS_COUNT !== 32) throw new Error("queue: the classes are the bits of one word");
