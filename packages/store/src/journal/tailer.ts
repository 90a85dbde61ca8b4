/**
 * Named tailers: how far each has come, in a file of its own that outlives it. A commit is written over the older one of two copies,
 * so that whoever dies in it leaves the one before. Commits do not wait for the disk, so that a loss of power may take both: two
 * other copies are written only by who waits for the disk, and before anything is removed for having been handled.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { CorruptSegmentError } from "@isthmus/core";
import {
  FORMAT_VERSION,
  ID_BYTES,
  isTime,
  TAILER,
  TAILER_COPIES,
  TAILER_COPY_BYTES,
  TAILER_MAGIC,
} from "./journal-layout.ts";
import type { JournalStorage, TailerFile } from "./storage.ts";

/** Where the copies begin that are kept. */
const KEPT_OFFSET = 2 * TAILER_COPY_BYTES;

/** How far a tailer has come. */
export interface TailerPosition {
  /** How often it was committed. */
  readonly commits: number;
  /** Everything up to it has been handled. */
  readonly sequence: number;
  /** When that was committed, in milliseconds since 1970. */
  readonly time: number;
}

/** A new file. */
function encodeTailer(id: Uint8Array, sequence: number, time: number): Uint8Array {
  const bytes = new Uint8Array(TAILER_COPIES * TAILER_COPY_BYTES);
  const copy = encodeCopy(id, { commits: 1, sequence, time });
  bytes.set(copy, offsetOf(1));
  bytes.set(copy, KEPT_OFFSET);
  return bytes;
}

function encodeCopy(id: Uint8Array, position: TailerPosition): Uint8Array {
  const bytes = new Uint8Array(TAILER_COPY_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(TAILER_MAGIC), TAILER.magic);
  view.setUint32(TAILER.version, FORMAT_VERSION, true);
  view.setFloat64(TAILER.commits, position.commits, true);
  view.setFloat64(TAILER.sequence, position.sequence, true);
  view.setFloat64(TAILER.time, position.time, true);
  view.setUint32(TAILER.crc, copyCrc(id, bytes), true);
  return bytes;
}

function latest(copies: readonly (TailerPosition | undefined)[]): TailerPosition | undefined {
  let found: TailerPosition | undefined;
  for (const copy of copies) {
    if (copy !== undefined && copy.commits > (found?.commits ?? 0)) found = copy;
  }
  return found;
}

/** Each copy, or undefined where it is not whole. */
function decodeCopies(id: Uint8Array, file: Uint8Array): (TailerPosition | undefined)[] {
  return Array.from({ length: TAILER_COPIES }, (_, index) => {
    const start = index * TAILER_COPY_BYTES;
    return decodeCopy(id, file.subarray(start, start + TAILER_COPY_BYTES));
  });
}

function decodeCopy(id: Uint8Array, bytes: Uint8Array): TailerPosition | undefined {
  if (bytes.length < TAILER_COPY_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.subarray(0, TAILER_MAGIC.length)).toString("latin1");
  const position = {
    commits: view.getFloat64(TAILER.commits, true),
    sequence: view.getFloat64(TAILER.sequence, true),
    time: view.getFloat64(TAILER.time, true),
  };
  const isWhole =
    magic === TAILER_MAGIC &&
    view.getUint32(TAILER.version, true) === FORMAT_VERSION &&
    view.getUint32(TAILER.crc, true) === copyCrc(id, bytes) &&
    Number.isSafeInteger(position.commits) &&
    position.commits > 0 &&
    Number.isSafeInteger(position.sequence) &&
    position.sequence >= 0 &&
    isTime(position.time);
  return isWhole ? position : undefined;
}

/** Where the copy of a commit is. */
function offsetOf(commits: number): number {
  return commits % 2 === 1 ? 0 : TAILER_COPY_BYTES;
}

function copyCrc(id: Uint8Array, bytes: Uint8Array): number {
  return crc32(bytes.subarray(TAILER.commits, TAILER.reserved), crc32(id.subarray(0, ID_BYTES)));
}

function readCopies(id: Uint8Array, file: TailerFile): (TailerPosition | undefined)[] {
  const bytes = new Uint8Array(TAILER_COPIES * TAILER_COPY_BYTES);
  return decodeCopies(id, bytes.subarray(0, file.read(bytes)));
}

/** The position in a file; undefined when no copy is whole. */
function readPosition(id: Uint8Array, file: TailerFile): TailerPosition | undefined {
  return latest(readCopies(id, file));
}

/** Brings a position to the disk, where commits do not reach it: over the older one of the two copies there. */
function keepPosition(id: Uint8Array, file: TailerFile, position: TailerPosition): void {
  const [, , one, two] = readCopies(id, file);
  const isFirst = (one?.commits ?? 0) <= (two?.commits ?? 0);
  if (!isFirst || position.commits !== two?.commits) {
    const offset = KEPT_OFFSET + (isFirst ? 0 : TAILER_COPY_BYTES);
    file.write(offset, encodeCopy(id, position));
  }
  file.sync();
}

/** A tailer as whoever reads under its name has it. */
export class Tailer implements Disposable {
  readonly #id: Uint8Array;
  readonly #file: TailerFile;
  #position: TailerPosition;

  constructor(id: Uint8Array, file: TailerFile, position: TailerPosition) {
    this.#id = id;
    this.#file = file;
    this.#position = position;
  }

  /** How far it has come. */
  get position(): TailerPosition {
    return this.#position;
  }

  /**
   * Makes it this handle's alone, and looks again where it is; false when it is somebody else's, or was removed.
   */
  tryOwn(): boolean {
    if (!this.#file.tryOwn()) return false;
    this.#position = readPosition(this.#id, this.#file) ?? this.#position;
    return true;
  }

  /** Notes that everything up to a sequence has been handled. A process that dies from now on does not forget it. */
  commit(sequence: number): void {
    const commits = this.#position.commits + 1;
    const position = { commits, sequence, time: Date.now() };
    this.#file.write(offsetOf(commits), encodeCopy(this.#id, position));
    this.#position = position;
  }

  close(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A tailer as others see it. */
export interface FoundTailer {
  readonly name: string;
  /** Undefined when its file is damaged. */
  readonly position: TailerPosition | undefined;
}

/** The named tailers of a journal. */
export class Tailers {
  readonly #storage: JournalStorage;
  readonly #id: Uint8Array;

  constructor(storage: JournalStorage, id: Uint8Array) {
    this.#storage = storage;
    this.#id = id;
  }

  /** All of them. */
  list(): FoundTailer[] {
    return this.#storage.tailers().flatMap((name) => {
      using file = disposable(this.#storage.openTailer(name));
      // It has been removed since.
      if (file === undefined) return [];
      return [{ name, position: readPosition(this.#id, file.tailer) }];
    });
  }

  /**
   * Opens one; undefined when there is none of the name.
   *
   * @throws {CorruptSegmentError} When its file is damaged.
   */
  open(name: string): Tailer | undefined {
    const file = this.#storage.openTailer(name);
    if (file === undefined) return undefined;
    const position = readPosition(this.#id, file);
    if (position !== undefined) return new Tailer(this.#id, file, position);
    file.close();
    throw new CorruptSegmentError(
      `Cannot read on for the tailer "${name}": its position is damaged; remove it and begin anew`,
    );
  }

  /** Makes one, unless there is one, with everything up to a sequence handled. Only who has the turn may do that. */
  create(name: string, sequence: number): void {
    if (this.#storage.tailers().includes(name)) return;
    this.#storage.createTailer(name, encodeTailer(this.#id, sequence, Date.now()));
  }

  /**
   * Up to where all of them have come, on the disk, too: what they have handled can go. 0 when one is damaged, Infinity when there is none.
   * Only who has the turn may ask.
   */
  least(): number {
    let least = Infinity;
    for (const name of this.#storage.tailers()) {
      using file = disposable(this.#storage.openTailer(name));
      if (file === undefined) continue;
      const position = readPosition(this.#id, file.tailer);
      // What is found after a loss of power is this or later.
      if (position !== undefined) keepPosition(this.#id, file.tailer, position);
      least = Math.min(least, position?.sequence ?? 0);
    }
    return least;
  }

  /**
   * Takes back what was committed of records that a loss of power has taken: others will have their sequences. Only who has the turn may
   * do that, before anything is appended.
   */
  takeBack(last: number): void {
    for (const name of this.#storage.tailers()) {
      using file = disposable(this.#storage.openTailer(name));
      const position = file && readPosition(this.#id, file.tailer);
      if (file === undefined || position === undefined || position.sequence <= last) continue;
      const tailer = new Tailer(this.#id, file.tailer, position);
      // In all copies: none of the others must ever be what is left.
      for (let copies = 0; copies < 2; copies++) {
        tailer.commit(last);
        keepPosition(this.#id, file.tailer, tailer.position);
      }
    }
  }
}

function disposable(
  tailer: TailerFile | undefined,
): ({ readonly tailer: TailerFile } & Disposable) | undefined {
  return tailer && { tailer, [Symbol.dispose]: () => tailer.close() };
}
