/**
 * Records by key in two mapped files: one that only grows, and an index of it. What `put` has returned from is there after `kill -9`,
 * and a process that opens the store has nothing to read before it can look something up.
 *
 * ```text
 * NAME.data    0 ┌ tail      u32   where the next record goes, in units of 8 bytes; everything before it is whole
 *             64 └ records   each { keyBytes u32, valueBytes u32, key, value }, padded to 8; never changed
 *
 * NAME.index   0 ┌ indexed   u32   everything before this unit can be found
 *              4 │ used      u32   how many slots are not free, or some more
 *             64 └ slots     u32 each: the unit of a record; 0: free. A key is in the first slot from its hash on that has it
 * ```
 *
 * One process writes; any number read, with no lock: a record is written before the tail moves behind it, and
 * each change of the index is one word.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";

const HEADER_BYTES = 64;
const UNIT_BYTES = 8;
const HEADER_UNITS = HEADER_BYTES / UNIT_BYTES;
const RECORD_HEADER_BYTES = 8;
/** Fuller than this, looking up takes long. */
const FILL_MAX = 7 / 8;

/** How a store is opened. */
export interface RecordStoreOptions {
  /** Room for records, in bytes, of a store that is made. Default 64 MiB. */
  readonly dataBytes?: number;
  /** Room for keys of an index that is made, a power of two. Default 2^20. */
  readonly slots?: number;
  /** Whether it is only read, perhaps while another process writes. The store must be there. */
  readonly isReadOnly?: boolean;
}

/** The store. */
export class RecordStore implements Disposable {
  readonly #files: readonly MemoryMappedFile[];
  readonly #data: Buffer;
  readonly #tail: Int32Array;
  /** `indexed` and `used`. */
  readonly #indexed: Int32Array;
  readonly #slots: Int32Array;
  readonly #key: Buffer = Buffer.alloc(4096);
  /** How many records were not in the index, because whoever wrote it was killed, or it was deleted. */
  readonly recovered: number;

  /**
   * Opens a store, or makes it.
   *
   * @param path Of its two files, without their endings.
   */
  constructor(path: string, options: RecordStoreOptions = {}) {
    const { dataBytes = 1 << 26, slots = 1 << 20, isReadOnly = false } = options;
    const open = (suffix: string, size: number): MemoryMappedFile => {
      if (isReadOnly) return MemoryMappedFile.createFromFile(path + suffix, { access: "read" });
      const capacity = Bun.file(path + suffix).size || size;
      return MemoryMappedFile.createFromFile(path + suffix, { mode: "openOrCreate", capacity });
    };
    using opened = new DisposableStack();
    const data = opened.use(open(".data", dataBytes));
    const index = opened.use(open(".index", HEADER_BYTES + slots * 4));
    const access = isReadOnly ? "read" : "readWrite";
    const bytes = data.createViewAccessor({ access }).bytes();
    this.#data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#tail = new Int32Array(bytes.buffer, bytes.byteOffset, 1);
    const { buffer, byteOffset, byteLength } = index.createViewAccessor({ access }).bytes();
    this.#indexed = new Int32Array(buffer, byteOffset, 2);
    this.#slots = new Int32Array(
      buffer,
      byteOffset + HEADER_BYTES,
      (byteLength - HEADER_BYTES) / 4,
    );
    this.recovered = isReadOnly ? 0 : this.#recover();
    this.#files = [data, index];
    opened.move();
  }

  /** Writes a record; the one before it with the same key cannot be found any more. */
  put(key: string, value: string): void {
    const data = this.#data;
    const unit = Atomics.load(this.#tail, 0);
    const start = unit * UNIT_BYTES;
    const keyStart = start + RECORD_HEADER_BYTES;
    const room = data.length - keyStart;
    if (room < (key.length + value.length) * 3) throw new RangeError("The store is full");
    const keyBytes = data.write(key, keyStart);
    const valueBytes = data.write(value, keyStart + keyBytes);
    data.writeUInt32LE(keyBytes, start);
    data.writeUInt32LE(valueBytes, start + 4);
    const end = keyStart + keyBytes + valueBytes;
    // Before this store nobody sees the record, after it everybody who comes will, whoever is killed.
    const next = Math.ceil(end / UNIT_BYTES);
    Atomics.store(this.#tail, 0, next);
    this.#index(unit);
    Atomics.store(this.#indexed, 0, next);
  }

  /** The value of the newest record with a key. */
  get(key: string): string | undefined {
    const length = this.#key.write(key);
    const unit = Atomics.load(this.#slots, this.#slotOf(this.#key.subarray(0, length)));
    if (unit === 0) return undefined;
    const { keyEnd, end } = this.#place(unit);
    return this.#data.toString("utf8", keyEnd, end);
  }

  /** How many records have been written. */
  count(): number {
    let records = 0;
    const tail = Atomics.load(this.#tail, 0);
    for (let unit = HEADER_UNITS; unit < tail; records++) unit = this.#place(unit).next;
    return records;
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }

  /** Puts into the index what is not there yet. What is there already takes its slot again. */
  #recover(): number {
    if (Atomics.load(this.#tail, 0) === 0) Atomics.store(this.#tail, 0, HEADER_UNITS);
    const tail = Atomics.load(this.#tail, 0);
    let records = 0;
    for (let unit = Atomics.load(this.#indexed, 0) || HEADER_UNITS; unit < tail; records++) {
      this.#index(unit);
      unit = this.#place(unit).next;
      Atomics.store(this.#indexed, 0, unit);
    }
    return records;
  }

  #index(unit: number): void {
    const { keyStart, keyEnd } = this.#place(unit);
    const slot = this.#slotOf(this.#data.subarray(keyStart, keyEnd));
    if (Atomics.load(this.#slots, slot) === 0) {
      const used = Atomics.add(this.#indexed, 1, 1);
      if (used > this.#slots.length * FILL_MAX) throw new RangeError("The index is full");
    }
    Atomics.store(this.#slots, slot, unit);
  }

  /** The slot that has a key, or is to have it. */
  #slotOf(key: Uint8Array): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = Bun.hash.xxHash32(key) & mask; ; slot = (slot + 1) & mask) {
      const unit = Atomics.load(slots, slot);
      if (unit === 0) return slot;
      const { keyStart, keyEnd } = this.#place(unit);
      if (this.#data.compare(key, 0, key.length, keyStart, keyEnd) === 0) return slot;
    }
  }

  #place(unit: number): { keyStart: number; keyEnd: number; end: number; next: number } {
    const start = unit * UNIT_BYTES;
    const keyStart = start + RECORD_HEADER_BYTES;
    const keyEnd = keyStart + this.#data.readUInt32LE(start);
    const end = keyEnd + this.#data.readUInt32LE(start + 4);
    return { keyStart, keyEnd, end, next: Math.ceil(end / UNIT_BYTES) };
  }
}
