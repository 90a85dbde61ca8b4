/**
 * The segment of a work queue: how it is opened, its mutex, and the records of its jobs.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { SECTION } from "@isthmus/core/internal";
import { codecOf, type RecordCodec, RecordMemory } from "../flow/record-codec.ts";
import { MODES } from "../flow/record-layout.ts";
import type { ChannelSchema, SchemaShape } from "../flow/record-schema.ts";
import { sharedClock, sharedClockMs } from "../metrics/clock.ts";
import { Histogram } from "../metrics/histogram.ts";
import { HISTOGRAM_BYTES } from "../metrics/histogram-layout.ts";
import { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { machineStart } from "../metrics/machine-start.ts";
import { schemaSections } from "../segment/schema-section.ts";
import { type OpenVerb, Segment, type SegmentMemory } from "../segment/segment.ts";
import { initMutex, MUTEX_SECTION, SegmentMutex } from "../sync/segment-mutex.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import { timedOut } from "../wait/wait-for.ts";
import { JobDamage, type JobOwner, type TableShape } from "./job-cells.ts";
import { JobTable } from "./job-table.ts";
import {
  CELL_HEADER_BYTES,
  COUNTS,
  MUTEX_CELL,
  QUEUE,
  QUEUE_CELL_COUNT,
  queueBytes,
  READY_CELL,
  ROOM_CELL,
} from "./queue-layout.ts";
import {
  type CheckedQueueOptions,
  cellBytesOf,
  checkQueueOptions,
  type WorkQueueOptions,
} from "./queue-options.ts";

/** How long the mutex is waited for, in milliseconds: it is held for a few microseconds at most. */
const LOCK_TIMEOUT_MS = 5000;

/** Histograms of the section "latency": from being added to being taken, and from there to being done. */
const WAIT_HISTOGRAM = 0;
const RUN_HISTOGRAM = 1;
const HISTOGRAM_COUNT = 2;

/** A work queue that this process has joined. */
export class QueueSegment {
  readonly segment: Segment;
  readonly shape: SchemaShape;
  readonly table: JobTable;
  readonly sizes: TableShape;
  readonly isFailing: boolean;
  /** Woken when a job may be ready. */
  readonly ready: WaitCell;
  /** Woken when there may be room, or nothing left to do. */
  readonly room: WaitCell;
  /** Who this handle is for the jobs that it has. */
  readonly self: JobOwner;
  /** Tells the time by which delays and leases are decided. */
  readonly nowMs: () => number = sharedClockMs();
  private readonly codec: RecordCodec;
  private readonly memory: RecordMemory;
  private readonly mutex: SegmentMutex;
  private readonly waits: Histogram;
  private readonly runs: Histogram;

  /**
   * Creates or opens the segment.
   *
   * @throws {SystemError} `EEXIST`, `ENOENT`, `ENOSPC`, … as the verb says.
   * @throws {CorruptSegmentError} When the name is something else, or was made with another schema.
   */
  constructor(verb: OpenVerb, name: string, options: WorkQueueOptions<ChannelSchema>) {
    const checked = checkQueueOptions(options);
    const { shape, table, maxParticipants } = checked;
    this.shape = shape;
    this.isFailing = checked.isFailing;
    this.segment = new Segment(verb, {
      name,
      kind: "queue",
      cellCount: QUEUE_CELL_COUNT,
      sections: [
        MUTEX_SECTION,
        {
          id: SECTION.state,
          length: queueBytes(table.cellCount, table.keyLists, table.cellBytes),
          isSizedByCreator: true,
        },
        { id: SECTION.latency, length: HISTOGRAM_COUNT * HISTOGRAM_BYTES },
        ...(shape.struct ? schemaSections(shape.text) : []),
      ],
      fingerprint: shape.fingerprint,
      schemaTexts: [shape.text],
      isPersistent: checked.isPersistent,
      init: (memory) => initialise(memory, checked),
      role: "worker",
      places: { count: maxParticipants, limitName: "maxParticipants", isShared: false },
    });
    try {
      const { segment } = this;
      const { memory, participants, slot } = segment;
      this.sizes = readSizes(memory, shape, name);
      this.table = new JobTable(memory.words, memory.wordOf(SECTION.state), this.sizes);
      this.codec = codecOf(shape, "job");
      this.memory = new RecordMemory(memory.mapping.bytes(0, segment.superblock.totalBytes));
      this.mutex = new SegmentMutex(segment, MUTEX_CELL, "WorkQueue");
      this.ready = segment.cell(READY_CELL);
      this.room = segment.cell(ROOM_CELL);
      this.waits = new Histogram(timesIn(memory, WAIT_HISTOGRAM));
      this.runs = new Histogram(timesIn(memory, RUN_HISTOGRAM));
      this.self = { slot, life: participants.generationOf(slot) };
      const start = machineStart();
      if (!this.table.isOfStart(start)) {
        this.locked((jobs) => jobs.restartTimes(start, sharedClock()()));
      }
    } catch (error) {
      this.segment.dispose();
      throw error;
    }
  }

  /**
   * Does something with the jobs while nobody else does.
   *
   * @param use One step, which is done again when what it found could not be and was made anew.
   * @throws {TimeoutError} `ETIMEDOUT` when somebody has held the mutex for 5 seconds: who is stopped in this very moment.
   * @throws {CorruptSegmentError} When what was made anew cannot be either: somebody writes nonsense all the time.
   */
  locked<T>(use: (table: JobTable) => T): T {
    this.lock();
    try {
      return use(this.table);
    } catch (error) {
      return this.mended(error, use);
    } finally {
      this.unlock();
    }
  }

  /**
   * Locks, for a step that is too frequent for a function of its own (decision 8): `try` it, `catch` with `mended`,
   * `finally` unlock.
   *
   * @throws As `locked` does.
   */
  lock(): void {
    const outcome = this.mutex.tryLock() ?? this.mutex.lock(LOCK_TIMEOUT_MS);
    if (outcome !== "acquired") this.mendAfterDeath(outcome);
  }

  unlock(): void {
    this.mutex.unlock();
    this.segment.checkWhole();
  }

  /** Makes everything anew when a step has found what could not be, and does the step again. */
  mended<T>(error: unknown, use: (table: JobTable) => T): T {
    if (!(error instanceof JobDamage)) throw error;
    const { table } = this;
    table.cells.add(COUNTS.corruptions, 1);
    table.rebuild(this.nowMs());
    return this.unlocked(() => use(table));
  }

  /** Writes a record into the cells of its job. */
  write(link: number, record: Uint8Array): void {
    if (record.length > this.sizes.payloadBytes) this.writeParts(link, record);
    else this.memory.bytes.set(record, this.table.records.offsetOf(link));
  }

  private writeParts(link: number, record: Uint8Array): void {
    const { bytes } = this.memory;
    this.table.records.eachPart(link, (byteOffset, from, length) => {
      bytes.set(record.subarray(from, from + length), byteOffset);
    });
  }

  /** Decodes the record of a job: where it lies when it lies in one piece. */
  read(link: number): unknown {
    const { records } = this.table;
    const length = records.lengthOf(link);
    if (length > this.sizes.payloadBytes) return this.readParts(link, length);
    return this.codec.decode(this.memory, records.offsetOf(link), length);
  }

  private readParts(link: number, length: number): unknown {
    const whole = new RecordMemory(new Uint8Array(length));
    this.table.records.eachPart(link, (byteOffset, from, part) => {
      whole.bytes.set(this.memory.bytes.subarray(byteOffset, byteOffset + part), from);
    });
    return this.codec.decode(whole, 0, length);
  }

  /** Counts how long a job waited, or was worked on, in nanoseconds. Call it with the mutex. */
  noteWait(durationNs: number): void {
    this.waits.record(durationNs);
  }

  noteRun(durationNs: number): void {
    this.runs.record(durationNs);
  }

  /** How long jobs waited, and were worked on, so far. */
  waitTimes(): HistogramSnapshot {
    return HistogramSnapshot.read(timesIn(this.segment.memory, WAIT_HISTOGRAM));
  }

  runTimes(): HistogramSnapshot {
    return HistogramSnapshot.read(timesIn(this.segment.memory, RUN_HISTOGRAM));
  }

  /**
   * Does something with a job that is this handle's, without the mutex.
   *
   * @throws {CorruptSegmentError} When its cells cannot be.
   */
  unlocked<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      throw this.explained(error);
    }
  }

  /** An error as it is thrown to whoever does not hold the mutex. */
  explained(error: unknown): unknown {
    if (!(error instanceof JobDamage)) return error;
    const { name } = this.segment;
    return new CorruptSegmentError(`Cannot use the queue "${name}": ${error.message}`);
  }

  private mendAfterDeath(outcome: "abandoned" | undefined): void {
    if (outcome === undefined) {
      const what = `use the queue "${this.segment.name}"`;
      throw timedOut(what, LOCK_TIMEOUT_MS, this.mutex.describeOwner());
    }
    try {
      this.table.rebuild(this.nowMs());
    } catch (error) {
      this.mutex.unlock();
      throw error;
    }
  }
}

function timesIn(memory: SegmentMemory, index: number): Uint8Array<ArrayBuffer> {
  const { offset } = memory.section(SECTION.latency);
  return memory.mapping.bytes(offset + index * HISTOGRAM_BYTES, HISTOGRAM_BYTES);
}

function initialise(memory: SegmentMemory, { shape, table }: CheckedQueueOptions): void {
  initMutex(memory);
  const { words } = memory;
  const base = memory.wordOf(SECTION.state);
  words.set(base + QUEUE.mode, MODES[shape.mode]);
  words.set(base + QUEUE.cellCount, table.cellCount);
  words.set(base + QUEUE.cellBytes, table.cellBytes);
  words.set(base + QUEUE.payloadBytes, table.payloadBytes);
  words.set(base + QUEUE.recordBytes, shape.struct?.size ?? 0);
  words.set(base + QUEUE.maxAttempts, table.maxAttempts);
  words.set(base + QUEUE.leaseMs, table.leaseMs);
  words.set(base + QUEUE.keyLists, table.keyLists);
  new JobTable(words, base, table).init();
  const [low, high] = machineStart();
  words.set(base + QUEUE.boot, low);
  words.set(base + QUEUE.boot + 1, high);
}

/**
 * Reads the sizes that the creator chose, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
function readSizes(memory: SegmentMemory, shape: SchemaShape, name: string): TableShape {
  const base = memory.wordOf(SECTION.state);
  const { length } = memory.section(SECTION.state);
  const at = (word: number, what: string, isPossible: (value: number) => boolean): number => {
    const value = word * 4 + 4 <= length ? memory.words.get(base + word) >>> 0 : 0;
    if (isPossible(value)) return value;
    throw new CorruptSegmentError(`Cannot open "${name}": its ${what} cannot be ${value}`);
  };
  const cellBytes = at(QUEUE.cellBytes, "cell size", (n) => n === cellBytesOf(shape.struct?.size));
  at(QUEUE.mode, "mode", (mode) => mode === MODES[shape.mode]);
  at(QUEUE.recordBytes, "record size", (bytes) => bytes === (shape.struct?.size ?? 0));
  const isKeyLists = (n: number): boolean => n >= 1 && n <= 2 ** 20 && (n & (n - 1)) === 0;
  const keyLists = at(QUEUE.keyLists, "number of lists of keys", isKeyLists);
  return {
    cellBytes,
    keyLists,
    cellCount: at(
      QUEUE.cellCount,
      "number of cells",
      (count) => count >= 1 && queueBytes(count, keyLists, cellBytes) <= length,
    ),
    payloadBytes: at(
      QUEUE.payloadBytes,
      "room in a cell",
      (bytes) => bytes === cellBytes - CELL_HEADER_BYTES,
    ),
    maxAttempts: at(QUEUE.maxAttempts, "number of attempts", (count) => count < 2 ** 31),
    leaseMs: at(QUEUE.leaseMs, "lease", (ms) => ms < 2 ** 31),
  };
}
