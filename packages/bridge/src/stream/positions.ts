/**
 * How far each lane has come, kept where a killed bridge leaves it: in persistent named memory, or in a file beside a journal.
 *
 * ```text
 *      0 ┌ magic        u32   "ISTP"
 *      4 │ version      u32   1
 *      8 │ epoch        u64   of the segment that is filled
 *     16 │ lane         i32   which of its lanes is kept for this; -1: none yet
 *     20 │ pending      u32   1 while records are being put there: what follows says which
 *     24 │ entry        u32   of which lane they are, a number in the table
 *     28 │ count        u32   how many
 *     32 │ before       f64   where the segment's lane was before them
 *     40 │ after        f64   and where it is with all of them
 *     48 │ sequence     f64   of the last message of the stream that was taken in whole; 0: none
 *     56 │ time         f64   when the server stored that one, in nanoseconds since 1970
 *     64 └ reserved     64 bytes
 *    128 ┌ the table: 512 times
 *          0 ┌ epoch      u64   of the lane
 *          8 │ lane       u32
 *         12 │ isUsed     u32
 *         16 │ position   f64   everything before it has been taken in (or acknowledged, of a bridge that sends)
 *         24 └ sequence   f64   of the message with which that was, in the stream
 *  16512 ┌ ends         4096 times f64: positions behind the pending records
 * ```
 *
 * What is pending is written first, then the records are published, then the position is moved, then nothing is pending. Killed in
 * between, the next bridge finds by the segment's own position whether the records are there: none is lost, and none comes twice.
 *
 * @module
 */
import { CorruptSegmentError, MemoryMappedFile, type ViewAccessor } from "@isthmus/core";
import type { LaneKey } from "./frame.ts";

const MAGIC = 0x50_54_53_49;
const VERSION = 1;
const ENTRIES = 512;
const HEADER_BYTES = 128;
const ENTRY_BYTES = 32;
const ENDS_OFFSET = HEADER_BYTES + ENTRIES * ENTRY_BYTES;

/** How many records can be pending. */
export const PENDING_MAX = 4096;

const TOTAL_BYTES = ENDS_OFFSET + PENDING_MAX * 8;

/** Numbers of 4 bytes. */
const WORD = { magic: 0, version: 1, lane: 4, pending: 5, entry: 6, count: 7 } as const;
/** Numbers of 8 bytes. */
const LONG = { epoch: 1, before: 4, after: 5, sequence: 6, time: 7 } as const;
const ENTRY_WORD = { lane: 2, isUsed: 3 } as const;
const ENTRY_LONG = { epoch: 0, position: 2, sequence: 3 } as const;

/** How far a lane has come. */
export interface Reached {
  readonly position: number;
  /** Of the message of the stream with which that was. */
  readonly sequence: number;
}

/** A message of the stream. */
export interface StoredMessage {
  readonly sequence: number;
  /** When the server stored it, in nanoseconds since 1970, as near as a number can have them. */
  readonly time: number;
}

/** Records that are being put somewhere. */
export interface Pending {
  readonly key: LaneKey;
  /** Where what is filled was before them, and is with all of them. */
  readonly before: number;
  readonly after: number;
  /** Position behind each of them. */
  readonly ends: ArrayLike<number>;
}

/** The positions of a bridge. */
export class Positions implements Disposable {
  readonly #file: MemoryMappedFile;
  /** It holds the name as the file does. */
  readonly #view: ViewAccessor;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #longs: Float64Array<ArrayBuffer>;
  readonly #epochs: BigUint64Array<ArrayBuffer>;
  /** Numbers of entries, by their lanes. */
  readonly #entries = new Map<string, number>();

  private constructor(file: MemoryMappedFile, where: string) {
    this.#file = file;
    this.#view = file.createViewAccessor({ size: TOTAL_BYTES });
    const { buffer, byteOffset } = this.#view.bytes();
    this.#words = new Int32Array(buffer, byteOffset, TOTAL_BYTES / 4);
    this.#longs = new Float64Array(buffer, byteOffset, TOTAL_BYTES / 8);
    this.#epochs = new BigUint64Array(buffer, byteOffset, TOTAL_BYTES / 8);
    try {
      this.#begin(where);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Opens those in named memory, or makes them. */
  static named(name: string): Positions {
    const lifetime = "persistent";
    return new Positions(MemoryMappedFile.createOrOpen(name, TOTAL_BYTES, { lifetime }), name);
  }

  /** Opens those in a file, or makes it. */
  static inFile(path: string): Positions {
    const mode = "openOrCreate";
    const file = MemoryMappedFile.createFromFile(path, { mode, capacity: TOTAL_BYTES });
    return new Positions(file, path);
  }

  /** How far a lane has come; undefined when nothing is known of it. */
  get(key: LaneKey): Reached | undefined {
    const entry = this.#entries.get(textOf(key));
    if (entry === undefined) return undefined;
    const at = longOf(entry);
    return {
      position: this.#longs[at + ENTRY_LONG.position] as number,
      sequence: this.#longs[at + ENTRY_LONG.sequence] as number,
    };
  }

  /** Says how far a lane has come. */
  set(key: LaneKey, { position, sequence }: Reached): void {
    const at = longOf(this.#entryOf(key));
    this.#longs[at + ENTRY_LONG.position] = position;
    this.#longs[at + ENTRY_LONG.sequence] = sequence;
  }

  /** The lanes that are known. */
  get lanes(): LaneKey[] {
    return [...this.#entries.values()].map((entry) => this.#keyOf(entry));
  }

  /** The last message that was taken in whole: no other one has its number and its time, whatever the server has lost. */
  get last(): StoredMessage | undefined {
    const sequence = this.#longs[LONG.sequence] as number;
    return sequence > 0 ? { sequence, time: this.#longs[LONG.time] as number } : undefined;
  }

  /** Says that a message was taken in whole, with which its lane has come to a position. */
  complete(key: LaneKey, position: number, { sequence, time }: StoredMessage): void {
    this.set(key, { position, sequence });
    this.#longs[LONG.sequence] = 0;
    this.#longs[LONG.time] = time;
    this.#longs[LONG.sequence] = sequence;
  }

  /** Forgets which messages there were: the stream's numbers are not those that they were. */
  forgetNumbers(): void {
    this.#longs[LONG.sequence] = 0;
    for (const entry of this.#entries.values()) {
      this.#longs[longOf(entry) + ENTRY_LONG.sequence] = 0;
    }
  }

  /** Which lane of which segment is kept for this. */
  get kept(): LaneKey | undefined {
    const lane = this.#words[WORD.lane] as number;
    return lane < 0 ? undefined : { epoch: this.#epochs[LONG.epoch] as bigint, lane };
  }

  /** Says which lane of which segment is kept. */
  keep({ epoch, lane }: LaneKey): void {
    this.#words[WORD.lane] = -1;
    this.#epochs[LONG.epoch] = epoch;
    this.#words[WORD.lane] = lane;
  }

  /**
   * Says what is about to be published.
   *
   * @returns What says that it has been.
   */
  begin({ key, before, after, ends }: Pending): () => void {
    const words = this.#words;
    const entry = this.#entryOf(key);
    const { length } = ends;
    words[WORD.entry] = entry;
    words[WORD.count] = length;
    this.#longs[LONG.before] = before;
    this.#longs[LONG.after] = after;
    for (let i = 0; i < length; i++) this.#longs[ENDS_OFFSET / 8 + i] = ends[i] as number;
    Atomics.store(words, WORD.pending, 1);
    return () => {
      this.#longs[longOf(entry) + ENTRY_LONG.position] = ends[length - 1] as number;
      this.end();
    };
  }

  /** What was begun and has not ended. */
  get pending(): Pending | undefined {
    const words = this.#words;
    if (words[WORD.pending] !== 1) return undefined;
    const entry = words[WORD.entry] as number;
    const count = words[WORD.count] as number;
    if (entry < 0 || entry >= ENTRIES || count < 1 || count > PENDING_MAX) return undefined;
    return {
      key: this.#keyOf(entry),
      before: this.#longs[LONG.before] as number,
      after: this.#longs[LONG.after] as number,
      ends: this.#longs.slice(ENDS_OFFSET / 8, ENDS_OFFSET / 8 + count),
    };
  }

  /** Says that nothing is pending. */
  end(): void {
    Atomics.store(this.#words, WORD.pending, 0);
  }

  /**
   * Ends what a bridge has begun that was killed.
   *
   * @param landed Tells how many of the pending records are there.
   */
  recover(landed: (pending: Pending) => number): void {
    const { pending } = this;
    if (pending !== undefined) {
      const { key, ends } = pending;
      const found = Math.min(ends.length, landed(pending));
      const position = ends[found - 1];
      if (position !== undefined)
        this.set(key, { position, sequence: this.get(key)?.sequence ?? 0 });
    }
    this.end();
  }

  [Symbol.dispose](): void {
    this.#view.dispose();
    this.#file.dispose();
  }

  #begin(where: string): void {
    const words = this.#words;
    if (words[WORD.magic] === 0) {
      words[WORD.version] = VERSION;
      words[WORD.lane] = -1;
      Atomics.store(words, WORD.magic, MAGIC);
    }
    if (words[WORD.magic] !== MAGIC || words[WORD.version] !== VERSION) {
      throw new CorruptSegmentError(
        `Cannot read how far the bridge has come in "${where}": it is something else; remove it to begin anew`,
      );
    }
    for (let entry = 0; entry < ENTRIES; entry++) {
      if (words[wordOf(entry) + ENTRY_WORD.isUsed] !== 1) continue;
      const { position } = this.#reachedAt(entry);
      if (Number.isSafeInteger(position) && position >= 0) {
        this.#entries.set(textOf(this.#keyOf(entry)), entry);
      }
    }
  }

  #reachedAt(entry: number): Reached {
    const at = longOf(entry);
    return {
      position: this.#longs[at + ENTRY_LONG.position] as number,
      sequence: this.#longs[at + ENTRY_LONG.sequence] as number,
    };
  }

  #keyOf(entry: number): LaneKey {
    const epoch = this.#epochs[longOf(entry) + ENTRY_LONG.epoch] as bigint;
    return { epoch, lane: (this.#words[wordOf(entry) + ENTRY_WORD.lane] as number) >>> 0 };
  }

  #entryOf(key: LaneKey): number {
    const text = textOf(key);
    const known = this.#entries.get(text);
    if (known !== undefined) return known;
    const entry = this.#freeEntry();
    const [word, long] = [wordOf(entry), longOf(entry)];
    this.#epochs[long + ENTRY_LONG.epoch] = key.epoch;
    this.#words[word + ENTRY_WORD.lane] = key.lane;
    this.#longs[long + ENTRY_LONG.position] = 0;
    this.#longs[long + ENTRY_LONG.sequence] = 0;
    Atomics.store(this.#words, word + ENTRY_WORD.isUsed, 1);
    this.#entries.set(text, entry);
    return entry;
  }

  /** One that nobody uses, or else that of the lane from which nothing has come for longest. */
  #freeEntry(): number {
    const used = new Set(this.#entries.values());
    let free = 0;
    while (used.has(free)) free++;
    if (free < ENTRIES) return free;
    const age = (entry: number): number => this.#reachedAt(entry).sequence;
    const [text, oldest] = [...this.#entries].reduce((a, b) => (age(b[1]) < age(a[1]) ? b : a));
    Atomics.store(this.#words, wordOf(oldest) + ENTRY_WORD.isUsed, 0);
    this.#entries.delete(text);
    return oldest;
  }
}

function wordOf(entry: number): number {
  return (HEADER_BYTES + entry * ENTRY_BYTES) / 4;
}

function longOf(entry: number): number {
  return (HEADER_BYTES + entry * ENTRY_BYTES) / 8;
}

function textOf({ epoch, lane }: LaneKey): string {
  return `${epoch}.${lane}`;
}
