/**
 * A disk that loses power, and processes that are killed, at any step.
 *
 * A step is one store, a part of one write, a sync, the making or naming of a segment. What was written since the last sync is on the
 * disk sector by sector, each as it was at any time since.
 *
 * @module
 */
import type { DataRange } from "@isthmus/core/internal";
import { SEGMENT } from "../../../src/journal/journal-layout.ts";
import type { RecordBytes } from "../../../src/journal/record-format.ts";
import type {
  JournalStorage,
  ReadableSegment,
  TailerFile,
  WritableSegment,
} from "../../../src/journal/storage.ts";

const SECTOR_BYTES = 512;

/** The end of a simulated process. */
export class Crash extends Error {}

/** A file: what processes see of it, and what each sector has been since the last sync, the oldest first. */
export class SimulatedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #sectors: Uint8Array[][];
  /** Sectors that a sync which failed has taken for written: none brings them to the disk unless they are written again. */
  readonly #forgotten = new Set<number>();

  constructor(bytes: Uint8Array) {
    this.bytes = new Uint8Array(new ArrayBuffer(bytes.length));
    this.bytes.set(bytes);
    const count = Math.ceil(bytes.length / SECTOR_BYTES);
    this.#sectors = Array.from({ length: count }, (_, index) => [this.#now(index)]);
  }

  /** Notes what the sectors of a range are now. */
  note(start: number, end: number): void {
    for (let index = Math.floor(start / SECTOR_BYTES); index * SECTOR_BYTES < end; index++) {
      this.#sectors[index]?.push(this.#now(index));
      this.#forgotten.delete(index);
    }
  }

  sync(): void {
    for (const index of this.#sectors.keys()) {
      if (!this.#forgotten.has(index)) this.#sectors[index] = [this.#now(index)];
    }
  }

  /** A sync that the disk refuses. */
  failSync(): void {
    for (const [index, { length }] of this.#sectors.entries()) {
      if (length > 1) this.#forgotten.add(index);
    }
  }

  /** What is on the disk after a loss of power. */
  after(choose: (count: number) => number): Uint8Array {
    const left = new Uint8Array(this.bytes.length);
    this.#sectors.forEach((versions, index) => {
      left.set(versions[choose(versions.length)] as Uint8Array, index * SECTOR_BYTES);
    });
    return left;
  }

  #now(index: number): Uint8Array {
    return this.bytes.slice(index * SECTOR_BYTES, (index + 1) * SECTOR_BYTES);
  }
}

/** The files, and how many steps are left until the crash. */
export class SimulatedDisk implements JournalStorage {
  readonly files: Map<number, SimulatedFile> = new Map<number, SimulatedFile>();
  readonly tailerFiles: Map<string, SimulatedFile> = new Map<string, SimulatedFile>();
  readonly indexes: Map<number, Uint8Array> = new Map<number, Uint8Array>();
  #prepared: SimulatedFile | undefined;
  stepsLeft: number = Infinity;
  steps = 0;
  /** Syncs fail from now on. */
  isBroken = false;
  /** Which part of a write is done when its process is killed, 0 to 1. */
  part = 0.5;
  /** From how many bytes on segments copy a range by one call. */
  readonly atOnceFrom: number;

  constructor(atOnceFrom: number = Infinity) {
    this.atOnceFrom = atOnceFrom;
  }

  /** The disk after a loss of power. */
  afterPowerLoss(choose: (count: number) => number): SimulatedDisk {
    const left = new SimulatedDisk(this.atOnceFrom);
    for (const [first, file] of this.files) {
      left.files.set(first, new SimulatedFile(file.after(choose)));
    }
    for (const [name, file] of this.tailerFiles) {
      left.tailerFiles.set(name, new SimulatedFile(file.after(choose)));
    }
    for (const [first, index] of this.indexes) left.indexes.set(first, index);
    return left;
  }

  /** Counts a step; the last one is not done. */
  step(): void {
    this.steps++;
    if (this.stepsLeft-- <= 0) throw new Crash("crash");
  }

  segments(): number[] {
    return [...this.files.keys()].sort((a, b) => a - b);
  }

  openForReading(first: number): ReadableSegment | undefined {
    const file = this.files.get(first);
    if (file === undefined) return undefined;
    return {
      lengthBytes: file.bytes.length,
      read: (offset, into) => {
        const found = file.bytes.subarray(offset, offset + into.length);
        into.set(found);
        return found.length;
      },
      close: () => undefined,
    };
  }

  openForWriting(first: number): WritableSegment {
    const file = this.files.get(first);
    if (file === undefined) throw new Error(`no segment ${first}`);
    return new SimulatedSegment(this, file, first);
  }

  prepare(lengthBytes: number, header: Uint8Array): void {
    this.step();
    const bytes = new Uint8Array(lengthBytes);
    bytes.set(header);
    this.#prepared = new SimulatedFile(bytes);
  }

  publish(first: number): void {
    this.step();
    if (this.files.has(first)) throw new Error(`segment ${first} is there`);
    this.files.set(first, this.#prepared as SimulatedFile);
    this.#prepared = undefined;
    // It may end after the renaming and before the directory is on the disk; both has the name then.
    this.step();
  }

  remove(first: number): void {
    this.step();
    this.files.delete(first);
    this.indexes.delete(first);
    this.step();
  }

  tailers(): string[] {
    return [...this.tailerFiles.keys()];
  }

  openTailer(name: string): TailerFile | undefined {
    const file = this.tailerFiles.get(name);
    return file && new SimulatedTailer(this, file);
  }

  createTailer(name: string, bytes: Uint8Array): void {
    this.step();
    this.tailerFiles.set(name, new SimulatedFile(bytes));
    this.step();
  }

  removeTailer(name: string): void {
    this.step();
    this.tailerFiles.delete(name);
  }

  readIndex(first: number): Uint8Array | undefined {
    return this.indexes.get(first);
  }

  writeIndex(first: number, bytes: Uint8Array): boolean {
    this.step();
    this.indexes.set(first, bytes.slice());
    return true;
  }
}

class SimulatedTailer implements TailerFile {
  readonly #disk: SimulatedDisk;
  readonly #file: SimulatedFile;

  constructor(disk: SimulatedDisk, file: SimulatedFile) {
    this.#disk = disk;
    this.#file = file;
  }

  tryOwn(): boolean {
    return true;
  }

  read(into: Uint8Array): number {
    into.set(this.#file.bytes);
    return this.#file.bytes.length;
  }

  write(offset: number, bytes: Uint8Array): void {
    writeInParts(this.#disk, this.#file, offset, bytes);
  }

  sync(): void {
    this.#disk.step();
    this.#file.sync();
  }

  close(): void {}
}

function writeInParts(
  disk: SimulatedDisk,
  file: SimulatedFile,
  offset: number,
  bytes: Uint8Array,
): void {
  const half = Math.floor(bytes.length * disk.part);
  for (const [start, end] of [
    [0, half],
    [half, bytes.length],
  ] as const) {
    disk.step();
    file.bytes.set(bytes.subarray(start, end), offset + start);
    file.note(offset + start, offset + end);
  }
}

class SimulatedSegment implements WritableSegment {
  readonly first: number;
  readonly lengthBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly #disk: SimulatedDisk;
  readonly #file: SimulatedFile;

  constructor(disk: SimulatedDisk, file: SimulatedFile, first: number) {
    this.#disk = disk;
    this.#file = file;
    this.first = first;
    this.bytes = file.bytes;
    this.lengthBytes = file.bytes.length;
    this.view = new DataView(this.bytes.buffer);
  }

  copiesAtOnce(bytes: number): boolean {
    return bytes >= this.#disk.atOnceFrom;
  }

  load(offset: number): number {
    return this.view.getInt32(offset, true);
  }

  store(offset: number, value: number): void {
    this.#disk.step();
    this.view.setInt32(offset, value, true);
    this.#file.note(offset, offset + 4);
  }

  storeNumber(offset: number, value: number): void {
    this.#disk.step();
    this.view.setFloat64(offset, value, true);
    this.#file.note(offset, offset + 8);
  }

  write(offset: number, bytes: Uint8Array): void {
    writeInParts(this.#disk, this.#file, offset, bytes);
  }

  read(offset: number, into: Uint8Array): number {
    into.set(this.bytes.subarray(offset, offset + into.length));
    return into.length;
  }

  nextData(offset: number): DataRange | undefined {
    const found = this.bytes.subarray(offset).findIndex((byte) => byte !== 0);
    if (found < 0) return undefined;
    return { start: offset + found - (found % 8), end: Infinity };
  }

  copy(offset: number, source: RecordBytes, start: number, end: number): void {
    this.write(offset, source.bytes.subarray(start, end));
  }

  sync(): void {
    this.#disk.step();
    if (!this.#disk.isBroken) {
      this.#file.sync();
      return;
    }
    this.#file.failSync();
    throw Object.assign(new Error("the disk is broken"), { code: "EIO" });
  }

  syncAsync(): Promise<void> {
    try {
      this.sync();
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  checkStored(): void {}

  checkWhole(): void {}
  close(): void {}
}

/** The smallest segments that a simulation takes: room for a few records. */
export const TINY_BYTES: number = SEGMENT.frames + 3 * SECTOR_BYTES;
