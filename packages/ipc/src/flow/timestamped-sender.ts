/**
 * Sending records of one size, each with the time at which it was sent.
 *
 * @module
 */

import { sharedClock } from "../metrics/clock.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import type { WaitOptions } from "../wait/wait-for.ts";
import { TIMESTAMP_BYTES } from "./record-layout.ts";
import type { FillInPlace, SendingLane } from "./sending-end.ts";
import { type SlotRing, StructSender } from "./struct-sender.ts";

const nothing: FillInPlace = () => {};

/** As `StructSender`; the time is written behind the record, in what its slot is longer. */
export class TimestampedSender extends StructSender {
  readonly #now = sharedClock();
  readonly #timestampOffset: number;
  #inner = nothing;
  /** One function for all records: a closure for each would be garbage. */
  readonly #fillAndTimestamp: FillInPlace = (cursor) => {
    const result = this.#inner(cursor) as unknown;
    this.#timestamp(this.anchor.base);
    return result;
  };

  constructor(how: SendingLane, ring: SlotRing, schema: StructSchema<Fields>) {
    super(how, ring, schema);
    this.#timestampOffset = how.lanes.geometry.slotBytes - TIMESTAMP_BYTES;
    const { encode } = schema.codec;
    this.encode = (view, offset, record) => {
      encode(view, offset, record);
      this.#timestamp(offset);
    };
  }

  override claim(write: FillInPlace, options?: WaitOptions): void {
    // Inside a claim of its own this one is refused, and the outer one goes on with its own function.
    if (!this.isBusy) this.#inner = write;
    super.claim(this.#fillAndTimestamp, options);
  }

  #timestamp(offset: number): void {
    this.view.setFloat64(offset + this.#timestampOffset, this.#now(), true);
  }
}
