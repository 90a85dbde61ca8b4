/**
 * Following the records of one ring from outside.
 *
 * A record is copied first and judged afterwards, by positions that are read after the copy: a record that may not be
 * overwritten even then was whole. How that is known, see `ring-rules.ts`.
 *
 * @module
 */
import type { Mapping } from "@isthmus/core/internal";
import { RECORD_HEADER_BYTES, UNIT_BYTES } from "../ring/byte-ring.ts";
import { MESSAGE, OUTCOME } from "../service/service-layout.ts";
import { ObservedWords } from "./observed-words.ts";
import type { Positions } from "./ring-rules.ts";
import type { RingPlan } from "./tail-plan.ts";

/** How often to try for one record; ends what lying positions, or a ring that is too fast, would make endless. */
const ATTEMPTS_MAX = 64;

/** A record as it passed. */
export interface TailedRecord {
  /** The lane it was sent on. */
  readonly lane: number;
  /** What it is: a request, a response or an error in a service, a job in a queue; a record anywhere else. */
  readonly part: "record" | "request" | "response" | "error" | "job";
  /** Of a service: what its requester numbers the request with that it is, or answers. */
  readonly requestNumber: number | undefined;
  /**
   * Its place in the lane: in records for a struct, in units of 8 bytes otherwise; of a queue the number of the job. Never
   * the same again.
   */
  readonly position: number;
  /** Of a queue: the priority of the job. */
  readonly priority?: number | undefined;
  /** Length of the whole record in bytes. */
  readonly lengthBytes: number;
  /** A copy of its bytes, from the beginning; all of them, unless it is longer than was asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Where a ring is in the file, and what its records look like. */
export interface RingPlace extends RingPlan {
  readonly lane: number;
  /** Where its positions begin, in bytes from the start of the file. */
  readonly headerOffset: number;
  /** Where it begins, in bytes from the start of the file. */
  readonly ringOffset: number;
}

/** One ring as it is followed. */
export class LaneTail {
  readonly #place: RingPlace;
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
   * @param place The ring, which is allocated.
   * @param from Where to begin: at what is still there, or at what is published from now on.
   */
  constructor(mapping: Mapping, place: RingPlace, from: "held" | "new") {
    this.#place = place;
    this.#header = new ObservedWords(mapping, place.headerOffset);
    this.#ring = mapping.bytes(place.ringOffset, place.ringBytes);
    this.#view = new DataView(this.#ring.buffer, this.#ring.byteOffset, place.ringBytes);
    this.#capacity = place.ringBytes / place.stepBytes;
    const positions = this.#positions();
    this.#next = from === "new" ? positions.tail : this.#oldest(positions, place.rules.wholeShare);
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
        this.#skipTo(tail); // positions never go back: one of the two was corrupt
      } else if (!this.#isWhole(this.#next, positions)) {
        this.#skipTo(this.#oldest(positions, this.#place.rules.fallBackShare));
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
    const { lane, recordBytes, leadBytes, part, rules, stepBytes } = this.#place;
    const position = this.#next;
    const offset = (position % this.#capacity) * stepBytes;
    if (recordBytes > 0) {
      const bytes = this.#ring.slice(offset, offset + Math.min(recordBytes, bytesMax));
      const plain = { part, requestNumber: undefined, lengthBytes: recordBytes };
      return { position, steps: 1, record: { lane, position, ...plain, bytes } };
    }
    const tag = this.#view.getUint32(offset + 4, true);
    const { payloadBytes, isPadding } = rules.header(this.#view.getUint32(offset, true), tag);
    const steps = Math.ceil((RECORD_HEADER_BYTES + payloadBytes) / UNIT_BYTES);
    const toEnd = (this.#place.ringBytes - offset) / UNIT_BYTES;
    // A record that reaches past the end of the ring or past what is published is a lie.
    if (steps > toEnd || steps > tail - position) return { position, steps: 0, record: undefined };
    if (isPadding || payloadBytes < leadBytes) return { position, steps, record: undefined };
    const lengthBytes = payloadBytes - leadBytes;
    const start = offset + RECORD_HEADER_BYTES + leadBytes;
    const bytes = this.#ring.slice(start, start + Math.min(lengthBytes, bytesMax));
    const message = part === "record" ? PLAIN : this.#message(offset, tag);
    return { position, steps, record: { lane, position, lengthBytes, ...message, bytes } };
  }

  /** What kind of message a record is. */
  #message(offset: number, tag: number): Pick<TailedRecord, "part" | "requestNumber"> {
    const { part } = this.#place;
    const at = offset + RECORD_HEADER_BYTES + MESSAGE.detail * 4;
    const isError = part === "response" && this.#view.getUint32(at, true) === OUTCOME.error;
    return { part: isError ? "error" : part, requestNumber: tag };
  }

  /** Whether what was copied from a position was not being overwritten, by positions that were read afterwards. */
  #isWhole(position: number, { head, tail }: Positions): boolean {
    const isHeld = position >= head && tail - position <= this.#capacity;
    return isHeld || tail - position <= this.#capacity * this.#place.rules.wholeShare;
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

  #positions(): Positions {
    return this.#place.rules.positions(this.#header);
  }
}

const PLAIN = { part: "record", requestNumber: undefined } as const;

/** A copied record; none for padding, and for what is too short for one. No steps: it cannot be. */
interface Copied {
  readonly position: number;
  readonly steps: number;
  readonly record: TailedRecord | undefined;
}
