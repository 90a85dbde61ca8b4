/**
 * What the callback of a batch sends its records through.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { invalidType } from "@isthmus/core/internal";
import type { FillInPlace, Outbox } from "./outbox.ts";

/** What a batch hands its records to. */
export interface BatchSink {
  send(record: unknown): void;
  claim(write: FillInPlace): void;
  claim(lengthBytes: number, write: FillInPlace): void;
}

/** What a batch's callback gets, of use until that returns. */
export class OpenBatch implements BatchSink {
  private outbox: Outbox | undefined;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  send(record: unknown): void {
    const outbox = this.outbox ?? refuseEnded();
    try {
      outbox.send(record);
    } catch (error) {
      outbox.fail(error);
    }
  }

  claim(first: FillInPlace | number, second?: FillInPlace | number): void {
    const outbox = this.outbox ?? refuseEnded();
    try {
      // Behind the callback is where the length once stood.
      if (typeof first === "function") outbox.claim(first, undefined, second as number | undefined);
      else if (typeof second === "function") outbox.claim(second, undefined, first);
      else throw invalidType("write", "a function", second ?? first);
    } catch (error) {
      outbox.fail(error);
    }
  }

  /** Refuses all that comes later. */
  end(): void {
    this.outbox = undefined;
  }
}

function refuseEnded(): never {
  throw new NotSupportedError("Cannot use a batch after its callback");
}
