/**
 * Following the records of a channel or a topic, what passes in a service, or the jobs of a queue, from outside.
 *
 * @module
 */

import { join } from "node:path";
import { CorruptSegmentError } from "@isthmus/core";
import {
  checkInteger,
  checkName,
  checkOneOf,
  checkOptions,
  conditionError,
  directoryPath,
  findDirectory,
  type OptionNames,
  SECTION,
  type Section,
} from "@isthmus/core/internal";
import type { Mode } from "../flow/record-layout.ts";
import { readSchema, type SchemaReading } from "../struct/schema-reading.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { JobTail } from "./job-tail.ts";
import { LaneTail, type TailedRecord } from "./lane-tail.ts";
import { MappedSegment } from "./mapped-segment.ts";
import { openToRead } from "./observe.ts";
import { QUEUE_HEADER_BYTES, readQueueSizes } from "./queue-state.ts";
import { decodeRecord } from "./record-value.ts";
import { readState, type StateBytes } from "./state-bytes.ts";
import {
  isTailed,
  PLAN_BYTES_MAX,
  planOf,
  TAILED_KINDS,
  type TailedKind,
  type TailPlan,
} from "./tail-plan.ts";

/** What to follow. */
export interface TailOptions {
  /**
   * `"new"`, the default: what is published from now on. `"held"`: first what the rings still hold; of a channel of
   * structs that includes what has been consumed, as far as half a ring back. Of a queue: the jobs that are not done.
   */
  readonly from?: "new" | "held" | undefined;
  /** How many bytes of a record to copy at most. Default: all. */
  readonly maxBytes?: number | undefined;
}

const TAIL_OPTIONS: OptionNames<TailOptions> = { from: true, maxBytes: true };
const POLL_OPTIONS: OptionNames<{ readonly limit?: number }> = { limit: true };

const FROM = ["new", "held"] as const;

/** Records of one lane that are copied before the next lane has its turn. */
const TURN_RECORDS = 64;

/**
 * Copies the records of a channel or a topic, the requests and replies of a service, or the jobs of a queue, as they pass.
 * Nothing is joined, locked or written, and nobody is asked to wait: so records can pass faster than they are copied, and
 * are counted as missed then. A job can be copied until it is done, and then until another one gets its cell.
 *
 * **Safety.** Every record is a copy of its own. One of a topic or a queue is whole for certain. One of a channel or a
 * service is while its reader has not released it; after that it may in rare cases be half overwritten by a batch that is longer than
 * half of the ring.
 *
 * @example
 * ```ts
 * import { bytes, Producer, RecordTail } from "@isthmus/ipc";
 *
 * using producer = Producer.createOrOpen("tailed-channel", { schema: bytes });
 * using tail = new RecordTail("tailed-channel");
 * producer.send(new Uint8Array([1, 2, 3]));
 * producer.flush();
 * tail.poll(({ lane, position, bytes }) => console.log(lane, position, bytes)); // 0 0 Uint8Array(3) [ 1, 2, 3 ]
 * ```
 */
export class RecordTail implements Disposable {
  readonly name: string;
  readonly kind: TailedKind;
  /** Records of a struct, of raw bytes, or of JSON; of a service its requests. */
  readonly mode: Mode;
  /** The same of a service's responses. */
  readonly responseMode: Mode | undefined;
  /** Fingerprint of the records' schema as 16 hexadecimal digits. */
  readonly fingerprint: string;
  /** What the segment says of its records, and whether it can be believed. */
  readonly schema: SchemaReading;
  readonly #segment: MappedSegment;
  readonly #state: Section;
  readonly #lanes: Lanes | undefined;
  readonly #bytesMax: number;
  readonly #ready = new Set<number>();
  readonly #tails: (LaneTail | JobTail)[] = [];

  /**
   * @param name The segment's name.
   * @param options What to follow.
   * @throws {SystemError} `ENOENT` when there is no such name; `EACCES`, `ELOOP`, … when it cannot be opened.
   * @throws {CorruptSegmentError} When the file is not a segment of this version, is something that no records pass
   * through, or its sizes cannot be.
   */
  constructor(name: string, options?: TailOptions) {
    const { from = "new", maxBytes = Number.MAX_SAFE_INTEGER } = checkOptions(
      "options",
      options,
      TAIL_OPTIONS,
    );
    checkOneOf("options.from", from, FROM);
    this.#bytesMax = checkInteger("options.maxBytes", maxBytes, 0, Number.MAX_SAFE_INTEGER);
    this.name = checkName(name);
    this.#segment = openSegment(this.name);
    try {
      const { kind, fingerprint } = this.#segment.describe();
      if (!isTailed(kind)) {
        throw this.#corrupt(`its kind must be one of ${TAILED_KINDS.join(", ")}: found ${kind}`);
      }
      this.kind = kind;
      this.fingerprint = fingerprint;
      this.#state = this.#section(SECTION.state);
      this.schema = readSchema({ kind, fingerprint, reader: this.#segment.reader });
      if (kind === "queue") {
        const sizes = readQueueSizes(this.#readState(QUEUE_HEADER_BYTES), this.#state.length);
        this.mode = sizes.mode;
        const place = { state: this.#state, mutex: this.#section(SECTION.mutex) };
        this.#tails.push(new JobTail(this.#segment.mapping, place, sizes, from));
        return;
      }
      const bytesMax = PLAN_BYTES_MAX[kind];
      const plan = planOf(kind, this.#readState(bytesMax));
      this.mode = plan.mode;
      this.responseMode = plan.responseMode;
      this.#lanes = { plan, bytesMax, rings: this.#section(SECTION.lanes) };
      if (plan.laneCount * plan.laneBytes > this.#lanes.rings.length) {
        throw this.#corrupt(`its section ${SECTION.lanes} is too short for its lanes`);
      }
      this.#findLanes(from);
    } catch (error) {
      this.#segment[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether the name still leads to this segment. What was published before it went can still be polled. */
  get isCurrent(): boolean {
    return this.#segment.isCurrent;
  }

  /**
   * How far positions have moved past records that could not be copied in time: in records for a struct, in units of 8
   * bytes otherwise; of a queue, how many jobs.
   */
  get missed(): number {
    let sum = 0;
    for (const ring of this.#tails) sum += ring.missed;
    return sum;
  }

  /**
   * Copies what has been published since the last call, lane by lane.
   *
   * @param handler Is given each record.
   * @param options How many at most; by default 1024.
   * @returns How many.
   * @throws {CorruptSegmentError} When the file has been cut short.
   * @throws {DisposedError} After disposal.
   */
  poll(handler: (record: TailedRecord) => void, options?: { readonly limit?: number }): number {
    const { limit = 1024 } = checkOptions("options", options, POLL_OPTIONS);
    checkInteger("options.limit", limit, 1, Number.MAX_SAFE_INTEGER);
    runPostponed();
    this.#findLanes("held");
    let total = 0;
    for (let found = -1; found !== 0 && total < limit; ) {
      found = 0;
      for (const ring of this.#tails) {
        for (let turn = 0; turn < TURN_RECORDS && total < limit; turn++) {
          const record = ring.next(this.#bytesMax);
          if (record === undefined) break;
          // Before the record is given away: zeros in place of what the file does not have are no record.
          this.#segment.checkWhole();
          found++;
          total++;
          handler(record);
        }
      }
    }
    this.#segment.checkWhole();
    return total;
  }

  /**
   * The value of a record: of JSON as it was sent, of a struct by what the segment says of its fields.
   *
   * @param record The record, whole.
   * @returns Undefined when that is not known: for records of bytes, and without a schema that can be believed.
   * @throws {CorruptSegmentError} When the bytes cannot be such a record.
   */
  decode(record: TailedRecord): unknown {
    const isReply = record.part === "response";
    const mode = isReply ? this.responseMode : this.mode;
    const schema = isReply ? this.schema.response : this.schema.record;
    return decodeRecord(record, record.part === "error" ? "json" : mode, schema);
  }

  /** Lets go of the file and its memory. Calling it again does nothing. */
  dispose(): void {
    this.#segment[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Looks for lanes that have become ready. All that is on those is new. */
  #findLanes(from: "new" | "held"): void {
    if (this.#lanes === undefined) return;
    const { plan, bytesMax, rings: section } = this.#lanes;
    const state = this.#readState(bytesMax);
    const { laneCount, laneBytes, laneWord, isReadyWord, rings } = plan;
    for (let lane = 0; lane < laneCount; lane++) {
      // The rings of a lane that is not ready have no memory yet.
      const isReady = state.word(laneWord(lane) + isReadyWord) === 1;
      if (!isReady || this.#ready.has(lane)) continue;
      this.#ready.add(lane);
      for (const ring of rings) {
        const headerOffset = this.#state.offset + (laneWord(lane) + ring.headerWord) * 4;
        const ringOffset = section.offset + lane * laneBytes + ring.ringOffset;
        const place = { ...ring, lane, headerOffset, ringOffset };
        this.#tails.push(new LaneTail(this.#segment.mapping, place, from));
      }
    }
  }

  #readState(limitBytes: number): StateBytes {
    return readState({ reader: this.#segment.reader, name: this.name }, limitBytes);
  }

  /** A section that can be looked into word by word. */
  #section(id: number): Section {
    const section = this.#segment.superblock.sections.find((candidate) => candidate.id === id);
    if (section === undefined) throw this.#corrupt(`it has no section ${id}`);
    if (section.offset % 8 !== 0) throw this.#corrupt(`its section ${id} is at no multiple of 8`);
    return section;
  }

  #corrupt(why: string): CorruptSegmentError {
    return new CorruptSegmentError(`Cannot follow "${this.name}": ${why}`);
  }
}

/** Where the lanes of a segment that has some are. */
interface Lanes {
  readonly plan: TailPlan;
  /** How much of section "state" says which lanes are ready. */
  readonly bytesMax: number;
  /** The section with their rings. */
  readonly rings: Section;
}

function openSegment(name: string): MappedSegment {
  const directory = findDirectory();
  const path = join(directory ?? directoryPath(), name);
  const fd = directory === undefined ? undefined : openToRead(path, name);
  if (fd === undefined) throw conditionError("ENOENT", `follow "${name}"`, "open", path);
  return new MappedSegment(fd, path, name, { hasLanes: true });
}
