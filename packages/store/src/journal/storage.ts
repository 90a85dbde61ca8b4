/**
 * What a journal needs of the disk. `disk-storage.ts` has it from the operating system; tests have one that loses power.
 *
 * @module
 */
import type { DataRange } from "@isthmus/core/internal";
import type { RecordBytes } from "./record-format.ts";

/** A segment that is written. All of it is mapped memory: others see every store at once, the disk has it after a sync. */
export interface WritableSegment extends RecordBytes {
  /** The sequence with which it begins. */
  readonly first: number;
  readonly lengthBytes: number;
  /** Whether `copy` puts so many bytes there by one call, of which only a death or the disk leaves a part. */
  copiesAtOnce(bytes: number): boolean;
  /** Reads a word, with what was stored before it (acquire). */
  load(offset: number): number;
  /** Stores a word, after all stores before it (release). */
  store(offset: number, value: number): void;
  /** Stores a number of 8 bytes. */
  storeNumber(offset: number, value: number): void;
  write(offset: number, bytes: Uint8Array): void;
  /** Copies bytes out without mapping them; returns how many there were. */
  read(offset: number, into: Uint8Array): number;
  /** The next range from an offset on in which there may be bytes that are not zero; undefined when there is none. */
  nextData(offset: number): DataRange | undefined;
  /** Copies a range of other memory; both begin at a multiple of 4. */
  copy(offset: number, source: RecordBytes, start: number, end: number): void;
  /**
   * Returns when everything that was stored is on the disk.
   *
   * @throws {SystemError} When the disk has refused it.
   */
  sync(): void;
  /** As `sync`, while this thread does other things. */
  syncAsync(): Promise<void>;
  /** Throws when stores to the file's mapping have gone nowhere: it has lost its storage. */
  checkStored(): void;
  /** Throws when the file has lost its storage, also where nothing was stored since. */
  checkWhole(): void;
  close(): void;
}

/** A segment that is only read. */
export interface ReadableSegment {
  readonly lengthBytes: number;
  /** Copies bytes out; returns how many there were. */
  read(offset: number, into: Uint8Array): number;
  close(): void;
}

/** Where a named tailer is, as one handle has it open. */
export interface TailerFile {
  /** Makes it this handle's alone until it is closed, or the process dies; false when it is somebody else's, or was removed. */
  tryOwn(): boolean;
  /** Copies all of it out; returns how many bytes there were. */
  read(into: Uint8Array): number;
  /** Writes a copy of the position: others see it when this returns. */
  write(offset: number, bytes: Uint8Array): void;
  /** Returns when what was written is on the disk. */
  sync(): void;
  close(): void;
}

/** The files of a journal. */
export interface JournalStorage {
  /** The sequences with which segments begin, ascending. */
  segments(): number[];
  openForReading(first: number): ReadableSegment | undefined;
  openForWriting(first: number): WritableSegment;
  /**
   * Makes a segment ready that has no name yet: all storage is there, and its header is on the disk.
   *
   * @throws {SystemError} `ENOSPC` when there is no room for all of it; nothing has changed then.
   */
  prepare(lengthBytes: number, header: Uint8Array): void;
  /** Gives the prepared segment its name, for good. */
  publish(first: number): void;
  /** Removes a segment, for good, and its index. */
  remove(first: number): void;
  /** The names of the tailers. */
  tailers(): string[];
  openTailer(name: string): TailerFile | undefined;
  /** Makes the file of a tailer, on the disk, under its name. Only who has the turn may do that. */
  createTailer(name: string, bytes: Uint8Array): void;
  removeTailer(name: string): void;
  /** All of an index; undefined when there is none. */
  readIndex(first: number): Uint8Array | undefined;
  /**
   * Puts an index in place, on the disk, instead of the one that is there.
   *
   * @returns Whether that was possible: who may only read, or has a full disk, does without.
   */
  writeIndex(first: number, bytes: Uint8Array): boolean;
}
