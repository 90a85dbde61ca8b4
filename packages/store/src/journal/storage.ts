/**
 * What a journal needs of the disk. `disk-storage.ts` has it from the operating system; tests have one that loses power.
 *
 * @module
 */
import type { RecordBytes } from "./record-format.ts";

/** A segment that is written. All of it is mapped memory: others see every store at once, the disk has it after a sync. */
export interface WritableSegment extends RecordBytes {
  /** The sequence with which it begins. */
  readonly first: number;
  readonly lengthBytes: number;
  /** Reads a word, with what was stored before it (acquire). */
  load(offset: number): number;
  /** Stores a word, after all stores before it (release). */
  store(offset: number, value: number): void;
  /** Stores a number of 8 bytes. */
  storeNumber(offset: number, value: number): void;
  write(offset: number, bytes: Uint8Array): void;
  /**
   * Returns when everything that was stored is on the disk.
   *
   * @throws {SystemError} When the disk has refused it.
   */
  sync(): void;
  /** As `sync`, while this thread does other things. */
  syncAsync(): Promise<void>;
  /** Throws when the file has lost its storage, so that stores go nowhere. */
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

/** The segments of a journal. */
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
}
