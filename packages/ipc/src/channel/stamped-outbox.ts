/**
 * Sending records of one size, each with the time at which it was sent.
 *
 * @module
 */
import { sharedClock } from "../metrics/clock.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import type { WaitOptions } from "../wait/wait-for.ts";
import type { Channel } from "./channel.ts";
import { STAMP_BYTES } from "./channel-layout.ts";
import { FixedOutbox } from "./fixed-outbox.ts";
import type { FillInPlace } from "./outbox.ts";

const nothing: FillInPlace = () => {};

/** As `FixedOutbox`; the time is written behind the record, in what its slot is longer. */
export class StampedOutbox extends FixedOutbox {
  readonly #now = sharedClock();
  readonly #stampOffset: number;
  #inner = nothing;
  /** One function for all records: a closure for each would be garbage. */
  readonly #fillAndStamp: FillInPlace = (cursor) => {
    const result = this.#inner(cursor) as unknown;
    this.#stamp(this.anchor.base);
    return result;
  };

  constructor(channel: Channel, lane: number, isFailing: boolean, schema: StructSchema<Fields>) {
    super(channel, lane, isFailing, schema);
    this.#stampOffset = channel.geometry.slotBytes - STAMP_BYTES;
    const { encode } = schema.codec;
    this.encode = (view, offset, record) => {
      encode(view, offset, record);
      this.#stamp(offset);
    };
  }

  override claim(write: FillInPlace, options?: WaitOptions): void {
    // Inside a claim of its own this one is refused, and the outer one goes on with its own function.
    if (!this.isBusy) this.#inner = write;
    super.claim(this.#fillAndStamp, options);
  }

  #stamp(offset: number): void {
    this.view.setFloat64(offset + this.#stampOffset, this.#now(), true);
  }
}
