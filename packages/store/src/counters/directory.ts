/**
 * The directory of what is counted: it only grows, so that reading it takes no lock. Who adds to it has the lock, writes the
 * record behind what is there, and then says by one store how much there is: who dies before that has added nothing.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import type { Words } from "@isthmus/ipc/internal";
import {
  COUNTERS,
  FIRST_NUMBER,
  RECORD,
  RECORD_HEADER_BYTES,
  recordBytesOf,
} from "./counters-layout.ts";
import { type Definition, numberCount, parseDefinition, sampleNames } from "./definition.ts";

/** A family and its series. */
export interface Family {
  readonly index: number;
  readonly definition: Definition;
  /** By {@link keyOf} of their labels' values. */
  readonly series: Map<string, Series>;
}

/** One combination of values of labels. */
export interface Series {
  readonly values: readonly string[];
  /** The first of its numbers in each column. */
  readonly number: number;
}

/** Where a directory is. */
export interface DirectoryPlace {
  readonly name: string;
  readonly words: Words;
  /** Word at which the state begins. */
  readonly state: number;
  /** Word at which the directory begins. */
  readonly start: number;
  readonly directoryBytes: number;
  /** How many numbers a column has. */
  readonly columnNumbers: number;
}

/** One string for the values of a series' labels. */
export function keyOf(values: readonly string[]): string {
  let key = "";
  for (const value of values) key += `${value.length}:${value}`;
  return key;
}

/** The directory as one handle knows it. */
export class Directory {
  readonly families: Family[] = [];
  readonly #place: DirectoryPlace;
  readonly #byName = new Map<string, Family>();
  readonly #taken = new Map<string, string>();
  #readBytes = 0;
  #nextNumber = FIRST_NUMBER;

  constructor(place: DirectoryPlace) {
    this.#place = place;
  }

  /** How many series there are, of all families. */
  get seriesCount(): number {
    return this.families.reduce((sum, { series }) => sum + series.size, 0);
  }

  /** How many numbers of each column are in use. */
  get usedNumbers(): number {
    return this.#nextNumber;
  }

  /** A family that is known by now; see {@link refresh}. */
  find(name: string): Family | undefined {
    return this.#byName.get(name);
  }

  /** The family that has a sample's name already. */
  takerOf(definition: Definition): string | undefined {
    for (const name of sampleNames(definition)) {
      const taker = this.#taken.get(name);
      if (taker !== undefined) return taker;
    }
    return undefined;
  }

  /**
   * Reads what has come since the last time.
   *
   * @throws {CorruptSegmentError} When it cannot have been written by us.
   */
  refresh(): void {
    const { words, state, directoryBytes } = this.#place;
    const used = words.load(state + COUNTERS.usedBytes) >>> 0;
    if (used === this.#readBytes) return;
    if (used > directoryBytes || used < this.#readBytes) this.#fail(`its length is ${used} bytes`);
    while (this.#readBytes < used) this.#readRecord(used);
  }

  /** Whether there is room for a text and its numbers; what others add meanwhile takes some. */
  hasRoom(text: Uint8Array, numbers: number): boolean {
    const { directoryBytes, columnNumbers } = this.#place;
    return (
      this.#readBytes + recordBytesOf(text.length) <= directoryBytes &&
      this.#nextNumber + numbers <= columnNumbers
    );
  }

  /** Adds a record. The caller has the lock, has refreshed, and knows that there is room. */
  append(text: Uint8Array): void {
    const { words, state, start } = this.#place;
    const recordBytes = recordBytesOf(text.length);
    const padded = new Uint8Array(recordBytes);
    padded.set(text, RECORD_HEADER_BYTES);
    const record = new Int32Array(padded.buffer);
    record[RECORD.recordBytes] = recordBytes;
    record[RECORD.textBytes] = text.length;
    const at = start + this.#readBytes / 4;
    for (let i = 0; i < record.length; i++) words.set(at + i, record[i] as number);
    words.store(state + COUNTERS.usedBytes, this.#readBytes + recordBytes);
    this.refresh();
    words.set(state + COUNTERS.series, this.seriesCount);
    words.set(state + COUNTERS.numbers, this.#nextNumber);
  }

  #readRecord(used: number): void {
    const { words, start } = this.#place;
    const at = start + this.#readBytes / 4;
    const recordBytes = words.get(at + RECORD.recordBytes) >>> 0;
    const textBytes = words.get(at + RECORD.textBytes) >>> 0;
    if (recordBytes !== recordBytesOf(textBytes) || this.#readBytes + recordBytes > used) {
      this.#fail(`a record at ${this.#readBytes} has ${recordBytes} bytes, its text ${textBytes}`);
    }
    const record = Int32Array.from({ length: recordBytes / 4 }, (_, i) => words.get(at + i));
    const text = new Uint8Array(record.buffer, RECORD_HEADER_BYTES, textBytes);
    try {
      this.#take(JSON.parse(new TextDecoder().decode(text)));
    } catch (error) {
      this.#fail(`the record at ${this.#readBytes}: ${(error as Error).message}`, error);
    }
    this.#readBytes += recordBytes;
  }

  #take(value: { readonly of?: unknown; readonly values?: unknown }): void {
    if (value.of === undefined) this.#takeFamily(parseDefinition(value));
    else this.#takeSeries(value);
  }

  #takeFamily(definition: Definition): void {
    const taker = this.takerOf(definition);
    if (taker !== undefined) throw new RangeError(`"${taker}" has the name already`);
    for (const name of sampleNames(definition)) this.#taken.set(name, definition.name);
    const family = { index: this.families.length, definition, series: new Map() };
    this.families.push(family);
    this.#byName.set(definition.name, family);
  }

  #takeSeries({ of, values }: { readonly of?: unknown; readonly values?: unknown }): void {
    const family = this.families[of as number];
    if (family === undefined) throw new RangeError(`there is no family ${of}`);
    const { labels } = family.definition;
    const isSound =
      Array.isArray(values) &&
      values.length === labels.length &&
      values.every((value) => typeof value === "string");
    if (!isSound) throw new RangeError(`a series must have ${labels.length} values`);
    const key = keyOf(values);
    if (family.series.has(key)) throw new RangeError("a series is there twice");
    const numbers = numberCount(family.definition);
    if (this.#nextNumber + numbers > this.#place.columnNumbers) {
      throw new RangeError("more numbers than a column has");
    }
    family.series.set(key, { values, number: this.#nextNumber });
    this.#nextNumber += numbers;
  }

  #fail(why: string, cause?: unknown): never {
    const { name } = this.#place;
    throw new CorruptSegmentError(`Cannot read the counters of "${name}": ${why}`, { cause });
  }
}
