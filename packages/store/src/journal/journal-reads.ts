/**
 * One handle's side of reading: where to begin, by a sequence, a time, or a name.
 *
 * @module
 */
import { conditionError } from "@isthmus/core/internal";
import { BackwardSource } from "./backward-source.ts";
import {
  BUSY,
  type Entry,
  type EntrySource,
  type SourceParts,
  segmentOfTime,
} from "./entry-source.ts";
import { ForwardSource } from "./forward-source.ts";
import type { ReaderParts, ReadStart } from "./journal-inside.ts";
import type { CheckedRead, CheckedVisit, JournalTailer } from "./journal-options.ts";
import { JournalReading } from "./journal-reading.ts";
import type { JournalWriter } from "./journal-writer.ts";
import { RecordCursor, type Visit } from "./record-cursor.ts";
import { readHeader } from "./segment-header.ts";
import { SegmentIndexes } from "./segment-indexes.ts";
import { Tailer, Tailers } from "./tailer.ts";

/** What reading needs. */
export interface ReadsParts extends ReaderParts {
  /** For named tailers, which are files; throws where there is none, and says what it was for. */
  readonly writer: (what: string) => JournalWriter;
}

/** Reads for one handle. */
export class JournalReads implements Disposable {
  readonly #parts: ReadsParts;
  readonly #sources: SourceParts;
  readonly #indexes: SegmentIndexes;
  readonly #tailers: Tailers;
  readonly #readings = new Set<JournalReading<unknown>>();
  /** At the end of the journal when it was looked for last. */
  #end: RecordCursor | undefined;

  constructor(parts: ReadsParts) {
    const { storage, format, codec } = parts;
    this.#parts = parts;
    this.#indexes = new SegmentIndexes(storage, format);
    this.#tailers = new Tailers(storage, format.id);
    this.#sources = { storage, format, codec, indexes: this.#indexes };
  }

  /** Begins to read. */
  read<T>(checked: CheckedRead): JournalReading<T> {
    const { head, disposed } = this.#parts;
    const { follow, signal } = checked;
    const tailer = checked.tailer === undefined ? undefined : this.#openTailer(checked);
    try {
      const begin = tailer === undefined ? checked.from : tailer.position.sequence + 1;
      const reading = new JournalReading<T>({
        source: this.#sourceOf(begin, checked.backwards),
        head,
        disposed,
        signal,
        follow,
        position: typeof begin === "number" ? Math.max(begin - 1, 0) : 0,
        tailer,
        name: checked.tailer ?? "",
        onEnd: (ended) => this.#readings.delete(ended),
      });
      this.#readings.add(reading as JournalReading<unknown>);
      return reading;
    } catch (error) {
      tailer?.close();
      throw error;
    }
  }

  /** Gives all records from somewhere on to a function; returns how many there were. */
  visit(visit: Visit, { from, onGap }: CheckedVisit): number {
    const source = this.#forwardFrom(from);
    try {
      return source.visit(visit, onGap);
    } finally {
      source.close();
    }
  }

  /** With which sequence, and from which time on, a reader begins that looks for itself. */
  startOf(from: CheckedRead["from"]): ReadStart {
    if (!(from instanceof Date)) return { sequence: this.#sequenceOf(from), time: -Infinity };
    const time = from.getTime();
    return { sequence: segmentOfTime(this.#sources, time) ?? this.#sequenceOf("start"), time };
  }

  /** The named tailers. */
  tailers(): JournalTailer[] {
    const last = this.findEnd().next - 1;
    return this.#tailers.list().map(({ name, position }) => {
      const { sequence, time } = position ?? {};
      return { name, sequence, time, lag: sequence === undefined ? undefined : last - sequence };
    });
  }

  /** Opens a named tailer, which is the caller's then; it is made where there is none. */
  tailer(tailer: string): Tailer {
    return this.#openTailer({
      from: "start",
      follow: false,
      backwards: false,
      tailer,
      signal: undefined,
    });
  }

  /** Forgets a named tailer; returns whether there was one. */
  removeTailer(name: string): boolean {
    const { storage, writer } = this.#parts;
    return writer("remove a tailer of").inTurn(() => {
      const file = storage.openTailer(name);
      if (file === undefined) return false;
      try {
        if (!file.tryOwn()) throw busyTailer(name);
        storage.removeTailer(name);
        return true;
      } finally {
        file.close();
      }
    });
  }

  /** Goes to the end, from where it was the last time. */
  findEnd(): RecordCursor {
    const { storage, format } = this.#parts;
    let end = this.#end;
    if (end === undefined) {
      const last = storage.segments().at(-1) ?? 1;
      end = new RecordCursor(storage, format, last);
      const mark = readHeader(storage, format.id, last)?.mark;
      if (mark !== undefined) end.land(last, mark, Infinity);
      this.#end = end;
    }
    while (end.advance() !== "end");
    return end;
  }

  [Symbol.dispose](): void {
    for (const reading of this.#readings) reading.close();
    this.#indexes.close();
    this.#end?.close();
  }

  #sourceOf(from: CheckedRead["from"], backwards: boolean): EntrySource {
    if (!backwards) return this.#forwardFrom(from);
    if (from instanceof Date) return new BackwardSource(this.#sources, 0, from.getTime());
    if (from === "start") return new BackwardSource(this.#sources, 0, Infinity);
    const last = this.findEnd().next - 1;
    const high = from === "end" ? last : Math.min(from, last);
    return new BackwardSource(this.#sources, high, Infinity);
  }

  #forwardFrom(from: CheckedRead["from"]): ForwardSource {
    if (from instanceof Date) return new ForwardSource(this.#sources, 1, from.getTime());
    return new ForwardSource(this.#sources, this.#sequenceOf(from), -Infinity);
  }

  #sequenceOf(from: "start" | "end" | number): number {
    if (from === "start") return this.#parts.storage.segments()[0] ?? 1;
    return from === "end" ? this.findEnd().next : Math.max(from, 1);
  }

  /** The tailer of a name; it is made where there is none. */
  #openTailer({ from, tailer: name = "" }: CheckedRead): Tailer {
    const writer = this.#parts.writer("keep a tailer of");
    const found = this.#ownTailer(name);
    if (found instanceof Tailer) return found;
    const sequence = from instanceof Date ? this.#firstFrom(from) : this.#sequenceOf(from);
    // In the turn nobody removes it: whoever has it then reads under its name.
    return writer.inTurn(() => {
      let tailer = this.#ownTailer(name);
      if (tailer === "missing") {
        this.#tailers.create(name, sequence - 1);
        tailer = this.#ownTailer(name);
      }
      if (tailer instanceof Tailer) return tailer;
      throw busyTailer(name);
    });
  }

  #ownTailer(name: string): Tailer | "missing" | "busy" {
    const tailer = this.#tailers.open(name);
    if (tailer === undefined) return "missing";
    if (tailer.tryOwn()) return tailer;
    tailer.close();
    return "busy";
  }

  /** The sequence of the first record of a time or later. */
  #firstFrom(time: Date): number {
    const source = this.#forwardFrom(time);
    try {
      for (;;) {
        const entries: Entry[] = [];
        if (source.take(entries) === BUSY) continue;
        const [entry] = entries;
        if (entry === undefined) return this.findEnd().next;
        return entry.gap === undefined ? entry.sequence : entry.gap.from;
      }
    } finally {
      source.close();
    }
  }
}

function busyTailer(name: string): Error {
  const what = `use the tailer "${name}": somebody else reads under its name`;
  return conditionError("EBUSY", what, "flock");
}
