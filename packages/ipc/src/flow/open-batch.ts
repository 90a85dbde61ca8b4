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

/** What a batch's callback gets, of use until that returns. Short, to be taken into its loop: see `struct-sender.ts`. */
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
      if (second === undefined && typeof first === "function") sender.claim(first);
      else this.claimSized(sender, first, second);
    } catch (error) {
      sender.fail(error);
    }
  }

  /** Refuses all that comes later. */
  close(): void {
    this.sender = undefined;
  }

  /** Claims a number of bytes; behind the callback is where it once stood. */
  private claimSized(sender: SendingEnd, first: unknown, second: unknown): void {
    const [write, lengthBytes] = typeof first === "function" ? [first, second] : [second, first];
    if (typeof write !== "function") throw invalidType("write", "a function", write ?? first);
    sender.claim(write as FillInPlace, undefined, lengthBytes as number);
  }
}

/** More functions than the compiler keeps for one place that calls; each must be one of its own. */
const OTHERS: readonly ((sink: BatchSink) => unknown)[] = [
  () => 0,
  () => 1,
  () => 2,
  () => 3,
  () => 4,
  () => 5,
  () => 6,
  () => 7,
  () => 8,
  () => 9,
];
let other = 0;

/**
 * Calls what fills a batch, so that the compiler makes a program of its own of it.
 *
 * JavaScriptCore takes what a function calls into it, five levels deep. Where a batch takes in its callback, the fields of the cursor that
 * is filled are past the fifth: eight calls a record, 36 ns instead of 7 (decision 8). It takes nothing in where one place calls many
 * functions in turn; another call of a function that does nothing is 10 ns a batch.
 *
 * @param fill The callback.
 * @param sink What it gets.
 * @returns What it returns.
 */
export function callApart(fill: (sink: BatchSink) => unknown, sink: BatchSink): unknown {
  other = (other + 1) % OTHERS.length;
  let call = OTHERS[other] ?? fill;
  for (;;) {
    const result = call(sink);
    if (call === fill) return result;
    call = fill;
  }
}

function refuseEnded(): never {
  throw new NotSupportedError("Cannot use a batch after its callback");
}
