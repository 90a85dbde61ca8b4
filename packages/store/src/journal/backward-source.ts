/**
 * The records before a sequence or a time, the latest first. They are gone through a stretch at a time, each from an entry of an
 * index to the one behind it, and turned around.
 *
 * @module
 */
import {
  BUSY,
  type Entry,
  type EntrySource,
  RecordDecoder,
  type SourceParts,
} from "./entry-source.ts";
import { ForwardSource } from "./forward-source.ts";
import { SEGMENT } from "./journal-layout.ts";
import { type Gap, RecordCursor } from "./record-cursor.ts";

/** Times are whole milliseconds. */
const NEXT_MS = 0.5;

/** Entries against their order. Each comes once; what is missing between two of them is told. */
export class BackwardSource implements EntrySource {
  readonly #parts: SourceParts;
  readonly #decoder: RecordDecoder;
  /** The sequence of the next one; undefined as long as it is looked for. */
  #high: number | undefined;
  /** Finds the first record that is too late. */
  #behind: ForwardSource | undefined;
  /** The last one is the next. */
  readonly #stretch: Entry[] = [];
  #gap: Gap | undefined;
  #held: Entry | undefined;
  #doubted = 0;

  /**
   * @param high The sequence to begin with.
   * @param time Or the time, in milliseconds since 1970; Infinity for none.
   */
  constructor(parts: SourceParts, high: number, time: number) {
    this.#parts = parts;
    this.#decoder = new RecordDecoder(parts.codec);
    if (time < Infinity) this.#behind = new ForwardSource(parts, 1, time + NEXT_MS);
    else this.#high = high;
  }

  take(into: Entry[]): number {
    const entry = this.#takeOne();
    if (entry === BUSY) return BUSY;
    if (entry === undefined) return 0;
    into[0] = entry;
    return 1;
  }

  close(): void {
    this.#behind?.close();
    this.#stretch.length = 0;
  }

  #takeOne(): Entry | typeof BUSY | undefined {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) return held;
    const entry = this.#stretch.pop() ?? this.#more();
    if (entry === BUSY) return BUSY;
    if (entry?.gap !== undefined) {
      // It may go on in the stretch before.
      this.#gap = { from: entry.gap.from, to: this.#gap?.to ?? entry.gap.to };
      return BUSY;
    }
    const gap = this.#gap;
    if (gap === undefined) return entry;
    this.#gap = undefined;
    this.#held = entry;
    return { gap };
  }

  /** Goes through another stretch; undefined when there is none. */
  #more(): typeof BUSY | undefined {
    if (this.#high === undefined) {
      this.#findHigh();
      return BUSY;
    }
    const { storage, format, indexes } = this.#parts;
    const high = this.#high;
    const first = storage.segments().findLast((one) => one <= high);
    if (first === undefined) return undefined;
    const entries = indexes.find(first, { sequence: high, time: Infinity });
    if (entries === undefined) return BUSY;
    const entry = first === this.#doubted ? undefined : entries.upTo(high);
    const low = entry?.sequence ?? first;
    const cursor = new RecordCursor(storage, format, low);
    try {
      const isUseful = entry !== undefined && entry.offset > SEGMENT.frames;
      if (isUseful && !cursor.land(first, entry, Infinity)) {
        // Once it is made anew; then this segment is gone through from its start.
        indexes.drop(first);
        this.#doubted = first;
        return BUSY;
      }
      this.#collect(cursor, high);
    } finally {
      cursor.close();
    }
    this.#high = low - 1;
    return BUSY;
  }

  #collect(cursor: RecordCursor, high: number): void {
    const stretch = this.#stretch;
    const isBehind = (entry?: Entry) => entry?.gap === undefined && (entry?.sequence ?? 0) > high;
    while (cursor.next <= high) {
      const step = cursor.advanceToFrame();
      if (step === "end") return;
      if (step === "frame") {
        this.#decoder.takeFrame(cursor, stretch, stretch.length);
        while (isBehind(stretch.at(-1))) stretch.pop();
        continue;
      }
      const { from, to } = cursor.gap;
      if (from > high) return;
      stretch.push({ gap: { from, to: Math.min(to, high) } });
    }
  }

  #findHigh(): void {
    const behind = this.#behind as ForwardSource;
    const entries: Entry[] = [];
    if (behind.take(entries) === BUSY) return;
    const [entry] = entries;
    // What is missing may be of any time.
    if (entry?.gap !== undefined) this.#high = entry.gap.to;
    else this.#high = (entry?.sequence ?? behind.next ?? 1) - 1;
    behind.close();
  }
}
