/**
 * The jobs of a work queue: which are ready, in which order, who works on which.
 *
 * An algorithm over words, for one participant at a time: whoever calls holds the queue's mutex. A process may die between
 * any two steps. What is true stands in the cells, and each job changes by one store; see `queue-layout.ts`. `rebuild`
 * makes the rest anew.
 *
 * @module
 */
import type { MachineStart } from "../metrics/machine-start.ts";
import type { Words } from "../words.ts";
import { JobCells, JobDamage, type JobOwner, type TableShape } from "./job-cells.ts";
import { JobOrder } from "./job-order.ts";
import { rebuildTables, restartTimes } from "./job-rebuild.ts";
import { JobRecords } from "./job-records.ts";
import {
  CELL,
  COUNTS,
  DEAD_BIT,
  KIND,
  KIND_MASK,
  KINDS,
  QUEUE,
  REASON,
  SHARE_SHIFT,
} from "./queue-layout.ts";

/** A job as it is added. */
export interface NewJob {
  /** Its class, and the share of it that it belongs to. */
  readonly jobClass: number;
  readonly share: number;
  /** Hash of its key, below 2^53; 0: it has none. */
  readonly key: number;
  /** When it is due, in milliseconds of the shared clock; 0: now. */
  readonly dueMs: number;
  readonly addedNs: number;
}

/** Why a job comes back. */
export type ReturnReason = keyof typeof REASON;

/** How a job comes back. */
export interface Returning {
  readonly reason: ReturnReason;
  /** When it is due again, in milliseconds of the shared clock; 0: now. */
  readonly dueMs: number;
  readonly nowMs: number;
  /** What is to be kept of the error, in UTF-8; without it the reason is what is told. */
  readonly error?: Uint8Array | undefined;
  /** Whether the attempt is not to count, as if nobody had taken the job. */
  readonly isUncounted?: boolean | undefined;
  /** Whether it is never to be tried again. */
  readonly isHopeless?: boolean | undefined;
}

const NO_TEXT = new Uint8Array();

/** The jobs of one queue. Jobs are named by their links: number of the cell + 1. */
export class JobTable {
  readonly cells: JobCells;
  readonly records: JobRecords;
  private readonly order: JobOrder;
  private readonly words: Words;
  private readonly paused: number;
  private readonly shape: TableShape;

  /** @param base Word at which section "state" begins. */
  constructor(words: Words, base: number, shape: TableShape) {
    this.cells = new JobCells(words, base, shape);
    this.records = new JobRecords(words, this.cells, shape);
    this.order = new JobOrder(this.cells);
    this.words = words;
    this.paused = base + QUEUE.isPaused;
    this.shape = shape;
  }

  /** Whether nothing is to be taken. */
  get isPaused(): boolean {
    return this.words.load(this.paused) !== 0;
  }

  /** When the next job is due, or the next lease over, in milliseconds of the shared clock; Infinity: never. */
  get nextDueMs(): number {
    return this.order.timers.firstMs;
  }

  /** Whether the time says anything about its jobs: one waits for it, or they are leased. */
  get isTimed(): boolean {
    return this.shape.leaseMs > 0 || this.nextDueMs !== Infinity;
  }

  /** Whether no job is left but dead letters. */
  get isEmpty(): boolean {
    const { cells } = this;
    return (
      cells.count("waiting") + cells.count("delayed") + cells.count("held") === 0 &&
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
    const link = this.records.allocate(lengthBytes);
    if (link === 0 || filler === undefined) return link;
    this.giveTo(link, filler);
    cells.change(link, KIND.filling);
    cells.pushTaken(link);
    return link;
  }

  /** Adds a job whose record has been written; returns its number. */
  publish(link: number, job: NewJob): number {
    const { cells } = this;
    if (cells.kindOf(link) === KIND.filling) cells.unlinkTaken(link);
    const sequence = cells.lastSequence + 1;
    cells.lastSequence = sequence;
    cells.set(link, CELL.attempts, 0);
    cells.set(link, CELL.place, job.jobClass | (job.share << SHARE_SHIFT));
    cells.setLong(link, CELL.sequence, sequence);
    cells.setLong(link, CELL.due, job.dueMs);
    cells.setLong(link, CELL.key, job.key);
    cells.setLong(link, CELL.addedAt, job.addedNs);
    this.order.enter(link, job.dueMs > 0);
    cells.add(COUNTS.added, 1);
    cells.add(COUNTS.addedBytes, cells.get(link, CELL.length) >>> 0);
    return sequence;
  }

  /**
   * Takes the next job that is ready.
   *
   * @returns Its link; 0 when there is none.
   */
  take(owner: JobOwner, nowMs: number, nowNs: number): number {
    this.handleDue(nowMs);
    if (this.words.get(this.paused) !== 0) return 0;
    const link = this.order.nextReady();
    if (link !== 0) this.begin(link, owner, nowMs, nowNs);
    return link;
  }

  /** Takes the dead letter that came first; 0 when there is none. */
  takeDead(owner: JobOwner, nowMs: number, nowNs: number): number {
    const { cells } = this;
    this.handleDue(nowMs);
    const link = cells.popList(QUEUE.deadFirst, KINDS.dead);
    if (link !== 0) this.begin(link, owner, nowMs, nowNs);
    return link;
  }

  /** Whether a job is still being worked on by whoever took it when its state was this. */
  isTaken(link: number, state: number): boolean {
    return this.cells.stateOf(link) === state && (state & KIND_MASK) === KIND.taken;
  }

  /** Ends a job that is taken; returns whether another one has come that waited for it. */
  finish(link: number, nowMs: number): boolean {
    const { cells } = this;
    this.leaveTaken(link);
    // The next one of its key first finds it gone.
    const isDead = this.isDead(link);
    this.records.release(link);
    const isPassed = !isDead && this.order.passKey(link, nowMs);
    cells.add(COUNTS.done, 1);
    return isPassed;
  }

  /** Gives a job that is taken back; returns whether it has become a dead letter. */
  giveBack(link: number, returning: Returning): boolean {
    const { cells } = this;
    const { maxAttempts } = this.shape;
    const { reason, dueMs, nowMs, error, isHopeless } = returning;
    if (returning.isUncounted === true) this.uncount(link);
    // Who leaves a dead letter says nothing about why it is one.
    else if (error !== undefined || !this.isDead(link)) this.explain(link, reason, error);
    this.leaveTaken(link);
    cells.add(COUNTS[reason], 1);
    if (this.isDead(link)) {
      this.bury(link);
      return true;
    }
    const isTriedOut = maxAttempts > 0 && cells.get(link, CELL.attempts) >>> 0 >= maxAttempts;
    if (isTriedOut || isHopeless === true) {
      cells.add(COUNTS.deadLettered, 1);
      cells.set(link, CELL.place, cells.get(link, CELL.place) | DEAD_BIT);
      this.bury(link);
      this.order.passKey(link, nowMs);
      return true;
    }
    cells.setLong(link, CELL.due, dueMs);
    this.order.waitTurn(link, dueMs > nowMs, true);
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
        cells.unlinkTaken(link);
        this.records.release(link);
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
    this.order.enter(link, false);
  }

  /** Forgets a dead letter that is in the list of them. */
  drop(link: number): void {
    this.cells.unlinkFrom(QUEUE.deadFirst, KINDS.dead, link);
    this.records.release(link);
  }

  /** Stops or lets go on what is taken. */
  pause(isPaused: boolean): void {
    this.words.store(this.paused, isPaused ? 1 : 0);
  }

  /** Makes everything anew that follows from the cells; what cannot be is freed and counted. */
  rebuild(nowMs: number): void {
    this.makeTables(nowMs);
    this.cells.add(COUNTS.recoveries, 1);
  }

  /** Whether delays and leases are measured by the clock of this start of the machine. */
  isOfStart([low, high]: MachineStart): boolean {
    const { cells } = this;
    return cells.header(QUEUE.boot) === low && cells.header(QUEUE.boot + 1) === high;
  }

  /** Has those begin anew that are not. */
  restartTimes(start: MachineStart, nowNs: number): void {
    // Somebody may have been faster.
    if (this.isOfStart(start)) return;
    const { cells } = this;
    restartTimes(cells, nowNs);
    this.makeTables(Math.floor(nowNs / 1e6));
    cells.setHeader(QUEUE.boot, start[0]);
    cells.setHeader(QUEUE.boot + 1, start[1]);
  }

  /** Makes the tables of a queue whose cells are all free. */
  init(): void {
    this.makeTables(0);
  }

  private makeTables(nowMs: number): void {
    const { cells, records } = this;
    rebuildTables({ cells, records, order: this.order, shape: this.shape }, nowMs);
  }

  /** Moves what is due to those that are ready, and what was worked on for too long back. */
  handleDue(nowMs: number): void {
    const { cells } = this;
    while (this.order.timers.firstMs <= nowMs) {
      const link = this.order.timers.first;
      if (cells.kindOf(link) === KIND.taken) {
        this.giveBack(link, { reason: "expired", dueMs: 0, nowMs });
      } else if (cells.kindOf(link) === KIND.delayed) {
        this.order.timers.remove(link);
        this.order.makeReady(link, false);
      } else throw new JobDamage(`cell ${link - 1} waits for a time and is of no such kind`);
    }
  }

  private begin(link: number, owner: JobOwner, nowMs: number, nowNs: number): void {
    const { cells } = this;
    const { leaseMs } = this.shape;
    this.giveTo(link, owner);
    // Who takes a dead letter looks into it.
    const isTried = !this.isDead(link);
    cells.setLong(link, CELL.takenAt, nowNs);
    cells.setLong(link, CELL.due, leaseMs > 0 ? nowMs + leaseMs : 0);
    cells.change(link, KIND.taken);
    // It counts when it is taken: who dies before that has not got it.
    if (isTried) cells.set(link, CELL.attempts, cells.get(link, CELL.attempts) + 1);
    cells.pushTaken(link);
    if (leaseMs > 0) this.order.timers.insert(link);
    if (isTried) cells.add(COUNTS.taken, 1);
  }

  private giveTo(link: number, owner: JobOwner): void {
    this.cells.set(link, CELL.owner, owner.slot + 1);
    this.cells.set(link, CELL.ownerLife, owner.life);
  }

  /** Takes a job out of those that are worked on. */
  private leaveTaken(link: number): void {
    this.cells.unlinkTaken(link);
    if (this.cells.get(link, CELL.timer) !== 0) this.order.timers.remove(link);
  }

  /** Has the last attempt of a job not count; that of a dead letter never has. */
  private uncount(link: number): void {
    const { cells } = this;
    const attempts = cells.get(link, CELL.attempts) >>> 0;
    if (attempts > 0 && !this.isDead(link)) cells.set(link, CELL.attempts, attempts - 1);
  }

  /** Keeps why a job comes back. */
  private explain(link: number, reason: ReturnReason, error: Uint8Array | undefined): void {
    const { cells, records } = this;
    cells.set(link, CELL.reason, REASON[reason]);
    if (error !== undefined || cells.get(link, CELL.error) !== 0) {
      records.keepError(link, error ?? NO_TEXT);
    }
  }

  private isDead(link: number): boolean {
    return (this.cells.get(link, CELL.place) & DEAD_BIT) !== 0;
  }

  private bury(link: number): void {
    this.cells.change(link, KIND.dead);
    this.cells.pushList(QUEUE.deadFirst, link);
  }
}
