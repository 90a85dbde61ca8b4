/**
 * Making the tables of a queue anew from its cells. Whoever calls holds the queue's mutex; dying in the middle of it does
 * no harm.
 *
 * @module
 */
import { type JobCells, JobDamage, type TableShape } from "./job-cells.ts";
import type { JobOrder } from "./job-order.ts";
import type { JobRecords } from "./job-records.ts";
import { CELL, COUNTS, DEAD_BIT, GAUGE_COUNT, KIND, KINDS, QUEUE } from "./queue-layout.ts";

/** The kinds that begin a job. */
const JOB_KINDS = KINDS.workedOn | KINDS.leading | KINDS.held | KINDS.dead;

/** What the tables consist of. */
export interface TableParts {
  readonly cells: JobCells;
  readonly records: JobRecords;
  readonly order: JobOrder;
  readonly shape: TableShape;
}

/** Makes everything anew that follows from the cells; what cannot be is freed and counted. */
export function rebuildTables(parts: TableParts, nowMs: number): void {
  const { cells, order } = parts;
  clearTables(parts);
  const byKey = new Map<number, number[]>();
  const taken: number[] = [];
  for (const link of survey(parts)) {
    const kind = cells.kindOf(link);
    // Somebody may have begun to try it anew.
    if (kind === KIND.dead) cells.set(link, CELL.place, cells.get(link, CELL.place) | DEAD_BIT);
    const isDead = (cells.get(link, CELL.place) & DEAD_BIT) !== 0;
    const key = kind === KIND.filling || isDead ? 0 : cells.getLong(link, CELL.key);
    if (kind === KIND.taken || kind === KIND.filling) taken.push(link);
    if (key > 0) byKey.set(key, [...(byKey.get(key) ?? []), link]);
    else replace(parts, link, nowMs);
  }
  for (const [key, group] of byKey) {
    const leader = leaderAmong(group.map((link) => [link, cells.kindOf(link)] as const));
    order.lead(leader, key);
    replace(parts, leader, nowMs);
    for (const link of group) if (link !== leader) order.hold(link, leader);
  }
  const since = (link: number): number => cells.getLong(link, CELL.takenAt);
  for (const link of taken.sort((one, other) => since(one) - since(other))) cells.pushTaken(link);
}

/** Has times that another start of the machine has set begin anew; the tables are to be made anew after it. */
export function restartTimes(cells: JobCells, nowNs: number): void {
  for (let link = 1; link <= cells.cellCount; link++) {
    const dueMs = cells.getLong(link, CELL.due);
    const setNs = Math.max(cells.getLong(link, CELL.addedAt), cells.getLong(link, CELL.takenAt));
    if (dueMs > 0) {
      const delayMs = Math.max(0, dueMs - setNs / 1e6);
      cells.setLong(link, CELL.due, Math.ceil(nowNs / 1e6 + delayMs));
    }
    cells.setLong(link, CELL.addedAt, nowNs);
    cells.setLong(link, CELL.takenAt, nowNs);
  }
}

/** Empties all lists, and sets the gauges to 0. */
function clearTables({ cells, shape }: TableParts): void {
  for (let word = QUEUE.freeFirst; word <= QUEUE.classes; word++) cells.setHeader(word, 0);
  for (let word = QUEUE.counts; word < QUEUE.counts + GAUGE_COUNT * 2; word++) {
    cells.setHeader(word, 0);
  }
  const end = QUEUE.tables + shape.keyLists;
  for (let word = QUEUE.classWords; word < end; word++) cells.setHeader(word, 0);
}

/**
 * Looks at all cells when the lists are empty: counts the jobs that there are, and frees everything else.
 *
 * @returns The jobs, the oldest first.
 */
function survey({ cells, records }: TableParts): number[] {
  const isPart = new Uint8Array(cells.cellCount + 1);
  const jobs: number[] = [];
  for (let link = 1; link <= cells.cellCount; link++) {
    if (((JOB_KINDS >>> cells.kindOf(link)) & 1) === 0) continue;
    cells.set(link, CELL.timer, 0);
    if (claimParts(cells, isPart, () => records.partsOf(link))) {
      if (!claimParts(cells, isPart, () => records.errorPartsOf(link))) {
        cells.set(link, CELL.error, 0);
        cells.set(link, CELL.errorLength, 0);
      }
      jobs.push(link);
    } else {
      // A record that is not whole is nobody's.
      cells.erase(link);
      cells.add(COUNTS.corruptions, 1);
    }
  }
  const isJob = new Set(jobs);
  let used = 0;
  let last = cells.lastSequence;
  for (let link = cells.cellCount; link >= 1; link--) {
    if (isJob.has(link)) {
      cells.countKind(cells.kindOf(link), 1);
      last = Math.max(last, cells.getLong(link, CELL.sequence));
      used++;
    } else if (isPart[link] === 1) used++;
    else {
      if (cells.kindOf(link) !== KIND.free) cells.erase(link);
      cells.pushFree(link);
    }
  }
  cells.addToGauge(COUNTS.usedCells, used);
  cells.lastSequence = last;
  const order = (link: number): number => cells.getLong(link, CELL.sequence);
  return jobs.sort((one, other) => order(one) - order(other));
}

/** Marks cells as parts of a job, unless one of them cannot be. */
function claimParts(
  cells: JobCells,
  isPart: Uint8Array,
  partsOf: () => readonly number[],
): boolean {
  let parts: readonly number[];
  try {
    parts = partsOf();
  } catch (error) {
    if (!(error instanceof JobDamage)) throw error;
    return false;
  }
  const isFree = parts.every((part) => isPart[part] === 0 && cells.kindOf(part) === KIND.more);
  if (isFree) for (const part of parts) isPart[part] = 1;
  return isFree;
}

/** Puts a job where it belongs by what its cell says. */
function replace({ cells, order, shape }: TableParts, link: number, nowMs: number): void {
  const kind = cells.kindOf(link);
  if (kind === KIND.taken) {
    // Whoever was giving it back may have taken its time away: then it is over.
    if (shape.leaseMs > 0) order.timers.insert(link);
  } else if (kind === KIND.dead) cells.pushList(QUEUE.deadFirst, link);
  else if (kind !== KIND.filling) order.waitTurn(link, cells.getLong(link, CELL.due) > nowMs);
}

/** Who of those with one key goes first: who is being worked on, else who waits for no other, else the oldest. */
function leaderAmong(group: readonly (readonly [link: number, kind: number])[]): number {
  const first =
    group.find(([, kind]) => kind === KIND.taken) ??
    group.find(([, kind]) => kind !== KIND.held) ??
    group[0];
  return first?.[0] ?? 0;
}
