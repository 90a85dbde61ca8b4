/**
 * The one who appends, while it has the turn: finding the end, mending it, writing behind it, beginning segments.
 *
 * What holds whenever nobody has the turn: records stand one behind the other, and everything behind the last one is zero. Who
 * dies while it writes leaves a first word that is not zero there, by which the next one knows. After a loss of power anything may
 * stand there, so whoever opens a journal clears the rest.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import { PENDING, paddedBytes, RECORD, SEGMENT } from "./journal-layout.ts";
import type { RecordFormat } from "./record-format.ts";
import type { RecordRun } from "./record-run.ts";
import { decodeHeader, decodeSynced, encodeHeader, syncedCrc } from "./segment-header.ts";
import type { JournalStorage, WritableSegment } from "./storage.ts";

/** Room that the last record leaves for the seal. */
const SEAL_BYTES = RECORD.payload;
const CLEAR_BYTES = 2 ** 20;
const ZEROS = new Uint8Array(CLEAR_BYTES);

/** Appends to the segments of a storage. Every call but `sync…` and `synced` needs the turn. */
export class Appender {
  readonly #storage: JournalStorage;
  readonly #format: RecordFormat;
  readonly #segmentBytes: number;
  #file: WritableSegment;
  /** Where the next record goes. */
  #tail = 0;
  #next = 0;
  /** Of the last record, in milliseconds since 1970. */
  #time = 0;
  #synced = 0;
  /** How often a sync of this segment had failed, and been mended, when it was opened. */
  #failures = 0;
  #failure: unknown;
  /** While it is opened: a failure is mended then. */
  #isOpening = true;
  #isClosed = false;
  readonly #seal = new DataView(new ArrayBuffer(SEAL_BYTES));

  /**
   * Finds the end and makes it ready to be appended to.
   *
   * @throws {CorruptSegmentError} When the last segment is not one.
   * @throws {SystemError} `ENOSPC`, `EACCES`, ….
   */
  constructor(storage: JournalStorage, format: RecordFormat, segmentBytes: number) {
    this.#storage = storage;
    this.#format = format;
    this.#segmentBytes = segmentBytes;
    const last = storage.segments().at(-1);
    if (last === undefined) this.#prepare(1);
    if (last === undefined) storage.publish(1);
    this.#file = storage.openForWriting(last ?? 1);
    try {
      this.#open();
    } catch (error) {
      this.#file.close();
      throw error;
    }
    this.#isOpening = false;
  }

  /** The sequence with which the segment begins that is appended to. */
  get first(): number {
    return this.#file.first;
  }

  /** The sequence of the last record. */
  get last(): number {
    return this.#next - 1;
  }

  /** Up to which sequence everything is on the disk, as far as is known here. */
  get synced(): number {
    if (this.#isClosed) return this.#synced;
    return Math.max(this.#synced, Math.min(syncedOf(this.#file), this.last));
  }

  /** Goes to the end, past what others have appended. */
  catchUp(): void {
    this.#checkFailure();
    while (this.#file.load(this.#tail) !== 0) {
      const file = this.#file;
      const end = file.lengthBytes;
      const tail = this.#tail;
      const finding = this.#format.examine(file, tail, end, end - tail, this.#next, this.#time);
      if (finding === "record") {
        this.#tail += paddedBytes(this.#format.size);
        this.#next++;
        this.#time = this.#format.time;
      } else if (finding === "seal") this.#goOn();
      else this.#mend();
    }
    this.#file.checkWhole();
  }

  /**
   * Appends records, as many as fit at once. A reader, and whoever comes after a crash, sees all of those or none.
   *
   * @returns The sequence of the last one.
   */
  append(run: RecordRun): number {
    this.catchUp();
    let offset = 0;
    for (let done = 0; done < run.count; ) {
      const room = this.#file.lengthBytes - SEAL_BYTES - this.#tail;
      const { count, bytes } = run.fitting(done, room);
      if (count === 0) {
        this.#roll();
        continue;
      }
      this.#time = Math.max(Date.now(), this.#time);
      run.stamp(this.#format, offset, done, count, this.#next, this.#time);
      this.#write(run.sizeAt(offset), run.bytes(offset + 4, offset + bytes));
      this.#tail += bytes;
      this.#next += count;
      done += count;
      offset += bytes;
    }
    this.#file.checkWhole();
    return this.last;
  }

  /**
   * Returns when all that is known here is on the disk.
   *
   * @throws {SystemError} When the disk refuses; nothing is appended any more then.
   */
  sync(): void {
    this.#checkFailure();
    const { last } = this;
    if (this.synced >= last) return;
    try {
      this.#file.sync();
    } catch (error) {
      this.#fail(error);
    }
    this.#noteSynced(this.#file, last);
  }

  /** As `sync`, while this thread does other things. */
  async syncAsync(): Promise<void> {
    this.#checkFailure();
    const { last } = this;
    const file = this.#file;
    if (this.synced >= last) return;
    try {
      await file.syncAsync();
    } catch (error) {
      this.#fail(error);
    }
    this.#noteSynced(file, last);
  }

  close(): void {
    this.#isClosed = true;
    this.#file.close();
  }

  #open(): void {
    this.#enter(this.#file);
    this.catchUp();
    // Where it has been cut off, nothing is behind what is left.
    if (this.#next <= syncedOf(this.#file)) this.#mend();
    this.#clearRest();
    this.#mendFailure();
  }

  #write(size: number, rest: Uint8Array): void {
    const file = this.#file;
    const tail = this.#tail;
    file.store(tail, size | PENDING);
    file.write(tail + 4, rest);
    file.store(tail, size);
  }

  /** Ends this segment and begins the next one. Nothing has changed when there is no room for it. */
  #roll(): void {
    this.#prepare(this.#next);
    const bytes = new Uint8Array(this.#seal.buffer);
    this.#format.stampSeal({ bytes, view: this.#seal }, 0, this.#next, this.#time);
    this.#write(SEAL_BYTES, bytes.subarray(4));
    this.#publish();
  }

  /** Goes on behind a seal; whoever has written it may have come no further. */
  #goOn(): void {
    const successor = this.#storage.segments().find((first) => first > this.#file.first);
    if (successor !== undefined) {
      this.#enter(this.#storage.openForWriting(successor));
      return;
    }
    this.#prepare(this.#next);
    this.#publish();
  }

  /** Nobody finds the next segment before all of this one is on the disk. */
  #publish(): void {
    try {
      this.#file.sync();
      this.#noteSynced(this.#file, this.last);
      this.#storage.publish(this.#next);
    } catch (error) {
      this.#fail(error);
    }
    this.#enter(this.#storage.openForWriting(this.#next));
  }

  #prepare(first: number): void {
    const header = { first, segmentBytes: this.#segmentBytes, time: this.#time };
    this.#storage.prepare(this.#segmentBytes, encodeHeader(this.#format.id, header));
  }

  #enter(file: WritableSegment): void {
    const { bytes, lengthBytes, first } = file;
    const header = decodeHeader(bytes, lengthBytes, this.#format.id, first);
    if (file !== this.#file) this.#file.close();
    this.#file = file;
    this.#tail = SEGMENT.records;
    this.#next = first;
    this.#time = Math.max(header.time, this.#time);
    this.#synced = Math.max(this.#synced, first - 1);
    this.#failures = file.load(SEGMENT.failed);
  }

  /** What stands at the end is no record: somebody died writing it, or power was lost, or it has been damaged since. */
  #mend(): void {
    const synced = syncedOf(this.#file);
    if (this.#next > synced) {
      this.#clearRest();
      return;
    }
    // It was on the disk once. What is there stays as it is, for whoever can mend it, and nothing is written over it.
    this.#next = Math.max(synced, this.#lastWhole()) + 1;
    this.#prepare(this.#next);
    this.#publish();
  }

  /** The sequence of the last whole record behind the damage; 0 when there is none. */
  #lastWhole(): number {
    const file = this.#file;
    const end = file.lengthBytes;
    let last = 0;
    let at = this.#tail + 8;
    while (at < end - RECORD.payload) {
      const sequence = file.view.getFloat64(at + RECORD.sequence, true);
      const isLater = Number.isSafeInteger(sequence) && sequence >= this.#next && sequence > last;
      const finding =
        isLater && this.#format.examine(file, at, end, end - at, sequence, this.#time);
      if (finding === "record") {
        last = sequence;
        this.#time = this.#format.time;
        at += paddedBytes(this.#format.size);
      } else at += 8;
    }
    return last;
  }

  /** Makes everything behind the last record zero, on the disk, too. */
  #clearRest(): void {
    const file = this.#file;
    let isChanged = false;
    for (let at = this.#tail; at < file.lengthBytes; at += CLEAR_BYTES) {
      const bytes = file.bytes.subarray(at, Math.min(at + CLEAR_BYTES, file.lengthBytes));
      if (Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0) continue;
      // The first word last: whoever comes next clears the rest as long as it is not zero.
      const start = at === this.#tail ? 4 : 0;
      file.write(at + start, ZEROS.subarray(start, bytes.length));
      isChanged = true;
    }
    if (!isChanged) return;
    if (file.load(this.#tail) !== 0) file.store(this.#tail, 0);
    try {
      file.sync();
    } catch (error) {
      this.#fail(error);
    }
  }

  #noteSynced(file: WritableSegment, sequence: number): void {
    this.#synced = Math.max(this.#synced, sequence);
    if (file !== this.#file || this.#isClosed || syncedOf(file) >= sequence) return;
    file.storeNumber(SEGMENT.synced, sequence);
    file.store(SEGMENT.syncedCrc, syncedCrc(file.bytes));
  }

  #fail(error: unknown): never {
    this.#failure = error;
    const isMarked = this.#isClosed || (this.#failures & 1) !== 0;
    if (!isMarked) this.#file.store(SEGMENT.failed, this.#failures + 1);
    throw error;
  }

  #checkFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed) throw new DisposedError("Journal");
    if (this.#isOpening) return;
    const failures = this.#file.load(SEGMENT.failed);
    if (failures === this.#failures && (failures & 1) === 0) return;
    this.#failure = conditionError(
      "EIO",
      "append to the journal (the disk has refused to write what another process appended; open it again)",
      "fdatasync",
    );
    throw this.#failure;
  }

  /**
   * After a sync that failed the kernel takes pages for written that are not: all of them are written once more. Handles that were
   * open then append no more: some of the records that they know may be gone.
   */
  #mendFailure(): void {
    const file = this.#file;
    if ((this.#failures & 1) === 0) return;
    for (let at = 0; at < this.#tail; at += CLEAR_BYTES) {
      file.write(at, file.bytes.slice(at, Math.min(at + CLEAR_BYTES, this.#tail)));
    }
    this.#failures++;
    try {
      file.sync();
      file.store(SEGMENT.failed, this.#failures);
    } catch (error) {
      this.#failures--;
      this.#failure = error;
      throw error;
    }
  }
}

/** Up to where a segment says that it is on the disk. */
function syncedOf({ bytes, first, lengthBytes }: WritableSegment): number {
  return decodeSynced(bytes, first, lengthBytes);
}
