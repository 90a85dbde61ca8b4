/**
 * Following the jobs of a work queue from outside, as they are added.
 *
 * A job has a number, which grows, and a cell, which has the number until another job gets the cell. So whoever looks at
 * all cells now and then finds every job that is there, and knows by the numbers how many it has not seen.
 *
 * @module
 */
import type { Mapping, Section } from "@isthmus/core/internal";
import { CELL, KIND, KIND_MASK, KINDS, longOf, QUEUE } from "../queue/queue-layout.ts";
import { MUTEX_BYTES } from "../sync/mutex-layout.ts";
import type { TailedRecord } from "./lane-tail.ts";
import { ObservedWords } from "./observed-words.ts";
import { CellReader, type QueueSizes, turnOf } from "./queue-state.ts";

/** How often to try for a moment in which nobody changes the queue. */
const ATTEMPTS_MAX = 64;

/** The kinds of cells that begin a job. */
const JOBS = KINDS.leading | KINDS.held | KINDS.dead;

/** The sections of a queue that are looked into. */
export interface QueuePlace {
  readonly state: Section;
  readonly mutex: Section;
}

/** A queue as it is followed. */
export class JobTail {
  readonly #words: ObservedWords;
  readonly #mutex: ObservedWords;
  readonly #cells: CellReader;
  readonly #sizes: QueueSizes;
  /** The jobs that were found and not copied yet, the oldest first. */
  #found: FoundCell[] = [];
  #at = 0;
  /** Number of the last job that was looked for. */
  #last = 0;
  #missed = 0;

  /**
   * @param mapping The file, from its beginning, mapped for reading.
   * @param from Where to begin: at the jobs that are there, or at those that are added from now on.
   */
  constructor(
    mapping: Mapping,
    { state, mutex }: QueuePlace,
    sizes: QueueSizes,
    from: "held" | "new",
  ) {
    this.#sizes = sizes;
    this.#words = new ObservedWords(mapping, state.offset, state.length);
    this.#mutex = new ObservedWords(mapping, mutex.offset, MUTEX_BYTES);
    const read = (offset: number, lengthBytes: number): Uint8Array<ArrayBuffer> =>
      mapping.bytes(state.offset + offset, lengthBytes).slice();
    this.#cells = new CellReader(read, sizes);
    const last = this.#readLast() ?? this.#long(QUEUE.lastSequence);
    if (from === "held") this.#find(last, JOBS);
    this.#last = last;
  }

  /** How many jobs were done before they could be copied. */
  get missed(): number {
    return this.#missed;
  }

  /**
   * Copies the next job.
   *
   * @param bytesMax How much of it to copy at most.
   * @returns Undefined when there is none now.
   */
  next(bytesMax: number): TailedRecord | undefined {
    for (;;) {
      const found = this.#found[this.#at++] ?? this.#findNew();
      if (found === undefined) return undefined;
      const record = this.#copy(found, bytesMax);
      if (record !== undefined) return record;
      this.#missed++;
    }
  }

  /** Looks for jobs that have been added since the last look; the first one of them. */
  #findNew(): FoundCell | undefined {
    const before = this.#last;
    const last = this.#readLast() ?? before;
    if (last === before) return undefined;
    // Numbers never go back: one of the two was a lie.
    this.#find(last, JOBS | (1 << KIND.free));
    this.#missed += Math.max(0, last - before - this.#found.length);
    this.#last = last;
    return this.#found[this.#at++];
  }

  /** Finds the cells of some kinds whose jobs come behind the last one, up to another one. */
  #find(last: number, kinds: number): void {
    const { cellCount, cellBytes } = this.#sizes;
    const found = new Map<number, FoundCell>();
    let word = this.#cells.offsetOf(1) / 4;
    for (let link = 1; link <= cellCount; link++, word += cellBytes / 4) {
      const id = this.#long(word + CELL.sequence);
      if (id <= this.#last || id > last) continue;
      if (((kinds >>> this.#kindAt(word)) & 1) === 1) found.set(id, { id, link, word });
    }
    this.#found = Array.from(found.values()).sort((one, other) => one.id - other.id);
    this.#at = 0;
  }

  /**
   * Copies a job. Its record does not change from its being added until its cell is free; one that is free still has it as
   * long as nobody has changed anything since.
   */
  #copy({ id, link, word }: FoundCell, bytesMax: number): TailedRecord | undefined {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const turn = this.#turn();
      const cell = this.#cells.facts(link);
      if (cell?.id !== id) return undefined;
      const { lengthBytes, priority } = cell;
      // The other cells of a long one may be somebody else's by now.
      if (cell.kind === KIND.free && lengthBytes > this.#cells.payloadBytes) return undefined;
      const bytes = this.#cells.record(link, cell, bytesMax);
      const isSame = this.#fencedLong(word + CELL.sequence) === id;
      if (!isSame || bytes === undefined) return undefined;
      const isJob = ((JOBS >>> (this.#words.load(word + CELL.state) & KIND_MASK)) & 1) === 1;
      if (isJob || (turn !== undefined && turn === this.#turn())) {
        const plain = { lane: 0, part: "job", requestNumber: undefined } as const;
        return { ...plain, position: id, priority, lengthBytes, bytes };
      }
    }
    return undefined;
  }

  /** Number of the last job that was added; undefined when somebody changes the queue all the time. */
  #readLast(): number | undefined {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const turn = this.#turn();
      const last = this.#fencedLong(QUEUE.lastSequence);
      if (turn !== undefined && turn === this.#turn()) return last;
    }
    return undefined;
  }

  #turn(): number | undefined {
    return turnOf((word) => this.#mutex.load(word));
  }

  #kindAt(word: number): number {
    return this.#words.peek(word + CELL.state) & KIND_MASK;
  }

  #long(word: number): number {
    return longOf(this.#words.peek(word), this.#words.peek(word + 1));
  }

  #fencedLong(word: number): number {
    return longOf(this.#words.load(word), this.#words.load(word + 1));
  }
}

/** A cell with a job that was added since the last look. */
interface FoundCell {
  readonly id: number;
  readonly link: number;
  /** Word of section "state" at which it begins. */
  readonly word: number;
}
