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
  claim(write: FillInPlace, lengthBytes?: number): void;
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

  claim(write: FillInPlace, lengthBytes?: number): void {
    const outbox = this.outbox ?? refuseEnded();
    try {
      if (typeof write !== "function") throw invalidType("write", "a function", write);
      outbox.claim(write, undefined, lengthBytes);
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
