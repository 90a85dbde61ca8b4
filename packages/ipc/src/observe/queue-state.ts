/**
 * A work queue's sizes and cells as an observer finds them, who does not hold its mutex.
 *
 * @module
 */
import type { Mode } from "../flow/record-layout.ts";
import { ERROR_BYTES_MAX } from "../queue/job-records.ts";
import { priorityOf } from "../queue/priority.ts";
import {
  CELL,
  CELL_HEADER_BYTES,
  CLASS_MASK,
  cellsOffset,
  KIND_MASK,
  longOf,
  QUEUE,
  queueBytes,
  reasonText,
} from "../queue/queue-layout.ts";
import { MUTEX } from "../sync/mutex-layout.ts";
import { readMode } from "./lane-sizes.ts";
import { StateBytes } from "./state-bytes.ts";

/** What of section "state" has the sizes, the lists and the counters. */
export const QUEUE_HEADER_BYTES: number = QUEUE.classWords * 4;

/** The sizes of a queue. */
export interface QueueSizes {
  readonly mode: Mode;
  readonly cellCount: number;
  readonly cellBytes: number;
  readonly keyLists: number;
}

/**
 * Reads the sizes, and believes none that cannot be.
 *
 * @param lengthBytes Length of section "state".
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readQueueSizes(state: StateBytes, lengthBytes: number): QueueSizes {
  const isCellBytes = (n: number): boolean => n > CELL_HEADER_BYTES && n % 4 === 0;
  const cellBytes = state.chosen(QUEUE.cellBytes, "cell size", isCellBytes);
  const keyLists = state.word(QUEUE.keyLists);
  const isCellCount = (count: number): boolean =>
    count >= 1 && queueBytes(count, keyLists, cellBytes) <= lengthBytes;
  const cellCount = state.chosen(QUEUE.cellCount, "number of cells", isCellCount);
  return { mode: readMode(state, QUEUE.mode), cellCount, cellBytes, keyLists };
}

/** A number of two words; 0 where they have what cannot be one. */
export function longAt(state: StateBytes, word: number): number {
  return longOf(state.word(word), state.word(word + 1));
}

/**
 * How often a queue's mutex has been acquired: what was read between two looks that tell the same is of one moment.
 *
 * @param load Reads a word of section "mutex", behind what it has read before.
 * @returns Undefined while somebody holds it.
 */
export function turnOf(load: (word: number) => number): number | undefined {
  const turn = load(MUTEX.acquisitions);
  return load(MUTEX.owner) === 0 ? turn : undefined;
}

/** What the header of a cell says. */
export interface CellFacts {
  /** What the cell is: one of `KIND`. */
  readonly kind: number;
  readonly id: number;
  readonly attempts: number;
  readonly priority: number;
  readonly lengthBytes: number;
  /** Link of the next one in its list. */
  readonly next: number;
  readonly slot: number;
  readonly life: number;
  readonly takenAtNs: number;
  readonly error: number;
  readonly errorBytes: number;
  /** Why it came back the last time: one of `REASON`, or 0. */
  readonly reason: number;
}

/** Reads cells one by one. They may change meanwhile: nothing is followed for longer than there are cells. */
export class CellReader {
  readonly #read: (offset: number, lengthBytes: number) => Uint8Array<ArrayBuffer>;
  readonly #sizes: QueueSizes;
  readonly #start: number;

  /** @param read Copies a part of section "state" into memory of its own. */
  constructor(
    read: (offset: number, lengthBytes: number) => Uint8Array<ArrayBuffer>,
    sizes: QueueSizes,
  ) {
    this.#read = read;
    this.#sizes = sizes;
    this.#start = cellsOffset(sizes.cellCount, sizes.keyLists);
  }

  /** What a cell has room for behind its header, in bytes. */
  get payloadBytes(): number {
    return this.#sizes.cellBytes - CELL_HEADER_BYTES;
  }

  /** Where a cell begins in section "state", in bytes. */
  offsetOf(link: number): number {
    return this.#start + (link - 1) * this.#sizes.cellBytes;
  }

  /** What a cell says; undefined for a link that leads to none. */
  facts(link: number): CellFacts | undefined {
    if (!this.#isLink(link)) return undefined;
    const cell = new StateBytes(this.#read(this.offsetOf(link), CELL_HEADER_BYTES), "");
    return {
      kind: cell.word(CELL.state) & KIND_MASK,
      id: longAt(cell, CELL.sequence),
      attempts: cell.word(CELL.attempts),
      priority: priorityOf(cell.word(CELL.place) & CLASS_MASK),
      lengthBytes: cell.word(CELL.length),
      next: cell.word(CELL.next),
      slot: cell.word(CELL.owner) - 1,
      life: cell.word(CELL.ownerLife),
      takenAtNs: longAt(cell, CELL.takenAt),
      error: cell.word(CELL.error),
      errorBytes: Math.min(cell.word(CELL.errorLength), ERROR_BYTES_MAX),
      reason: cell.word(CELL.reason),
    };
  }

  /**
   * A copy of a job's record, from its beginning.
   *
   * @returns Undefined when its cells cannot be.
   */
  record(
    link: number,
    { lengthBytes }: Pick<CellFacts, "lengthBytes">,
    bytesMax: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    if (lengthBytes > this.#sizes.cellCount * this.payloadBytes) return undefined;
    return this.#chain(link, Math.min(lengthBytes, bytesMax));
  }

  /** Why a job came back the last time, in words; undefined when it never did. */
  errorText({
    error,
    errorBytes,
    reason,
  }: Pick<CellFacts, "error" | "errorBytes" | "reason">): string | undefined {
    const text = error === 0 ? undefined : this.#chain(error, errorBytes);
    return text === undefined ? reasonText(reason) : new TextDecoder().decode(text);
  }

  #chain(first: number, lengthBytes: number): Uint8Array<ArrayBuffer> | undefined {
    const bytes = new Uint8Array(new ArrayBuffer(lengthBytes));
    let link = first;
    for (let from = 0; from < lengthBytes; from += this.payloadBytes) {
      if (!this.#isLink(link)) return undefined;
      const length = Math.min(this.payloadBytes, lengthBytes - from);
      const cell = this.#read(this.offsetOf(link), CELL_HEADER_BYTES + length);
      bytes.set(cell.subarray(CELL_HEADER_BYTES), from);
      link = new StateBytes(cell, "").word(CELL.more);
    }
    return bytes;
  }

  #isLink(link: number): boolean {
    return link >= 1 && link <= this.#sizes.cellCount;
  }
}
