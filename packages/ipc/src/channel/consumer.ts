/**
 * The receiving end of a channel.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import {
  checkInteger,
  checkOptions,
  invalidType,
  isTurnDue,
  type OptionNames,
  takeTurn,
} from "@isthmus/core/internal";
import { RecordLoop } from "../flow/record-loop.ts";
import type { ChannelSchema, RecordCursor, RecordValue } from "../flow/record-schema.ts";
import { touch } from "../segment/handles.ts";
import type { OpenVerb } from "../segment/segment.ts";
import {
  type AsyncWaitOptions,
  checkSignal,
  checkTimeout,
  checkWait,
  type WaitOptions,
} from "../wait/wait-for.ts";
import { Channel } from "./channel.ts";
import { type ConsumerMetrics, consumerMetrics } from "./channel-metrics.ts";
import type { ChannelOptions } from "./channel-options.ts";
import { takeConsumerPlace } from "./consumer-place.ts";
import { Inbox } from "./inbox.ts";
import type { RecordHandler } from "./lane-reader.ts";

/** How many records are polled. */
export interface PollOptions {
  /** How many at most, 1 or more. Default: all there are, but no more than the channel has room for. */
  readonly limit?: number | undefined;
}

/** How records are followed. */
export interface RecordsOptions {
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const POLL_OPTIONS: OptionNames<PollOptions> = { limit: true };
const RECORDS_OPTIONS: OptionNames<RecordsOptions> = { signal: true };

/**
 * The receiving end of a channel. A channel has one consumer at a time; it empties the lanes of all producers in
 * turn, so that none has to wait for another.
 *
 * **Delivery.** A record is done when its handler of `poll` returns, when a loop asks for the next one (or on
 * `acknowledge`), and when `receive` returns it. Every published record gets done exactly once as long as no consumer
 * crashes, also when consumers leave and others come: the next one goes on where the last one stopped. A record whose
 * handler or body throws is not done: it comes again, first of its producer's, to this consumer or the next one. So does
 * the record with which a loop is left, since `break` and `throw` look the same to it. When a consumer's process dies,
 * the next one sees again what the dead one had been handed and not yet released: with `poll`, the records of the
 * batch in which it died (at most 512), with `for await`, the record of the loop's body and at most 63 before it.
 * What `receive` has returned is never delivered again. Nothing is ever skipped. A consumer that is told to end
 * (`process.exit`, a signal) without `dispose` counts as one that died.
 *
 * **Damage.** Positions, lengths and contents that cannot be are counted in `metrics.corruptions`; the records they
 * belong to are skipped, and the consumer goes on.
 *
 * **Memory order.** Whoever gets a record sees everything that its producer wrote to memory before it was sent.
 *
 * @example
 * ```ts
 * import { Consumer, Producer, struct, u32 } from "@isthmus/ipc";
 *
 * const Tick = struct({ id: u32 });
 * using consumer = Consumer.createOrOpen("example-ticks", { schema: Tick });
 * using producer = Producer.createOrOpen("example-ticks", { schema: Tick });
 * for (let id = 0; id < 3; id++) producer.send({ id });
 * for await (const { id } of consumer) {
 *   console.log(id); // 0, 1, 2
 *   if (id < 2) continue;
 *   consumer.acknowledge(); // or the last one would come again
 *   break;
 * }
 * ```
 */
export class Consumer<S extends ChannelSchema> implements Disposable {
  readonly schema: S;
  readonly #channel: Channel;
  readonly #inbox: Inbox;
  /** Whether a callback of the user is reading in place. */
  #isBusy = false;
  #isDisposed = false;

  private constructor(verb: OpenVerb, name: string, options: ChannelOptions<S>) {
    const channel = new Channel(verb, name, options, "consumer");
    try {
      takeConsumerPlace(channel);
      this.#inbox = new Inbox(channel);
    } catch (error) {
      channel.leave();
      throw error;
    }
    this.schema = options.schema;
    this.#channel = channel;
    const inbox = this.#inbox;
    channel.segment.whenForgotten(this, () => {
      inbox.close();
      channel.leave();
    });
  }

  /**
   * Creates a channel.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Its schema and size.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<S extends ChannelSchema>(name: string, options: ChannelOptions<S>): Consumer<S> {
    return new Consumer("createNew", name, options);
  }

  /**
   * Opens a channel that somebody holds.
   *
   * @throws {SystemError} `ENOENT` when nobody does; `EBUSY` when it has a live consumer, naming it.
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both
   *   fingerprints and the first field that differs.
   */
  static openExisting<S extends ChannelSchema>(
    name: string,
    options: ChannelOptions<S>,
  ): Consumer<S> {
    return new Consumer("openExisting", name, options);
  }

  /** Opens a channel, or creates it; see `createdNew`. The size of one that exists stays as it is. */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: ChannelOptions<S>,
  ): Consumer<S> {
    return new Consumer("createOrOpen", name, options);
  }

  /** The name. */
  get name(): string {
    return this.#channel.name;
  }

  /** Whether this call created the channel. */
  get createdNew(): boolean {
    return this.#channel.segment.createdNew;
  }

  /**
   * Whether the name still leads here: false once its file or its directory was removed, renamed or replaced, so that
   * who opens the name now comes to another channel. Those who are here go on with each other. One system call.
   */
  get isReachable(): boolean {
    this.#checkOpen();
    return this.#channel.segment.isReachable;
  }

  /** What has been consumed so far, by this consumer and those before it. */
  get metrics(): ConsumerMetrics {
    this.#checkOpen();
    this.#inbox.note();
    return consumerMetrics(this.#channel, this.#inbox.counters, this.#inbox.times);
  }

  /**
   * Hands records out in place, without a copy: never waits.
   *
   * **Safety.** What the handler gets is of use only until it returns: a read-only cursor that is moved to the next
   * record, a view of `bytes`, or a value of `json`. Copy what is to stay. Copy a view of `bytes` also before anything
   * decodes it as text, unless whoever may write is trusted: Bun's decoders crash when bytes change under them.
   *
   * @param handler Called for every record. When it throws, its record and the rest stay, and come with the next call:
   *   catch inside what is never to come again.
   * @param options How many at most.
   * @returns How many records were handled; 0 when there are none.
   */
  poll(handler: (record: RecordCursor<S>) => void, options?: PollOptions): number {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    const limit = options === undefined ? undefined : checkLimit(options);
    if (typeof handler !== "function") throw invalidType("handler", "a function", handler);
    this.#isBusy = true;
    try {
      return this.#inbox.poll(handler as RecordHandler, limit);
    } finally {
      this.#isBusy = false;
      if (this.#isDisposed) this.#leave();
    }
  }

  /** The next record; undefined when there is none. Never waits. */
  tryReceive(): RecordValue<S> | undefined {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    return this.#inbox.receive() as RecordValue<S> | undefined;
  }

  /**
   * The next record, sleeping on this thread until there is one.
   *
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @throws {TimeoutError} `ETIMEDOUT` when none came.
   * @throws {SystemError} `EINTR` when a signal arrived that this program handles.
   */
  receive(options?: WaitOptions): RecordValue<S> {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    // Before anything is taken.
    const timeoutMs = checkTimeout(options);
    const record = this.#inbox.receive();
    // JSON has null for a value, so only undefined means nothing.
    if (record !== undefined) return record as RecordValue<S>;
    return this.#inbox.wait(timeoutMs) as RecordValue<S>;
  }

  /**
   * The next record, without blocking the event loop.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  async receiveAsync(options?: AsyncWaitOptions): Promise<RecordValue<S>> {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    const { timeoutMs, signal } = checkWait(options);
    signal?.throwIfAborted();
    const inbox = this.#inbox;
    const record = inbox.receive();
    if (record === undefined) {
      const found = await inbox.waitAsync(timeoutMs, signal);
      touch(this);
      return found as RecordValue<S>;
    }
    if (isTurnDue()) await takeTurn();
    return record as RecordValue<S>;
  }

  /**
   * Follows the channel: yields every record, woken by the producers. A record counts as consumed when the loop asks
   * for the next one. Left before that, by `throw`, `break`, `return` or `dispose`, its record comes again; see
   * `acknowledge`. The loop takes no more than its body can handle, so that producers that are too fast wait, and lets
   * timers, sockets and signals have their turn every few milliseconds. It ends when the consumer is disposed. Run one
   * loop at a time, and receive nothing by other ways in its body.
   *
   * @param options A `signal` that ends the loop.
   */
  records(options?: RecordsOptions): AsyncIterableIterator<RecordValue<S>, undefined> {
    this.#checkOpen();
    const signal = checkRecords(options);
    return new RecordLoop<RecordValue<S>>(this, this.#channel, this.#inbox, signal);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<RecordValue<S>, undefined> {
    return this.records();
  }

  /**
   * Counts the record of a loop's body as consumed before the loop asks for the next one: it does not come again however
   * the loop is left. Call it when the record has been handled and the loop ends with it.
   *
   * @throws {DisposedError} After disposal.
   */
  acknowledge(): void {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    this.#inbox.release();
  }

  /**
   * Leaves the channel. What was not consumed stays for the next consumer, also the record that a loop's body still
   * has. Loops end, waits reject.
   */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // The record that is being read lies in this memory: left when its handler has returned.
    if (!this.#isBusy) this.#leave();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #leave(): void {
    this.#inbox.close();
    this.#channel.leave();
  }

  #checkOpen(): void {
    if (this.#isDisposed) this.#channel.refuseDisposed("Consumer");
  }

  #refuse(): never {
    if (this.#isDisposed) this.#channel.refuseDisposed("Consumer");
    throw new NotSupportedError(`Cannot use the consumer of "${this.name}" inside its own poll()`);
  }
}

/** Checks how many records are polled; undefined: all there are. */
export function checkLimit(options: PollOptions): number | undefined {
  const { limit } = checkOptions("options", options, POLL_OPTIONS);
  return limit === undefined || limit === Infinity ? undefined : checkInteger("limit", limit, 1);
}

/** Checks how records are followed. */
export function checkRecords(options: RecordsOptions | undefined): AbortSignal | undefined {
  return checkSignal(checkOptions("options", options, RECORDS_OPTIONS).signal);
}
