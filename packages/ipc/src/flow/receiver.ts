/**
 * What consumers and subscribers offer alike.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import {
  checkBytes,
  checkOptions,
  isTurnDue,
  type OptionNames,
  takeTurn,
} from "@isthmus/core/internal";
import { touch } from "../segment/handles.ts";
import { NamedHandle } from "../segment/named-handle.ts";
import {
  type AsyncWaitOptions,
  checkSignal,
  checkTimeout,
  checkWait,
  type WaitOptions,
} from "../wait/wait-for.ts";
import type { RecordHandler } from "./lane-reader.ts";
import type { ReceivingLanes } from "./lane-scan.ts";
import {
  checkPoll,
  checkPollAsync,
  checkRecordHandler,
  EVERYTHING,
  type PollAsyncOptions,
  type PollOptions,
} from "./poll-options.ts";
import { ReceivingEnd } from "./receiving-end.ts";
import { RecordLoop } from "./record-loop.ts";
import type { ChannelSchema, RecordCursor, RecordValue } from "./record-schema.ts";
import type { RecordSegment } from "./record-segment.ts";

/** How records are followed. */
export interface RecordsOptions {
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const RECORDS_OPTIONS: OptionNames<RecordsOptions> = { signal: true };

/** The receiving end of a channel or of a topic: see `Consumer` and `Subscriber`. */
export abstract class Receiver<S extends ChannelSchema> extends NamedHandle {
  readonly schema: S;
  readonly #how: ReceivingLanes;
  readonly #lanes: RecordSegment;
  protected readonly end: ReceivingEnd;
  /** Whether a callback of the user is reading in place. */
  #isBusy = false;
  #isDisposed = false;

  /**
   * @param owner The class's name.
   * @param schema What records are.
   * @param lanes The segment; left when `open` throws.
   * @param open Joins its receivers.
   */
  protected constructor(
    owner: string,
    schema: S,
    lanes: RecordSegment,
    open: () => ReceivingLanes,
  ) {
    super(lanes.segment, owner);
    try {
      this.#how = open();
      this.end = new ReceivingEnd(this.#how);
    } catch (error) {
      lanes.leave();
      throw error;
    }
    this.schema = schema;
    this.#lanes = lanes;
    const { end } = this;
    lanes.segment.whenForgotten(this, () => {
      end.close();
      lanes.leave();
    });
  }

  /**
   * Hands records out, in place where that is safe: never waits.
   *
   * **Safety.** What the handler gets is of use only until it returns: a read-only cursor that is moved to the next
   * record, a view of `bytes`, or a value of `json`. Copy what is to stay. Copy a view of `bytes` also before anything
   * decodes it as text, unless whoever may write is trusted: Bun's decoders crash when bytes change under them.
   *
   * @param handler Called for every record; must not be asynchronous. When it throws, its record and the rest stay, and
   *   come with the next call: catch inside what is never to come again.
   * @param options How many at most.
   * @returns How many records were handled; 0 when there are none.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` inside its own handler.
   */
  poll(handler: (record: RecordCursor<S>) => void, options?: PollOptions): number {
    const wanted = options === undefined ? EVERYTHING : checkPoll(options);
    checkRecordHandler(handler);
    // Behind the options, here and below: their getters are the program's, and may dispose the receiver.
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    return this.#poll(handler as RecordHandler, wanted);
  }

  /**
   * Sleeps in the event loop until there is something, then hands it out as `poll` does: in place. The same rules hold
   * for the handler.
   *
   * @param handler Called for every record. When it throws, this rejects, and its record and the rest come again.
   * @param options How many at most, how long to wait in milliseconds (default: for ever), and a signal that ends the wait.
   * @returns How many records were handled, 1 or more. Rejects with `TimeoutError` `ETIMEDOUT`, the signal's reason, or
   *   `DisposedError` when disposed meanwhile; then nothing has been taken.
   *
   * @example
   * ```ts
   * import { Consumer, Producer, struct, u32 } from "@isthmus/ipc";
   *
   * const Tick = struct({ id: u32 });
   * using consumer = Consumer.createOrOpen("example-polled", { schema: Tick });
   * using producer = Producer.createOrOpen("example-polled", { schema: Tick });
   * setTimeout(() => producer.send({ id: 1 }), 10);
   * const count = await consumer.pollAsync(({ id }) => console.log(id), { timeoutMs: 1000 });
   * console.log(count); // 1
   * ```
   */
  async pollAsync(
    handler: (record: RecordCursor<S>) => void,
    options?: PollAsyncOptions,
  ): Promise<number> {
    const { wanted, timeoutMs, signal } = checkPollAsync(options);
    checkRecordHandler(handler);
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    const poll = (): number => {
      if (this.#isBusy || this.#isDisposed) this.#refuse();
      return this.#poll(handler as RecordHandler, wanted);
    };
    const count = await this.end.readiness.poll(poll, timeoutMs, signal);
    touch(this);
    return count;
  }

  /**
   * Waits in the event loop until there is something, and takes nothing: `poll`, `tryReceive` or `receive` find it.
   * Also of use to wait for several at once: abort the waits of the others when one has won.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError` `ETIMEDOUT`, the signal's reason, or `DisposedError` when disposed meanwhile.
   *
   * @example
   * ```ts
   * import { Consumer, json, Producer } from "@isthmus/ipc";
   *
   * using orders = Consumer.createOrOpen("example-orders", { schema: json });
   * using cancels = Consumer.createOrOpen("example-cancels", { schema: json });
   * using producer = Producer.createOrOpen("example-cancels", { schema: json });
   * producer.send({ id: 7 });
   * const others = new AbortController();
   * const { signal } = others;
   * await Promise.race([orders.ready({ signal }), cancels.ready({ signal })]);
   * others.abort();
   * for (const consumer of [orders, cancels]) consumer.poll(({ id }) => console.log(id)); // 7
   * ```
   */
  async ready(options?: AsyncWaitOptions): Promise<void> {
    const { timeoutMs, signal } = checkWait(options);
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    await this.end.readiness.wait(timeoutMs, signal);
    touch(this);
  }

  #poll(handler: RecordHandler, { limit, latest }: PollOptions): number {
    this.#isBusy = true;
    try {
      return latest === true ? this.end.pollLatest(handler, limit) : this.end.poll(handler, limit);
    } finally {
      this.#isBusy = false;
      if (this.#isDisposed) this.#leave();
    }
  }

  /** The next record; undefined when there is none. Never waits. */
  tryReceive(): RecordValue<S> | undefined {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    return this.end.receive() as RecordValue<S> | undefined;
  }

  /**
   * The next record, sleeping on this thread until there is one.
   *
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @throws {TimeoutError} `ETIMEDOUT` when none came.
   * @throws {SystemError} `EINTR` when a signal arrived that this program handles.
   */
  receive(options?: WaitOptions): RecordValue<S> {
    // Before anything is taken.
    const timeoutMs = checkTimeout(options);
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    const record = this.end.receive();
    // JSON has null for a value, so only undefined means nothing.
    if (record !== undefined) return record as RecordValue<S>;
    return this.end.wait(timeoutMs) as RecordValue<S>;
  }

  /**
   * Copies the bytes of the next record into a buffer, as `receiveInto` does; undefined when there is none. Never waits.
   *
   * @param buffer Where they go, from the start. What is behind them stays as it is.
   * @returns How many they are, which may be 0.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the buffer is too small: nothing has been taken.
   */
  tryReceiveInto(buffer: Uint8Array): number | undefined {
    this.#checkBuffer(buffer);
    return this.end.receive(buffer) as number | undefined;
  }

  /**
   * Copies the bytes of the next record into a buffer, sleeping on this thread until there is one: no memory is
   * allocated for it. A struct's are what its schema's `decode` reads, those of `json` are UTF-8; nothing is decoded here.
   *
   * @param buffer Where they go, from the start. What is behind them stays as it is.
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @returns How many they are, which may be 0.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the buffer is too small: nothing has been taken.
   * @throws {TimeoutError} `ETIMEDOUT` when none came.
   * @throws {SystemError} `EINTR` when a signal arrived that this program handles.
   */
  receiveInto(buffer: Uint8Array, options?: WaitOptions): number {
    const timeoutMs = checkTimeout(options);
    this.#checkBuffer(buffer);
    return (this.end.receive(buffer) ?? this.end.wait(timeoutMs, buffer)) as number;
  }

  /**
   * The next record, without blocking the event loop.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  async receiveAsync(options?: AsyncWaitOptions): Promise<RecordValue<S>> {
    const { timeoutMs, signal } = checkWait(options);
    signal?.throwIfAborted();
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    const record = this.end.receive();
    if (record === undefined) {
      const found = await this.end.waitAsync(timeoutMs, signal);
      touch(this);
      return found as RecordValue<S>;
    }
    if (isTurnDue()) await takeTurn();
    return record as RecordValue<S>;
  }

  /**
   * Follows the records: yields every one of them, woken by whoever sends. A record counts as read when the loop asks
   * for the next one. Left before that, by `throw`, `break`, `return` or `dispose`, its record comes again; see
   * `acknowledge`. The loop takes no more than its body can handle, so that senders that are too fast wait, if they do
   * for this receiver, and lets timers, sockets and signals have their turn every few milliseconds. It ends when the
   * receiver is disposed. Run one loop at a time, and receive nothing by other ways in its body.
   *
   * @param options A `signal` that ends the loop.
   */
  records(options?: RecordsOptions): AsyncIterableIterator<RecordValue<S>, undefined> {
    const { signal } = checkOptions("options", options, RECORDS_OPTIONS);
    checkSignal(signal);
    this.checkOpen();
    return new RecordLoop<RecordValue<S>>(this, this.#lanes, this.end, signal);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<RecordValue<S>, undefined> {
    return this.records();
  }

  /**
   * Counts the record of a loop's body as read before the loop asks for the next one: it does not come again however
   * the loop is left. Call it when the record has been handled and the loop ends with it.
   *
   * @throws {DisposedError} After disposal.
   */
  acknowledge(): void {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    this.end.release();
  }

  /**
   * Leaves the channel or topic. What a channel's consumer has not consumed stays for the next one, also the record that
   * a loop's body still has; publishers that waited for this subscriber go on. Loops end, waits reject.
   */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // The record that is being read lies in this memory: left when its handler has returned.
    if (!this.#isBusy) this.#leave();
  }

  /** Throws unless the receiver is open. */
  protected override checkOpen(): void {
    if (this.#isDisposed) this.#lanes.refuseDisposed(this.#how.owner);
  }

  #checkBuffer(buffer: Uint8Array): void {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    checkBytes("buffer", buffer);
  }

  #leave(): void {
    this.end.close();
    this.#lanes.leave();
  }

  #refuse(): never {
    this.checkOpen();
    const what = this.#how.owner.toLowerCase();
    throw new NotSupportedError(`Cannot use the ${what} of "${this.name}" inside its own poll()`);
  }
}
