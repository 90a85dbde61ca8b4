/**
 * A fixed number of typed records that processes share, each with a version of its own.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import {
  checkInteger,
  invalidType,
  outOfRange,
  refuseAsync,
  SECTION,
} from "@isthmus/core/internal";
import { type Fields, type StructCursor, StructSchema, type StructValue } from "@isthmus/ipc";
import {
  type Copies,
  MUTEX,
  MUTEX_BYTES,
  NamedHandle,
  type OpenVerb,
  VersionedCells,
  type Words,
} from "@isthmus/ipc/internal";
import { OwnerLocks } from "../owner-locks.ts";
import { copyWords, LOCK_COUNT, ROW, rowWords, TABLE_HEADER_BYTES } from "./table-layout.ts";
import { LOCK_CELLS, openTable, readLength, type SharedTableOptions } from "./table-segment.ts";

/**
 * A table of records in shared memory, by number: prices, sensors, the state of a game. Reading a row takes no lock, never
 * waits for a writer and never sees half of an update; a writer that dies leaves the row's last version.
 *
 * A row takes four times the size of its record, and 8 bytes.
 *
 * **Memory order.** A reader of a row's version sees everything that its writer wrote to memory before publishing it.
 *
 * @example
 * ```ts
 * import { f64, struct } from "@isthmus/ipc";
 * import { SharedTable } from "@isthmus/store";
 *
 * const Price = struct({ bid: f64, ask: f64 });
 * using table = SharedTable.createOrOpen("example-prices", Price, { length: 1000 });
 * table.update(7, (price) => {
 *   price.bid = 1.5;
 * });
 * console.log(table.read(7), table.read(7, ({ bid }) => bid)); // { bid: 1.5, ask: 0 } 1.5
 * ```
 */
export class SharedTable<F extends Fields> extends NamedHandle {
  readonly schema: StructSchema<F>;
  /** How many rows there are. */
  readonly length: number;
  readonly #words: Words;
  readonly #locks: OwnerLocks;
  /** The words at which the locks begin. */
  readonly #bases: readonly number[];
  /** Word at which the rows begin. */
  readonly #rows: number;
  readonly #rowWords: number;
  readonly #cursor: StructCursor<F>;
  readonly #reading: StructCursor<F>;
  readonly #copies: RowCopies;
  /** A copy of the row as it stands in the table, as a value. */
  readonly #decode: (cell: number) => StructValue<F>;
  /** The row that is read or changed. */
  readonly #cells: VersionedCells;
  #isUpdating = false;

  private constructor(
    verb: OpenVerb,
    name: string,
    schema: StructSchema<F>,
    options: SharedTableOptions,
  ) {
    if (!(schema instanceof StructSchema)) throw invalidType("schema", "a struct(…)", schema);
    const segment = openTable(verb, name, schema, options);
    super(segment, "SharedTable");
    this.schema = schema;
    const { memory } = this.segment;
    const state = memory.wordOf(SECTION.state);
    this.#words = memory.words;
    this.length = readLength(memory, name, schema.size);
    this.#rows = memory.wordOf(SECTION.data);
    this.#rowWords = rowWords(schema.size);
    this.#copies = new RowCopies(this.#words, copyWords(schema.size));
    this.#cells = new VersionedCells(this.#words, this.#rows, this.#copies);
    const own = new DataView(this.#copies.own.buffer);
    this.#cursor = schema.cursor(own, 0);
    this.#reading = schema.cursor(own, 0, { access: "read" });
    const { buffer, byteOffset } = memory.mapping.bytes(0, memory.mapping.lengthBytes);
    const all = new DataView(buffer, byteOffset, memory.mapping.lengthBytes);
    const copies = this.#copies;
    this.#decode = (cell) => schema.decode(all, copies.offsetOf(cell));
    this.#bases = Array.from(
      { length: LOCK_COUNT },
      (_, index) => state + (TABLE_HEADER_BYTES + index * MUTEX_BYTES) / 4,
    );
    this.#locks = new OwnerLocks(this.segment, this.#words, this.#bases, LOCK_CELLS, "the table");
    this.segment.whenForgotten(this);
  }

  /**
   * Creates a table; every row is zero, version 0.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param schema What a row is: `struct({ … })`.
   * @param options `length`: how many rows; `lifetime`.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no memory for it.
   */
  static createNew<F extends Fields>(
    name: string,
    schema: StructSchema<F>,
    options: SharedTableOptions & { readonly length: number },
  ): SharedTable<F> {
    return new SharedTable("createNew", name, schema, options);
  }

  /**
   * Opens a table, as long as it is.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param schema What a row is: `struct({ … })`.
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {CorruptSegmentError} When it was made with another schema.
   */
  static openExisting<F extends Fields>(name: string, schema: StructSchema<F>): SharedTable<F> {
    return new SharedTable("openExisting", name, schema, {});
  }

  /**
   * Opens a table, or creates it; see `createdNew`.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param schema What a row is: `struct({ … })`.
   * @param options As of `createNew`.
   * @throws {SystemError} `ENOSPC` when there is no memory for it; of what exists, as `openExisting`.
   */
  static createOrOpen<F extends Fields>(
    name: string,
    schema: StructSchema<F>,
    options: SharedTableOptions & { readonly length: number },
  ): SharedTable<F> {
    return new SharedTable("createOrOpen", name, schema, options);
  }

  /**
   * The version of a row: 0 at first, 1 more with every update, modulo 2^32.
   *
   * @param index Its number, from 0.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when there is no such row.
   */
  version(index: number): number {
    return this.#words.load(this.#rowOf(index) + ROW.sequence) >>> 0;
  }

  /**
   * A row, whole, without waiting for anybody.
   *
   * @param index Its number, from 0.
   * @param look Gets a cursor over a copy of the row instead, so that only the fields that it asks for are decoded. The
   * next call of this handle overwrites the copy: keep nothing of the cursor, and let it not be asynchronous.
   * @returns The row, or what `look` returned.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when there is no such row.
   */
  read(index: number): StructValue<F>;
  read<T>(index: number, look: (row: StructCursor<F>) => T): T;
  read<T>(index: number, look?: (row: StructCursor<F>) => T): StructValue<F> | T {
    if (look !== undefined && typeof look !== "function") {
      throw invalidType("look", "a function", look);
    }
    const cells = this.#cellsOf(index);
    if (look === undefined) return cells.look(this.#decode);
    cells.read();
    return refuseAsync(look(this.#reading), "look");
  }

  /**
   * Changes a row. Others who change it, or one of every 64 rows, wait meanwhile; readers do not.
   *
   * @param index Its number, from 0.
   * @param change Gets a cursor over a copy of the row and changes it. When it throws, nothing is published. It must be
   * short, not asynchronous, and must not keep the cursor nor use this table.
   * @returns The version that was published.
   * @throws {TimeoutError} `ETIMEDOUT` when a process is stopped in the middle of a change.
   */
  update(index: number, change: (row: StructCursor<F>) => void): number {
    if (typeof change !== "function") throw invalidType("change", "a function", change);
    const cells = this.#cellsOf(index);
    const lock = index % LOCK_COUNT;
    // Its last owner has published all of its update or nothing.
    this.#locks.lock(lock);
    const acquisitions = (this.#bases[lock] as number) + MUTEX.acquisitions;
    this.#words.set(acquisitions, this.#words.get(acquisitions) + 1);
    this.#isUpdating = true;
    try {
      cells.read();
      refuseAsync<unknown>(change(this.#cursor), "change");
      cells.publish();
      return cells.sequence >>> 0;
    } finally {
      this.#isUpdating = false;
      this.#locks.unlock(lock);
    }
  }

  /** All rows, in order, each as it is when the loop comes to it. */
  *[Symbol.iterator](): Generator<StructValue<F>, void> {
    for (let index = 0; index < this.length; index++) yield this.read(index);
  }

  /**
   * Lets go of the table.
   *
   * @throws {NotSupportedError} Inside an update of it.
   */
  dispose(): void {
    if (this.#isUpdating) throw new NotSupportedError(`Cannot dispose "${this.name}" in an update`);
    this.segment.dispose();
  }

  #rowOf(index: number): number {
    this.checkOpen();
    if (!Number.isInteger(index)) checkInteger("index", index);
    if (index < 0 || index >= this.length) {
      throw outOfRange("index", `>= 0 and < ${this.length}`, index);
    }
    return this.#rows + index * this.#rowWords;
  }

  #cellsOf(index: number): VersionedCells {
    const row = this.#rowOf(index);
    if (this.#isUpdating) {
      throw new NotSupportedError(`Cannot use "${this.name}" inside an update of it`);
    }
    this.#copies.start = row + ROW.copies;
    this.#cells.moveTo(row + ROW.sequence);
    return this.#cells;
  }
}

/** The copies of the row that is read or changed. */
class RowCopies implements Copies {
  /** This handle's own copy: what a reader has copied out, what a writer is about to publish. */
  readonly own: Int32Array<ArrayBuffer>;
  /** Word at which the row's copies begin. */
  start = 0;
  readonly #words: Words;

  constructor(words: Words, wordCount: number) {
    this.#words = words;
    this.own = new Int32Array(new ArrayBuffer(wordCount * 4));
  }

  /** Where a copy begins, in bytes. */
  offsetOf(cell: number): number {
    return (this.start + cell * this.own.length) * 4;
  }

  copyOut(cell: number): void {
    const words = this.#words;
    const { own } = this;
    const from = this.start + cell * own.length;
    for (let i = 0; i < own.length; i++) own[i] = words.get(from + i);
  }

  copyIn(cell: number): void {
    const words = this.#words;
    const { own } = this;
    const to = this.start + cell * own.length;
    for (let i = 0; i < own.length; i++) words.set(to + i, own[i] as number);
  }
}
