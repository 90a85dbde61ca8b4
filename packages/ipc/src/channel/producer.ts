/**
 * The sending end of a channel.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { checkOneOf, checkOptions, invalidType } from "@isthmus/core/internal";
import type { OpenVerb } from "../segment/segment.ts";
import {
  type AsyncWaitOptions,
  checkTimeout,
  checkWait,
  type WaitOptions,
} from "../wait/wait-for.ts";
import { Channel } from "./channel.ts";
import { type ProducerMetrics, producerMetrics } from "./channel-metrics.ts";
import type { ChannelOptions } from "./channel-options.ts";
import type { BytesSchema, ChannelSchema, RecordCursor, RecordInput } from "./channel-schema.ts";
import { claimLane } from "./lane-claim.ts";
import type { FillInPlace, LaneWriter } from "./lane-writer.ts";
import { Outbox } from "./outbox.ts";

const ON_FULL = ["wait", "fail"] as const;

/** How a producer is opened. */
export interface ProducerOptions<S extends ChannelSchema> extends ChannelOptions<S> {
  /** What `send` does while there is no room: it waits (default), or throws `SystemError` `EAGAIN`. */
  readonly onFull?: "wait" | "fail" | undefined;
}

/** What `Producer.batch` hands to its callback. */
export interface Batch<S extends ChannelSchema> {
  /** Adds a record to the batch; waits for room as `send` does. */
  send(record: RecordInput<S>): void;
  /** Adds a record that is written in place. */
  claim(write: (place: RecordCursor<S>) => void, lengthBytes?: number): void;
}

/**
 * The sending end of a channel. Each producer has a lane of its own, so that it waits for nobody but the consumer,
 * and a producer that dies takes with it only what it had not published.
 *
 * **When others see a record.** The first record of a synchronous run of JavaScript is published at once, and so is
 * every record while the consumer waits for one. Further records of the run are published together: every 64, when
 * the run ends (in a microtask), before this thread waits for anything of this library, and on `flush()`. A loop
 * that never returns to the event loop and does neither can hold back up to 63 records.
 *
 * **Order and delivery.** Records of one producer arrive in the order in which they were sent, each exactly once as
 * long as the consumer does not crash; see `Consumer` for what happens then. There is no order between producers.
 *
 * **Memory order.** Whoever gets a record sees everything that its producer wrote to memory before it was sent.
 *
 * @example
 * ```ts
 * import { Consumer, f64, Producer, struct, u32 } from "@isthmus/ipc";
 *
 * const Order = struct({ id: u32, price: f64 });
 * using producer = Producer.createOrOpen("example-orders", { schema: Order });
 * using consumer = Consumer.createOrOpen("example-orders", { schema: Order });
 * producer.send({ id: 1, price: 2.5 });
 * producer.claim((order) => {
 *   order.id = 2;
 *   order.price = 3;
 * });
 * console.log(consumer.receive(), consumer.receive()); // { id: 1, price: 2.5 } { id: 2, price: 3 }
 * ```
 */
export class Producer<S extends ChannelSchema> implements Disposable {
  readonly schema: S;
  readonly #channel: Channel;
  readonly #lane: number;
  readonly #outbox: Outbox;
  readonly #writer: LaneWriter;
  readonly #batch: Batch<S>;
  /** Whether a callback of the user is writing in place or sending a batch. */
  #isBusy = false;
  #isDisposed = false;

  private constructor(verb: OpenVerb, name: string, options: ProducerOptions<S>) {
    const { onFull = "wait" } = checkOptions("options", options);
    checkOneOf("options.onFull", onFull, ON_FULL);
    const channel = new Channel(verb, name, options, "producer");
    try {
      this.#lane = claimLane(channel, {
        role: "producer",
        verb: "produce",
        limitName: "maxProducers",
        isEmpty: (lane) => channel.isLaneEmpty(lane),
      });
      this.#outbox = new Outbox(channel, this.#lane, onFull === "fail");
    } catch (error) {
      channel.leave();
      throw error;
    }
    this.schema = options.schema;
    this.#channel = channel;
    this.#writer = this.#outbox.writer;
    this.#batch = {
      send: (record) => {
        this.#checkBatch();
        if (!this.#writer.write(record)) this.#waitToWrite(record);
      },
      claim: (write, lengthBytes) => {
        this.#checkBatch();
        if (!this.#writer.fill(write as FillInPlace, lengthBytes)) {
          this.#waitToFill(write as FillInPlace, lengthBytes);
        }
      },
    };
  }

  /**
   * Creates a channel.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Its schema and size.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<S extends ChannelSchema>(
    name: string,
    options: ProducerOptions<S>,
  ): Producer<S> {
    return new Producer("createNew", name, options);
  }

  /**
   * Opens a channel that somebody holds.
   *
   * @throws {SystemError} `ENOENT` when nobody does; `EAGAIN` when it has `maxProducers` live producers.
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both fingerprints.
   */
  static openExisting<S extends ChannelSchema>(
    name: string,
    options: ProducerOptions<S>,
  ): Producer<S> {
    return new Producer("openExisting", name, options);
  }

  /** Opens a channel, or creates it; see `createdNew`. The size of one that exists stays as it is. */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: ProducerOptions<S>,
  ): Producer<S> {
    return new Producer("createOrOpen", name, options);
  }

  /** The name. */
  get name(): string {
    return this.#channel.name;
  }

  /** Whether this call created the channel. */
  get createdNew(): boolean {
    return this.#channel.segment.createdNew;
  }

  /** What this producer's lane has seen so far. */
  get metrics(): ProducerMetrics {
    this.#checkOpen();
    return producerMetrics(this.#channel, this.#lane, this.#outbox.counters);
  }

  /**
   * Sends a record, waiting on this thread while there is no room.
   *
   * @param record What the schema describes; it is copied.
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @throws {TimeoutError} `ETIMEDOUT` when there was no room all the time.
   * @throws {SystemError} `EAGAIN` instead of waiting, with `onFull: "fail"`.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when a record of `bytes` or `json` is too long for the channel.
   */
  send(record: RecordInput<S>, options?: WaitOptions): void {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    if (this.#writer.write(record)) this.#outbox.committed();
    else this.#waitToWrite(record, options);
  }

  /** Sends a record if there is room; returns whether. Never waits. */
  trySend(record: RecordInput<S>): boolean {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    if (!this.#writer.write(record)) {
      this.#outbox.drop();
      return false;
    }
    this.#outbox.committed();
    return true;
  }

  /**
   * Sends a record without blocking the event loop. Those that wait are served in the order of their calls; a
   * `send` in between overtakes them. With `onFull: "fail"` it waits all the same.
   *
   * @param record What the schema describes; must not be changed until the promise resolves.
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  async sendAsync(record: RecordInput<S>, options?: AsyncWaitOptions): Promise<void> {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    const { timeoutMs, signal } = checkWait(options);
    signal?.throwIfAborted();
    const outbox = this.#outbox;
    if (!outbox.isAwaited && this.#writer.write(record)) outbox.committed();
    else await outbox.waitInTurn(() => this.#writer.write(record), timeoutMs, signal);
  }

  /**
   * Sends many records with one publication: the consumer sees all of them at once. When there is no more room
   * inside the batch, what there is gets published and the producer waits, as `send` does. When the callback
   * throws, the records before that are published.
   *
   * @param fill Gets the batch; must not be asynchronous and must not keep it.
   */
  batch(fill: (batch: Batch<S>) => void): void {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    this.#isBusy = true;
    try {
      const result = fill(this.#batch) as unknown;
      if (result instanceof Promise) {
        throw invalidType("fill", "a function that is not asynchronous", fill);
      }
    } finally {
      this.#outbox.publish();
      this.#endCallback();
    }
  }

  /**
   * Writes a record in place: no object is made and nothing copied. Waits for room as `send` does.
   *
   * **Safety.** The cursor stands on shared memory that still has the bytes of an older record: assign every
   * field. It must not be used after the callback has returned.
   *
   * @param write Fills the record. When it throws, nothing is sent.
   * @param options How long to wait for room.
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
   */
  claim(
    lengthBytes: S extends BytesSchema ? number : never,
    write: (view: Uint8Array<ArrayBuffer>) => void,
    options?: WaitOptions,
  ): void;
  claim(
    first: FillInPlace | number,
    second?: FillInPlace | WaitOptions,
    third?: WaitOptions,
  ): void {
    if (typeof first === "function") this.#claim(first, undefined, second as WaitOptions);
    else if (typeof second === "function") this.#claim(second, first, third);
    else throw invalidType("write", "a function", second ?? first);
  }

  /** Publishes what has been sent and is not visible yet. */
  flush(): void {
    this.#checkOpen();
    this.#outbox.flush();
  }

  /** Publishes what has been sent and leaves the channel. Records that were published stay for the consumer. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // The record that is being written lies in this memory: left when its callback has returned.
    if (!this.#isBusy) this.#leave();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Small, so that the compiler takes the callback into the caller's loop: that was measured to halve the cost. */
  #claim(write: FillInPlace, lengthBytes: number | undefined, options?: WaitOptions): void {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    this.#isBusy = true;
    let isFilled = false;
    try {
      isFilled = this.#writer.fill(write, lengthBytes);
    } catch (error) {
      this.#endCallback();
      throw error;
    }
    if (isFilled && !this.#isDisposed) {
      this.#isBusy = false;
      this.#outbox.committed();
    } else {
      this.#endClaim(isFilled, write, lengthBytes, options);
    }
  }

  #endClaim(
    isFilled: boolean,
    write: FillInPlace,
    lengthBytes: number | undefined,
    options: WaitOptions | undefined,
  ): void {
    try {
      if (!isFilled) this.#waitToFill(write, lengthBytes, options);
    } finally {
      this.#endCallback();
    }
  }

  /** A callback of the user has returned, and may have disposed the producer. */
  #endCallback(): void {
    this.#isBusy = false;
    if (this.#isDisposed) this.#leave();
  }

  /** Apart from `send`, so that the common case makes no closure. */
  #waitToWrite(record: RecordInput<S>, options?: WaitOptions): void {
    this.#outbox.wait(() => this.#writer.write(record), checkTimeout(options));
  }

  #waitToFill(write: FillInPlace, lengthBytes: number | undefined, options?: WaitOptions): void {
    this.#outbox.wait(() => this.#writer.fill(write, lengthBytes), checkTimeout(options));
  }

  #leave(): void {
    this.#outbox.flush();
    this.#channel.leave();
  }

  #checkOpen(): void {
    if (this.#isDisposed) this.#channel.refuseDisposed("Producer");
  }

  #checkBatch(): void {
    if (!this.#isBusy) throw new NotSupportedError("Cannot use a batch after its callback");
  }

  #refuse(): never {
    if (this.#isDisposed) this.#channel.refuseDisposed("Producer");
    throw new NotSupportedError(
      `Cannot use the producer of "${this.name}" inside its own batch() or claim()`,
    );
  }
}
