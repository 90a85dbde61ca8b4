/**
 * What the callback of a batch sends its records through.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { invalidType } from "@isthmus/core/internal";
import type { FillInPlace, SendingEnd } from "./sending-end.ts";

/** What a batch hands its records to. */
export interface BatchSink {
  send(record: unknown): void;
  claim(write: FillInPlace): void;
  claim(lengthBytes: number, write: FillInPlace): void;
}

/** What a batch's callback gets, of use until that returns. */
export class OpenBatch implements BatchSink {
  private sender: SendingEnd | undefined;

  constructor(sender: SendingEnd) {
    this.sender = sender;
  }

  send(record: unknown): void {
    const sender = this.sender ?? refuseEnded();
    try {
      sender.send(record);
    } catch (error) {
      sender.fail(error);
    }
  }

  claim(first: FillInPlace | number, second?: FillInPlace | number): void {
    const sender = this.sender ?? refuseEnded();
    try {
      // Behind the callback is where the length once stood.
      if (typeof first === "function") sender.claim(first, undefined, second as number | undefined);
      else if (typeof second === "function") sender.claim(second, undefined, first);
      else throw invalidType("write", "a function", second ?? first);
    } catch (error) {
      sender.fail(error);
    }
  }

  /** Refuses all that comes later. */
  close(): void {
    this.sender = undefined;
  }
}

function refuseEnded(): never {
  throw new NotSupportedError("Cannot use a batch after its callback");
}
