/**
 * Following the records of a channel from outside.
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
  SECTION,
  type Section,
} from "@isthmus/core/internal";
import { LANE_OWNER, type Mode } from "../channel/channel-layout.ts";
import { openToRead } from "../segment/observe.ts";
import { type ChannelSizes, laneWord, readChannelSizes, STATE_BYTES_MAX } from "./channel-state.ts";
import { LaneTail, type TailedRecord } from "./lane-tail.ts";
import { MappedSegment } from "./mapped-segment.ts";
import { StateBytes } from "./state-bytes.ts";

/** What to follow. */
export interface TailOptions {
  /**
   * `"new"`, the default: what is published from now on. `"held"`: first what the rings still hold; of a struct's
   * records that includes what has been consumed, as far as half a ring back.
   */
  readonly from?: "new" | "held" | undefined;
  /** How many bytes of a record to copy at most. Default: all. */
  readonly maxBytes?: number | undefined;
}

const FROM = ["new", "held"] as const;

/** Records of one lane that are copied before the next lane has its turn. */
const TURN_RECORDS = 64;

/**
 * Copies the records of a channel as they pass. Nothing is joined, locked or written, and nobody is asked to wait: so
 * records can pass faster than they are copied, and are counted as missed then.
 *
 * **Safety.** Every record is a copy of its own. It is a whole record for certain while the consumer has not released
 * it; after that it may in rare cases be half overwritten by a batch that is longer than half of the ring.
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
  /** Records of a struct, of raw bytes, or of JSON. */
  readonly mode: Mode;
  /** Fingerprint of the records' schema as 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly #segment: MappedSegment;
  readonly #sizes: ChannelSizes;
  readonly #state: Section;
  readonly #rings: Section;
  readonly #bytesMax: number;
  readonly #lanes = new Map<number, LaneTail>();

  /**
   * @param name The channel's name.
   * @param options What to follow.
   * @throws {SystemError} `ENOENT` when there is no such name; `EACCES`, `ELOOP`, … when it cannot be opened.
   * @throws {CorruptSegmentError} When the file is not a segment of this version, is something else than a channel, or
   * its sizes cannot be.
   */
  constructor(name: string, options?: TailOptions) {
    const { from = "new", maxBytes = Number.MAX_SAFE_INTEGER } = checkOptions("options", options);
    checkOneOf("options.from", from, FROM);
    this.#bytesMax = checkInteger("options.maxBytes", maxBytes, 0, Number.MAX_SAFE_INTEGER);
    this.name = checkName(name);
    this.#segment = openChannel(this.name);
    try {
      const { kind, fingerprint } = this.#segment.describe();
      if (kind !== "channel") throw this.#corrupt(`its kind must be channel: found ${kind}`);
      this.fingerprint = fingerprint;
      this.#state = this.#section(SECTION.state);
      this.#rings = this.#section(SECTION.lanes);
      this.#sizes = readChannelSizes(this.#readState());
      this.mode = this.#sizes.mode;
      const { laneCount, laneBytes } = this.#sizes;
      if (laneCount * laneBytes > this.#rings.length) {
        throw this.#corrupt(`its section ${this.#rings.id} is too short for its lanes`);
      }
      this.#findLanes(from);
    } catch (error) {
      this.#segment[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether the name still leads to this channel. What was published before it went can still be polled. */
  get isCurrent(): boolean {
    return this.#segment.isCurrent;
  }

  /**
   * How far positions have moved past records that could not be copied in time: in records for a struct, in units of 8
   * bytes otherwise.
   */
  get missed(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.missed;
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
    const { limit = 1024 } = checkOptions("options", options);
    checkInteger("options.limit", limit, 1, Number.MAX_SAFE_INTEGER);
    this.#findLanes("held");
    let total = 0;
    for (let found = -1; found !== 0 && total < limit; ) {
      found = 0;
      for (const lane of this.#lanes.values()) {
        for (let turn = 0; turn < TURN_RECORDS && total < limit; turn++) {
          const record = lane.next(this.#bytesMax);
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

  /** Lets go of the file and its memory. Calling it again does nothing. */
  dispose(): void {
    this.#segment[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Looks for lanes that have become ready. All that is on those is new. */
  #findLanes(from: "new" | "held"): void {
    const state = this.#readState();
    const { laneCount, laneBytes, ...sizes } = this.#sizes;
    for (let lane = 0; lane < laneCount; lane++) {
      // The ring of a lane that is not ready has no memory yet.
      const isReady = state.word(laneWord(lane) + LANE_OWNER.isReady) === 1;
      if (!isReady || this.#lanes.has(lane)) continue;
      const headerOffset = this.#state.offset + laneWord(lane) * 4;
      const ringOffset = this.#rings.offset + lane * laneBytes;
      const place = { lane, headerOffset, ringOffset, ...sizes };
      this.#lanes.set(lane, new LaneTail(this.#segment.mapping, place, from));
    }
  }

  #readState(): StateBytes {
    const bytes = this.#segment.reader.bytes(SECTION.state, STATE_BYTES_MAX) ?? new Uint8Array();
    return new StateBytes(bytes, this.name);
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

function openChannel(name: string): MappedSegment {
  const directory = findDirectory();
  const path = join(directory ?? directoryPath(), name);
  const fd = directory === undefined ? undefined : openToRead(path, name);
  if (fd === undefined) throw conditionError("ENOENT", `follow "${name}"`, "open", path);
  return new MappedSegment(fd, path, name, { hasLanes: true });
}
