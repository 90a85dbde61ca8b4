/**
 * What jobs carry: their records and the texts of their errors, each in as many cells as it takes. Whoever calls holds
 * the queue's mutex, or the job.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { type JobCells, JobDamage, type TableShape } from "./job-cells.ts";
import { CELL, COUNTS, KIND, reasonText } from "./queue-layout.ts";

/** The longest text of an error that is kept, in bytes. */
export const ERROR_BYTES_MAX = 1024;

/** The records of a queue. */
export class JobRecords {
  private readonly words: Words;
  private readonly cells: JobCells;
  private readonly payloadBytes: number;

  constructor(words: Words, cells: JobCells, { payloadBytes }: TableShape) {
    this.words = words;
    this.cells = cells;
    this.payloadBytes = payloadBytes;
  }

  /** Takes cells for a record; 0 when there are not enough. The first is free until it is made something else. */
  allocate(lengthBytes: number): number {
    const cells = this.cells;
    const link = this.takeCells(lengthBytes);
    if (link === 0) return 0;
    cells.set(link, CELL.length, lengthBytes);
    cells.set(link, CELL.error, 0);
    cells.set(link, CELL.errorLength, 0);
    cells.set(link, CELL.reason, 0);
    cells.set(link, CELL.timer, 0);
    return link;
  }

  /** Frees a job's cells. */
  release(link: number): void {
    const isAlone =
      this.cells.get(link, CELL.error) === 0 && this.lengthOf(link) <= this.payloadBytes;
    if (isAlone) this.freeCell(link);
    else this.releaseParts(link);
  }

  private releaseParts(link: number): void {
    const parts = [...this.partsOf(link), ...this.errorPartsOf(link)];
    this.freeCell(link);
    for (const part of parts) this.freeCell(part);
  }

  /** Keeps as much of an error's text as there is room for, in the place of the one before. */
  keepError(link: number, text: Uint8Array): void {
    const cells = this.cells;
    for (const part of this.errorPartsOf(link)) this.freeCell(part);
    cells.set(link, CELL.error, 0);
    const free = cells.cellCount - cells.count("usedCells");
    const length = Math.min(text.length, ERROR_BYTES_MAX, free * this.payloadBytes);
    if (length === 0) return;
    const first = this.takeCells(length);
    cells.change(first, KIND.more);
    this.visit(first, length, (word, at, part) => {
      for (let i = 0; i < part; i += 4) {
        let value = 0;
        for (let byte = 0; byte < 4; byte++) value |= (text[at + i + byte] ?? 0) << (byte * 8);
        this.words.set(word + i / 4, value);
      }
    });
    cells.set(link, CELL.errorLength, length);
    cells.set(link, CELL.error, first);
  }

  /** Why a job came back the last time, in words; undefined when it never did. */
  lastError(link: number): string | undefined {
    if (this.cells.get(link, CELL.error) !== 0) {
      return new TextDecoder().decode(this.readError(link));
    }
    return reasonText(this.cells.get(link, CELL.reason) >>> 0);
  }

  /** The text of a job's last error, in UTF-8; empty when it has none. */
  readError(link: number): Uint8Array {
    const first = this.cells.get(link, CELL.error);
    const text = new Uint8Array(first === 0 ? 0 : this.errorLengthOf(link));
    this.visit(first, text.length, (word, at, part) => {
      for (let i = 0; i < part; i++) {
        text[at + i] = this.words.get(word + (i >> 2)) >>> ((i & 3) * 8);
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
    this.visit(link, this.lengthOf(link), (word, from, part) => visit(word * 4, from, part));
  }

  /** Where the first cell's part of a job's record begins, in bytes from word 0. */
  offsetOf(link: number): number {
    return this.cells.payloadOf(link) * 4;
  }

  /** How long a job's record is; no longer than the queue. */
  lengthOf(link: number): number {
    const length = this.cells.get(link, CELL.length) >>> 0;
    if (length <= this.cells.cellCount * this.payloadBytes) return length;
    throw new JobDamage(`cell ${link - 1} has a record of ${length} bytes`);
  }

  /** The cells with the rest of a job's record. */
  partsOf(link: number): number[] {
    return this.chain(link, this.lengthOf(link)).slice(1);
  }

  /** The cells with the text of its last error. */
  errorPartsOf(link: number): number[] {
    const first = this.cells.get(link, CELL.error);
    return first === 0 ? [] : this.chain(this.cells.check(first), this.errorLengthOf(link));
  }

  private errorLengthOf(link: number): number {
    return Math.min(this.cells.get(link, CELL.errorLength) >>> 0, ERROR_BYTES_MAX);
  }

  /** As many cells as a length takes, from the first one on. */
  private chain(first: number, lengthBytes: number): number[] {
    const chain = [first];
    const count = this.cellsFor(lengthBytes);
    for (let link = first; chain.length < count; ) {
      link = this.cells.check(this.cells.get(link, CELL.more));
      chain.push(link);
    }
    return chain;
  }

  private cellsFor(lengthBytes: number): number {
    return Math.max(1, Math.ceil(lengthBytes / this.payloadBytes));
  }

  private visit(
    first: number,
    length: number,
    visit: (word: number, from: number, length: number) => void,
  ): void {
    let link = first;
    for (let from = 0; from < length; from += this.payloadBytes) {
      visit(this.cells.payloadOf(link), from, Math.min(this.payloadBytes, length - from));
      link = this.cells.get(link, CELL.more);
    }
  }

  /** Takes so many cells; all but the first become parts of it. 0 when there are not enough. */
  private takeCells(lengthBytes: number): number {
    const cells = this.cells;
    const count = this.cellsFor(lengthBytes);
    if (cells.count("usedCells") + count > cells.cellCount) return 0;
    let more = 0;
    for (let taken = 1; ; taken++) {
      const link = cells.popFree();
      cells.addToGauge(COUNTS.usedCells, 1);
      cells.set(link, CELL.more, more);
      // It is no longer the cell of the job that it was: who looks from outside goes by that.
      cells.setLong(link, CELL.sequence, 0);
      if (taken === count) return link;
      cells.change(link, KIND.more);
      more = link;
    }
  }

  private freeCell(link: number): void {
    const cells = this.cells;
    cells.change(link, KIND.free);
    cells.pushFree(link);
    cells.addToGauge(COUNTS.usedCells, -1);
  }
}
