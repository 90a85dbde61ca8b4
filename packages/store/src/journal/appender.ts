/**
 * The one who appends, while it has the turn: finding the end, mending it, writing behind it, beginning segments.
 *
 * What holds whenever nobody has the turn: frames stand one behind the other, and everything behind the last one is zero. Who
 * dies while it writes leaves a first word that is not zero there, by which the next one knows. After a loss of power anything may
 * stand there, so whoever opens a journal clears the rest.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { FRAME_BYTES_MIN, PENDING, paddedBytes, SEGMENT } from "./journal-layout.ts";
import type { RecordBytes, RecordFormat } from "./record-format.ts";
import { newMemory, type RecordRun } from "./record-run.ts";
import { isRefusal, RefusedSyncs } from "./refused-syncs.ts";
import { decodeHeader, encodeHeader } from "./segment-header.ts";
import type { FramePlace } from "./segment-index.ts";
import {
  clearFrom,
  findMark,
  isOld,
  lastWhole,
  type RollOptions,
  storeSynced,
  syncedOf,
} from "./segment-mending.ts";
import type { JournalStorage, WritableSegment } from "./storage.ts";
import { Tailers } from "./tailer.ts";

/** Appends to the segments of a storage. Every call but `sync…` and `synced` needs the turn. */
export class Appender {
  readonly #storage: JournalStorage;
  readonly #format: RecordFormat;
  readonly #segmentBytes: number;
  readonly #rolls: RollOptions;
  #file: WritableSegment;
  /** Where the next frame goes, and which record it begins with. */
  #tail = 0;
  #next = 0;
  /** The same of a frame near the end; 0 when none of this segment is known. */
  #lastTail = 0;
  #lastNext = 0;
  /** Of the last record, in milliseconds since 1970. */
  #time = 0;
  #synced = 0;
  /** When an append looked last whether others have done anything here, in milliseconds since 1970. */
  #lookedAt = 0;
  readonly #refused = new RefusedSyncs();
  #isClosed = false;

  /**
   * Finds the end and makes it ready to be appended to.
   *
   * @throws {CorruptSegmentError} When the last segment is not one.
   * @throws {SystemError} `ENOSPC`, `EACCES`, ….
   */
  constructor(
    storage: JournalStorage,
    format: RecordFormat,
    segmentBytes: number,
    rolls: RollOptions = {},
  ) {
    this.#storage = storage;
    this.#format = format;
    this.#segmentBytes = segmentBytes;
    this.#rolls = rolls;
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
    this.#lookedAt = 0;
    this.#check();
    this.#goToEnd();
    this.#refused.checkOthers(this.#file);
  }

  #goToEnd(): void {
    while (this.#file.load(this.#tail) !== 0) {
      const finding = this.#pass();
      if (finding === "seal") this.#goOn();
      else if (finding !== "frame") this.#mend();
    }
    this.#file.checkWhole();
  }

  /** Goes past a frame, if one is there. */
  #pass(): ReturnType<RecordFormat["examine"]> {
    const file = this.#file;
    const tail = this.#tail;
    const end = file.lengthBytes;
    const finding = this.#format.examine(file, tail, end, end - tail, this.#next, this.#time);
    if (finding !== "frame") return finding;
    this.#goBehind(paddedBytes(this.#format.size), this.#format.count);
    this.#time = this.#format.time;
    return finding;
  }

  #goBehind(bytes: number, records: number): void {
    this.#lastTail = this.#tail;
    this.#lastNext = this.#next;
    this.#tail += bytes;
    this.#next += records;
  }

  /**
   * Appends frames, as many as fit at once. A reader, and whoever comes after a crash, sees all of those or none.
   *
   * @param isContinued Whether nobody else has had the turn since this handle had it. Then it is only looked once a millisecond
   * whether somebody has cut the file off: a look takes as long as a fifth of a batch.
   * @returns The sequence of the last one.
   */
  append(run: RecordRun, isContinued = false): number {
    const now = Date.now();
    if (now !== this.#lookedAt) this.#rolls.checkTurn?.();
    if (isContinued && now === this.#lookedAt) this.#check();
    else this.catchUp();
    this.#lookedAt = now;
    if (this.#next > this.#file.first && isOld(this.#file, now, this.#rolls)) this.#roll();
    for (let done = 0; done < run.end; ) {
      // The last one leaves room for the seal.
      const end = run.fitting(done, this.#file.lengthBytes - FRAME_BYTES_MIN - this.#tail);
      if (end === done) {
        this.#roll();
        continue;
      }
      // Clocks are put back, and those of two machines differ.
      if (now > this.#time) this.#time = now;
      const records = run.stamp(this.#format, done, end, this.#next, this.#time);
      this.#write(run.memory, done, end);
      this.#goBehind(end - done, records);
      done = end;
    }
    this.#file.checkStored();
    return this.last;
  }

  /** Ends the segment, unless it has no record yet; returns whether it did. */
  roll(): boolean {
    this.catchUp();
    if (this.#next === this.#file.first) return false;
    this.#roll();
    return true;
  }

  /**
   * Returns when all that is known here is on the disk.
   *
   * @throws {SystemError} When the disk refuses; nothing is appended any more then.
   */
  sync(): void {
    this.#check();
    if (this.synced >= this.last) return;
    this.#lookAhead();
    const { last } = this;
    this.#syncFile();
    this.#noteSynced(this.#file, last, this.#mark);
  }

  /** As `sync`, while this thread does other things. */
  async syncAsync(): Promise<void> {
    this.#check();
    if (this.synced >= this.last) return;
    this.#lookAhead();
    const { last } = this;
    const file = this.#file;
    const mark = this.#mark;
    try {
      await file.syncAsync();
    } catch (error) {
      this.#fail(error);
    }
    this.#noteSynced(file, last, mark);
  }

  close(): void {
    this.#isClosed = true;
    this.#file.close();
  }

  #open(): void {
    this.#enter(this.#file);
    // What is before that record was on the disk, and is taken for what it was.
    const mark = findMark(this.#format, this.#file, this.#time);
    this.#tail = mark?.offset ?? this.#tail;
    this.#next = mark?.sequence ?? this.#next;
    this.#goToEnd();
    // Where it has been cut off, nothing is behind what is left.
    if (this.#next <= syncedOf(this.#file)) this.#mend();
    this.#clearRest();
    this.#refused.settle(this.#file, this.#tail);
    this.#refused.opened();
    new Tailers(this.#storage, this.#format.id).takeBack(this.last);
  }

  /** Goes past what others have appended, as far as it is whole: the turn may be somebody else's. */
  #lookAhead(): void {
    while (this.#file.load(this.#tail) > 0 && this.#pass() === "frame");
  }

  #write(source: RecordBytes, start: number, end: number): void {
    const file = this.#file;
    const tail = this.#tail;
    const size = source.view.getInt32(start, true);
    // Of one frame, a part is taken for the end; of several, the first would be there without the others.
    if (file.copiesAtOnce(end - start) && paddedBytes(size) === end - start) {
      file.copy(tail, source, start, end);
      return;
    }
    file.store(tail, size | PENDING);
    file.copy(tail + 4, source, start + 4, end);
    file.store(tail, size);
  }

  /** Ends this segment and begins the next one. Nothing has changed when there is no room for it. */
  #roll(): void {
    // What goes wrong behind the seal is found by the next look.
    this.#lookedAt = 0;
    this.#rolls.onRoll?.(this.#segmentBytes);
    this.#prepare(this.#next);
    const seal = newMemory(FRAME_BYTES_MIN);
    this.#format.stampSeal(seal, 0, this.#next, this.#time);
    this.#write(seal, 0, FRAME_BYTES_MIN);
    this.#publish();
  }

  /** Goes on behind a seal; whoever has written it may have come no further. */
  #goOn(): void {
    const successor = this.#storage.segments().find((first) => first > this.#file.first);
    if (successor === undefined) {
      this.#prepare(this.#next);
      this.#publish();
    } else {
      this.#refused.checkOthers(this.#file);
      this.#enter(this.#storage.openForWriting(successor));
    }
  }

  /** Nobody finds the next segment before all of this one is on the disk. */
  #publish(): void {
    const file = this.#file;
    this.#refused.settle(file, Math.min(this.#tail + FRAME_BYTES_MIN, file.lengthBytes));
    this.#syncFile();
    this.#noteSynced(file, this.last, this.#mark);
    try {
      this.#storage.publish(this.#next);
    } catch (error) {
      if (isRefusal(error)) this.#fail(error);
      throw error;
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
    this.#tail = SEGMENT.frames;
    this.#lastTail = 0;
    this.#next = first;
    this.#time = Math.max(header.time, this.#time);
    this.#synced = Math.max(this.#synced, first - 1);
    this.#refused.enter(file);
  }

  /** What stands at the end is no frame: somebody died writing it, or power was lost, or it has been damaged since. */
  #mend(): void {
    const synced = syncedOf(this.#file);
    if (this.#next > synced) {
      this.#clearRest();
      return;
    }
    // It was on the disk once. What is there stays as it is, for whoever can mend it, and nothing is written over it.
    const whole = lastWhole(this.#format, this.#file, this.#tail, this.#next, this.#time);
    this.#time = whole?.time ?? this.#time;
    this.#next = Math.max(synced, whole?.sequence ?? 0) + 1;
    this.#prepare(this.#next);
    this.#publish();
  }

  /** Makes everything behind the last record zero, on the disk, too. */
  #clearRest(): void {
    if (clearFrom(this.#file, this.#tail)) this.#syncFile();
  }

  #syncFile(): void {
    try {
      this.#file.sync();
    } catch (error) {
      this.#fail(error);
    }
  }

  get #mark(): FramePlace {
    return { sequence: this.#lastNext, offset: this.#lastTail };
  }

  #noteSynced(file: WritableSegment, sequence: number, mark: FramePlace): void {
    this.#synced = Math.max(this.#synced, sequence);
    if (file !== this.#file || this.#isClosed || syncedOf(file) >= sequence) return;
    storeSynced(file, sequence, mark);
  }

  #fail(error: unknown): never {
    this.#refused.note(error, this.#isClosed ? undefined : this.#file);
    throw error;
  }

  #check(): void {
    this.#refused.checkOwn();
    if (this.#isClosed) throw new DisposedError("Journal");
    this.#refused.checkOthers(this.#file);
  }
}
