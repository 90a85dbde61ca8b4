/**
 * Which job is due first: a binary heap of cells in shared memory, each of which knows its place in it, so that any of
 * them can be taken out. (Williams, "Algorithm 232: Heapsort", CACM 1964.)
 *
 * @module
 */
import { type JobCells, JobDamage } from "./job-cells.ts";
import { CELL, QUEUE } from "./queue-layout.ts";

/** The heap; whoever calls holds the queue's mutex. */
export class JobTimers {
  private readonly cells: JobCells;

  constructor(cells: JobCells) {
    this.cells = cells;
  }

  /** The cell that is due first. */
  get first(): number {
    return this.linkAt(0);
  }

  /** When it is due, in milliseconds of the shared clock; Infinity when there is none. */
  get firstMs(): number {
    return this.count === 0 ? Infinity : this.due(this.first);
  }

  insert(link: number): void {
    const place = this.count;
    if (place >= this.cells.cellCount) throw new JobDamage("more times than cells");
    this.cells.setHeader(QUEUE.timerCount, place + 1);
    this.rise(link, place);
  }

  remove(link: number): void {
    const place = (this.cells.get(link, CELL.timer) >>> 0) - 1;
    const last = this.count - 1;
    if (place > last || this.linkAt(place) !== link) {
      throw new JobDamage(`cell ${link - 1} is not among those that wait for a time`);
    }
    const moved = this.linkAt(last);
    this.cells.setHeader(QUEUE.timerCount, last);
    this.cells.set(link, CELL.timer, 0);
    if (place === last) return;
    this.sink(moved, place);
    this.rise(moved, (this.cells.get(moved, CELL.timer) >>> 0) - 1);
  }

  private get count(): number {
    const count = this.cells.header(QUEUE.timerCount) >>> 0;
    if (count > this.cells.cellCount) throw new JobDamage("more times than cells");
    return count;
  }

  private rise(link: number, from: number): void {
    const due = this.due(link);
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.linkAt(parent);
      if (this.due(above) <= due) break;
      this.put(above, place);
      place = parent;
    }
    this.put(link, place);
  }

  private sink(link: number, from: number): void {
    const count = this.count;
    const due = this.due(link);
    let place = from;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= count) break;
      if (child + 1 < count && this.due(this.linkAt(child + 1)) < this.due(this.linkAt(child)))
        child++;
      const below = this.linkAt(child);
      if (this.due(below) >= due) break;
      this.put(below, place);
      place = child;
    }
    this.put(link, place);
  }

  private due(link: number): number {
    return this.cells.getLong(link, CELL.due);
  }

  private linkAt(place: number): number {
    return this.cells.check(this.cells.timer(place));
  }

  private put(link: number, place: number): void {
    this.cells.setTimer(place, link);
    this.cells.set(link, CELL.timer, place + 1);
  }
}
