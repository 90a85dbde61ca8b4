/**
 * What producers and publishers offer alike.
 *
 * @module
 */
import { checkOneOf, invalidType } from "@isthmus/core/internal";
import { NamedHandle } from "../segment/named-handle.ts";
import { type AsyncWaitOptions, checkTimeout, type WaitOptions } from "../wait/wait-for.ts";
import type { BatchSink } from "./open-batch.ts";
import type { BytesSchema, ChannelSchema, RecordCursor, RecordInput } from "./record-schema.ts";
import type { RecordSegment } from "./record-segment.ts";
import type { FillInPlace, SendingEnd, SendingLane } from "./sending-end.ts";
import { StructSender } from "./struct-sender.ts";
import { TimestampedSender } from "./timestamped-sender.ts";
import { VariableSender } from "./variable-sender.ts";

const ON_FULL = ["wait", "fail"] as const;

/** Whether to throw instead of waiting for room. */
export function isFailing(onFull: "wait" | "fail" | undefined = "wait"): boolean {
  return checkOneOf("options.onFull", onFull, ON_FULL) === "fail";
}

/** What `batch` hands to its callback. */
export interface Batch<S extends ChannelSchema> {
  /**
   * Adds a record to the batch; waits for room as `send` does.
   *
   * @param record What the schema describes; it is copied.
   */
  send(record: RecordInput<S>): void;
  /**
   * Adds a record that is written in place, as `claim` of the sender does.
   *
   * @param write Fills the record.
   */
  claim(write: S extends BytesSchema ? never : (record: RecordCursor<S>) => void): void;
  /**
   * Adds a record of `bytes` that is written in place, as `claim` of the sender does.
   *
   * @param lengthBytes Its length.
   * @param write Fills the view.
   */
  claim(
    lengthBytes: S extends BytesSchema ? number : never,
    write: (view: Uint8Array<ArrayBuffer>) => void,
  ): void;
}

let endOf: (sender: Sender<ChannelSchema>) => SendingEnd;

/** The sending end of a channel or of a topic: see `Producer` and `Publisher`. */
export abstract class Sender<S extends ChannelSchema> extends NamedHandle {
  readonly schema: S;
  /** No private name: it is on the way of every record; see `struct-sender.ts`. */
  protected readonly end: SendingEnd;

  static {
    endOf = (sender) => sender.end;
  }

  /**
   * @param owner The class's name.
   * @param schema What records are.
   * @param lanes The segment; left when `open` throws.
   * @param open Takes a lane of it.
   */
  protected constructor(owner: string, schema: S, lanes: RecordSegment, open: () => SendingLane) {
    super(lanes.segment, owner);
    try {
      this.end = sendInto(open());
    } catch (error) {
      lanes.leave();
      throw error;
    }
    this.schema = schema;
    const { end } = this;
    lanes.segment.whenForgotten(this, () => end.close());
  }

  /**
   * Sends a record, waiting on this thread while there is no room. With the receiver that it waits for on this very
   * thread it fails at once instead of waiting for itself; `sendAsync` waits.
   *
   * @param record What the schema describes; it is copied.
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @throws {TimeoutError} `ETIMEDOUT` when there was no room all the time; at once when the receiver that is in the
   *   way is on this thread.
   * @throws {SystemError} `EAGAIN` instead of waiting, with `onFull: "fail"`.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when a record of `bytes` or `json` is too long.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` inside its own `claim`.
   */
  send(record: RecordInput<S>, options?: WaitOptions): void {
    if (options !== undefined) checkTimeout(options);
    try {
      this.end.send(record, options);
    } catch (error) {
      this.end.fail(error);
    }
  }

  /**
   * Sends a record if there is room; returns whether. Never waits.
   *
   * @param record What the schema describes; it is copied.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when a record of `bytes` or `json` is too long.
   */
  trySend(record: RecordInput<S>): boolean {
    return this.end.trySend(record);
  }

  /**
   * Sends a record without blocking the event loop. Those that wait are served in the order of their calls; a
   * `send` in between overtakes them. With `onFull: "fail"` it waits all the same.
   *
   * @param record What the schema describes; must not be changed until the promise resolves.
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  sendAsync(record: RecordInput<S>, options?: AsyncWaitOptions): Promise<void> {
    return this.end.sendAsync(record, options, this);
  }

  /**
   * Sends many records with one publication: receivers see all of them at once. When there is no more room inside the
   * batch, what there is gets published and the sender waits, as `send` does. When the callback throws, the records
   * before that are published. What the callback sends by other ways, as `send` of the sender, joins the batch.
   *
   * @param fill Gets the batch; must not be asynchronous and must not keep it.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` inside another batch of this sender, or inside its `claim`.
   */
  batch(fill: (batch: Batch<S>) => void): void {
    this.end.batch(fill as (sink: BatchSink) => void);
  }

  /**
   * Writes a record in place: no object is made and nothing copied. Waits for room as `send` does.
   *
   * **Safety.** The cursor stands on shared memory that still has the bytes of an older record: assign every
   * field. It must not be used after the callback has returned.
   *
   * @param write Fills the record. When it throws, nothing is sent.
   * @param options How long to wait for room.
   * @throws {TimeoutError} `ETIMEDOUT` when there was no room all the time; `SystemError` `EAGAIN` with `onFull:
   *   "fail"`.
   */
  claim(
    write: S extends BytesSchema ? never : (record: RecordCursor<S>) => void,
    options?: WaitOptions,
  ): void;
  /**
   * Writes a record of `bytes` in place.
   *
   * @param lengthBytes Its length.
   * @param write Fills the view, which is of use only until it returns. When it throws, nothing is sent.
   * @param options How long to wait for room.
   * @throws {TimeoutError} `ETIMEDOUT` when there was no room all the time; `SystemError` `EAGAIN` with `onFull: "fail"`.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is too long.
   */
  claim(
    lengthBytes: S extends BytesSchema ? number : never,
    write: (view: Uint8Array<ArrayBuffer>) => void,
    options?: WaitOptions,
  ): void;
  claim(
    first: FillInPlace | number,
    second?: FillInPlace | WaitOptions | number,
    third?: WaitOptions,
  ): void {
    const isSized = typeof first !== "function" || typeof second === "number";
    const options = isSized ? third : (second as WaitOptions | undefined);
    if (options !== undefined) checkTimeout(options);
    try {
      if (isSized) this.claimSized(first, second, options);
      else this.end.claim(first, options);
    } catch (error) {
      this.end.fail(error);
    }
  }

  /** Publishes what has been sent and is not visible yet. */
  flush(): void {
    this.end.checkOpen();
    this.end.flush();
    this.end.checkOpen();
  }

  /** Publishes what has been sent and leaves. Records that were published stay for whoever receives. */
  dispose(): void {
    this.end.close();
  }

  protected override checkOpen(): void {
    this.end.checkOpen();
  }

  /** Claims a number of bytes; behind the callback is where it once stood in a batch. */
  private claimSized(first: unknown, second: unknown, options: WaitOptions | undefined): void {
    const [write, lengthBytes] = typeof first === "function" ? [first, second] : [second, first];
    if (typeof write !== "function") throw invalidType("write", "a function", write ?? first);
    this.end.claim(write as FillInPlace, options, lengthBytes as number);
  }
}

/** The longest record in bytes that a sender can send. */
export function recordBytesMaxOf(sender: Sender<ChannelSchema>): number {
  return endOf(sender).recordBytesMax;
}

/** Begins to send into a lane, as its records ask for. */
function sendInto(how: SendingLane): SendingEnd {
  const { shape, geometry } = how.lanes;
  if (shape.struct === undefined) return new VariableSender(how, how.bytes());
  const Struct = geometry.timestampBytes > 0 ? TimestampedSender : StructSender;
  return new Struct(how, how.slots(), shape.struct);
}
