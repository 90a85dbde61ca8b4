/**
 * Whose turn it is: jobs that are ready, by class and in turn between producers; jobs that wait for their time; jobs
 * that wait for others of their key. Whoever calls holds the queue's mutex.
 *
 * @module
 */
import { type JobCells, JobDamage } from "./job-cells.ts";
import { JobTimers } from "./job-timers.ts";
import {
  CELL,
  CLASS,
  CLASS_COUNT,
  CLASS_MASK,
  CLASS_WORDS,
  KIND,
  KINDS,
  QUEUE,
  SHARE_COUNT,
  SHARE_SHIFT,
} from "./queue-layout.ts";

/** One take of so many is from the lowest class, so that no class waits for ever. */
const TAKES_FROM_BELOW = 16;

/** The order of the jobs of a queue. */
export class JobOrder {
  /** Jobs that wait for their time, and leases. */
  readonly timers: JobTimers;
  private readonly cells: JobCells;

  constructor(cells: JobCells) {
    this.timers = new JobTimers(cells);
    this.cells = cells;
  }

  /** Has a job wait for those before it that have the same key, else for its turn, or for its time. */
  enter(link: number, isLater: boolean): void {
    const key = this.cells.getLong(link, CELL.key);
    const leader = this.leaderOf(key);
    if (leader === 0) {
      if (key > 0) this.lead(link, key);
      this.waitTurn(link, isLater);
    } else this.hold(link, leader);
  }

  /** Has a job wait for its turn, or for its time. */
  waitTurn(link: number, isLater: boolean, isNext = false): void {
    if (isLater) {
      this.cells.change(link, KIND.delayed);
      this.timers.insert(link);
    } else this.makeReady(link, isNext);
  }

  /** Puts a job at the end of its list, or in front of it. */
  makeReady(link: number, isNext: boolean): void {
    const cells = this.cells;
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
  nextReady(): number {
    const cells = this.cells;
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
  private leaderOf(key: number): number {
    if (key === 0) return 0;
    const cells = this.cells;
    for (const link of cells.keyList(key)) {
      if (cells.getLong(link, CELL.key) === key) return cells.checkKind(link, KINDS.leading);
    }
    return 0;
  }

  /** Puts a job into the list of its key, as the first one that has it. */
  lead(link: number, key: number): void {
    this.cells.set(link, CELL.heldFirst, 0);
    this.cells.set(link, CELL.heldLast, 0);
    this.cells.pushKey(link, key);
  }

  /** Has a job wait until all with the same key before it are done. */
  hold(link: number, leader: number): void {
    const cells = this.cells;
    cells.set(link, CELL.next, 0);
    cells.change(link, KIND.held);
    const last = cells.get(leader, CELL.heldLast);
    if (last === 0) cells.set(leader, CELL.heldFirst, link);
    else cells.set(cells.check(last), CELL.next, link);
    cells.set(leader, CELL.heldLast, link);
  }

  /** Lets the next job with the same key come; returns whether there is one. */
  passKey(link: number, nowMs: number): boolean {
    const cells = this.cells;
    const key = cells.getLong(link, CELL.key);
    if (key === 0) return false;
    cells.unlinkKey(link, key);
    const next = cells.get(link, CELL.heldFirst);
    if (next === 0) return false;
    const rest = cells.get(cells.checkKind(next, KINDS.held), CELL.next);
    const last = cells.get(link, CELL.heldLast);
    cells.set(next, CELL.heldFirst, rest);
    cells.set(next, CELL.heldLast, rest === 0 ? 0 : last);
    cells.pushKey(next, key);
    this.waitTurn(next, cells.getLong(next, CELL.due) > nowMs);
    return true;
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

if (CLASS_COUNT !== 32) throw new Error("queue: the classes are the bits of one word");
