/**
 * Following the records of one lane from outside.
 *
 * A record is copied first and judged afterwards, by positions that are read after the copy: a record that had not
 * been released then was whole, because its producer may not write over it before. One that had been released may be
 * half overwritten, by records that are not published yet. It is taken as whole while the published ones have not come
 * nearer than half of the ring: only a batch that is longer than that can spoil it.
 *
 * @module
 */
import type { Mapping } from "@isthmus/core/internal";
import { RECORD_HEADER_BYTES, UNIT_BYTES } from "../ring/byte-ring.ts";
import { LANE, positionAt } from "../ring/lane-layout.ts";
import { ObservedWords } from "./observed-words.ts";

/** Marks what only fills the end of a ring. */
const PADDING_TAG = 0xffff_ffff;

/** Released records in this part of the ring, counted back from its newest, are taken as whole. */
const WHOLE_SHARE = 1 / 2;

/** Where to go on after falling behind: far enough from the limit that the next copy comes in time. */
const FALL_BACK_SHARE = 1 / 4;

/** How often to try for one record; ends what lying positions, or a ring that is too fast, would make endless. */
const ATTEMPTS_MAX = 64;

/** A record as it passed. */
export interface TailedRecord {
  /** The lane it was sent on. */
  readonly lane: number;
  /** Its place in the lane: in records for a struct, in units of 8 bytes otherwise. Never the same again. */
  readonly position: number;
  /** Length of the whole record in bytes. */
  readonly lengthBytes: number;
  /** A copy of its bytes, from the beginning; all of them, unless it is longer than was asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Where a lane is in the file, and what its records look like. */
export interface LanePlace {
  readonly lane: number;
  /** Where its positions begin, in bytes from the start of the file. */
  readonly headerOffset: number;
  /** Where its ring begins. */
  readonly ringOffset: number;
  readonly ringBytes: number;
  /** What positions count. */
  readonly stepBytes: number;
  /** Bytes of every record; 0 where each says its own. */
  readonly recordBytes: number;
  /** Bytes in front of what the sender gave, where each record says its own length. */
  readonly stampBytes: number;
}

/** Both positions of a lane. */
interface Positions {
  readonly head: number;
  readonly tail: number;
}

/** One lane as it is followed. */
export class LaneTail {
  readonly #place: LanePlace;
  readonly #header: ObservedWords;
  readonly #ring: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  /** How many steps the ring has. */
  readonly #capacity: number;
  /** Position of the next record. */
  #next: number;
  #missed = 0;

  /**
   * @param mapping The file, from its beginning, mapped for reading.
   * @param place The lane, whose ring is allocated.
   * @param from Where to begin: at what is still there, or at what is published from now on.
   */
  constructor(mapping: Mapping, place: LanePlace, from: "held" | "new") {
    this.#place = place;
    this.#header = new ObservedWords(mapping, place.headerOffset);
    this.#ring = mapping.bytes(place.ringOffset, place.ringBytes);
    this.#view = new DataView(this.#ring.buffer, this.#ring.byteOffset, place.ringBytes);
    this.#capacity = place.ringBytes / place.stepBytes;
    const positions = this.#positions();
    this.#next = from === "new" ? positions.tail : this.#oldest(positions, WHOLE_SHARE);
  }

  /** How far positions have moved past what could not be copied in time. */
  get missed(): number {
    return this.#missed;
  }

  /**
   * Copies the next record.
   *
   * @param bytesMax How much of it to copy at most.
   * @returns Undefined when there is none now, or they pass too fast to be copied.
   */
  next(bytesMax: number): TailedRecord | undefined {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const positions = this.#positions();
      const { tail } = positions;
      if (tail === this.#next) return undefined;
      if (tail < this.#next) {
        this.#skipTo(tail); // positions never go back: one of the two was a lie
      } else if (!this.#isWhole(this.#next, positions)) {
        this.#skipTo(this.#oldest(positions, FALL_BACK_SHARE));
      } else {
        const { position, steps, record } = this.#copy(tail, bytesMax);
        if (!this.#isWhole(position, this.#positions())) continue;
        if (steps === 0) this.#skipTo(tail);
        else this.#next = position + steps;
        if (record !== undefined) return record;
      }
    }
    return undefined;
  }

  #copy(tail: number, bytesMax: number): Copied {
    const { lane, recordBytes, stampBytes, stepBytes } = this.#place;
    const position = this.#next;
    const offset = (position % this.#capacity) * stepBytes;
    if (recordBytes > 0) {
      const bytes = this.#ring.slice(offset, offset + Math.min(recordBytes, bytesMax));
      return { position, steps: 1, record: { lane, position, lengthBytes: recordBytes, bytes } };
    }
    const payloadBytes = this.#view.getUint32(offset, true);
    const steps = Math.ceil((RECORD_HEADER_BYTES + payloadBytes) / UNIT_BYTES);
    const toEnd = (this.#place.ringBytes - offset) / UNIT_BYTES;
    // A record that reaches past the end of the ring or past what is published is a lie.
    if (steps > toEnd || steps > tail - position) return { position, steps: 0, record: undefined };
    const isPadding = this.#view.getUint32(offset + 4, true) === PADDING_TAG;
    if (isPadding || payloadBytes < stampBytes) return { position, steps, record: undefined };
    const lengthBytes = payloadBytes - stampBytes;
    const start = offset + RECORD_HEADER_BYTES + stampBytes;
    const bytes = this.#ring.slice(start, start + Math.min(lengthBytes, bytesMax));
    return { position, steps, record: { lane, position, lengthBytes, bytes } };
  }

  /** Whether what was copied from a position was not being overwritten, by positions that were read afterwards. */
  #isWhole(position: number, { head, tail }: Positions): boolean {
    const isHeld = position >= head && tail - position <= this.#capacity;
    return isHeld || tail - position <= this.#capacity * WHOLE_SHARE;
  }

  /**
   * The first record that is there, of those whose beginning is known.
   *
   * @param share What part of the ring, counted back from its newest record, to take for unharmed.
   */
  #oldest({ head, tail }: Positions, share: number): number {
    const held = head <= tail && tail - head <= this.#capacity ? head : tail;
    // Records of one size begin at every position, so that those which were released can be found, too.
    if (this.#place.recordBytes === 0) return held;
    return Math.max(0, Math.min(held, tail - Math.floor(this.#capacity * share)));
  }

  #skipTo(position: number): void {
    this.#missed += Math.abs(position - this.#next);
    this.#next = position;
  }

  /** The head first: what has been consumed by then had been published before. */
  #positions(): Positions {
    const head = positionAt(this.#header, LANE.head);
    return { head, tail: positionAt(this.#header, LANE.tail) };
  }
}

/** A copied record; none for padding, and for what is too short for one. No steps: it cannot be. */
interface Copied {
  readonly position: number;
  readonly steps: number;
  readonly record: TailedRecord | undefined;
}
