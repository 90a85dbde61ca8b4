/**
 * The sending end of a channel.
 *
 * @module
 */
import { checkOneOf, checkOptions, invalidType } from "@isthmus/core/internal";
import { claimLane } from "../flow/lane-claim.ts";
import type {
  BytesSchema,
  ChannelSchema,
  RecordCursor,
  RecordInput,
} from "../flow/record-schema.ts";
import type { OpenVerb } from "../segment/segment.ts";
import { type AsyncWaitOptions, checkTimeout, type WaitOptions } from "../wait/wait-for.ts";
import { BytesOutbox, JsonOutbox } from "./byte-outbox.ts";
import { Channel } from "./channel.ts";
import { type ProducerMetrics, producerMetrics } from "./channel-metrics.ts";
import { CHANNEL_OPTIONS, type ChannelOptions } from "./channel-options.ts";
import { FixedOutbox } from "./fixed-outbox.ts";
import type { BatchSink } from "./open-batch.ts";
import type { FillInPlace, Outbox } from "./outbox.ts";
import { TimestampedOutbox } from "./stamped-outbox.ts";

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
  /** Adds a record that is written in place, as `Producer.claim` does. */
  claim(write: S extends BytesSchema ? never : (record: RecordCursor<S>) => void): void;
  /** Adds a record of `bytes` that is written in place, as `Producer.claim` does. */
  claim(
    lengthBytes: S extends BytesSchema ? number : never,
    write: (view: Uint8Array<ArrayBuffer>) => void,
  ): void;
}

/**
 * The sending end of a channel. Each producer has a lane of its own, so that it waits for nobody but the consumer,
 * and a producer that dies takes with it only what it had not published.
 *
 * **When others see a record.** The first record of a synchronous run of JavaScript is published at once, and so is
 * every record while the consumer waits for one. Further records of the run are published together: every 64, when
 * the run ends (in a microtask), before this thread waits for anything of this library, on `flush()`, and when the
 * thread ends by itself: by `process.exit()`, with an error that nobody catches, with nothing left to do. A loop that
 * never returns to the event loop and does none of this can hold back up to 63 records, and those of a batch. Only what
 * stops it from outside takes these with it: `SIGKILL`; `SIGTERM` or `SIGINT` without a handler, for which neither
 * `beforeExit` nor `exit` is emitted; `terminate()` of its Worker, or the end of the process around the Worker.
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
  /** No private name: it is on the way of every record; see `fixed-outbox.ts`. */
  private readonly outbox: Outbox;

  private constructor(verb: OpenVerb, name: string, options: ProducerOptions<S>) {
    const { onFull = "wait" } = checkOptions("options", options, CHANNEL_OPTIONS);
    checkOneOf("options.onFull", onFull, ON_FULL);
    const channel = new Channel(verb, name, options, "producer");
    try {
      this.#lane = claimLane(channel, {
        verb: "produce",
        limitName: "maxProducers",
        isEmpty: (lane) => channel.isLaneEmpty(lane),
      });
      this.outbox = openOutbox(channel, this.#lane, onFull === "fail");
    } catch (error) {
      channel.leave();
      throw error;
    }
    this.schema = options.schema;
    this.#channel = channel;
    const { outbox } = this;
    channel.segment.whenForgotten(this, () => outbox.close());
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
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both
   *   fingerprints and the first field that differs.
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

  /**
   * Whether the name still leads here: false once its file or its directory was removed, renamed or replaced, so that
   * who opens the name now comes to another channel. Those who are here go on with each other. One system call.
   */
  get isReachable(): boolean {
    this.outbox.checkOpen();
    return this.#channel.segment.isReachable;
  }

  /** What this producer's lane has seen so far. */
  get metrics(): ProducerMetrics {
    this.outbox.checkOpen();
    return producerMetrics(this.#channel, this.#lane, this.outbox.counters);
  }

  /**
   * Sends a record, waiting on this thread while there is no room. With the consumer on this very thread it fails at
   * once instead of waiting for itself; `sendAsync` waits.
   *
   * @param record What the schema describes; it is copied.
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @throws {TimeoutError} `ETIMEDOUT` when there was no room all the time; at once when the consumer is on this thread.
   * @throws {SystemError} `EAGAIN` instead of waiting, with `onFull: "fail"`.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when a record of `bytes` or `json` is too long for the channel.
   */
  send(record: RecordInput<S>, options?: WaitOptions): void {
    if (options !== undefined) checkTimeout(options);
    try {
      this.outbox.send(record, options);
    } catch (error) {
      this.outbox.fail(error);
    }
  }

  /** Sends a record if there is room; returns whether. Never waits. */
  trySend(record: RecordInput<S>): boolean {
    return this.outbox.trySend(record);
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
    return this.outbox.sendAsync(record, options, this);
  }

  /**
   * Sends many records with one publication: the consumer sees all of them at once. When there is no more room
   * inside the batch, what there is gets published and the producer waits, as `send` does. When the callback
   * throws, the records before that are published. What the callback sends by other ways, as `producer.send`, joins
   * the batch.
   *
   * @param fill Gets the batch; must not be asynchronous and must not keep it.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` inside another batch of this producer, or inside its `claim`.
   */
  batch(fill: (batch: Batch<S>) => void): void {
    this.outbox.batch(fill as (sink: BatchSink) => void);
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
    second?: FillInPlace | WaitOptions | number,
    third?: WaitOptions,
  ): void {
    const isSized = typeof first !== "function" || typeof second === "number";
    const options = isSized ? third : (second as WaitOptions | undefined);
    if (options !== undefined) checkTimeout(options);
    try {
      if (isSized) this.claimSized(first, second, options);
      else this.outbox.claim(first, options);
    } catch (error) {
      this.outbox.fail(error);
    }
  }

  /** Publishes what has been sent and is not visible yet. */
  flush(): void {
    this.outbox.checkOpen();
    this.outbox.flush();
    this.outbox.checkOpen();
  }

  /** Publishes what has been sent and leaves the channel. Records that were published stay for the consumer. */
  dispose(): void {
    this.outbox.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Claims a number of bytes; behind the callback is where it once stood in a batch. */
  private claimSized(first: unknown, second: unknown, options: WaitOptions | undefined): void {
    const [write, lengthBytes] = typeof first === "function" ? [first, second] : [second, first];
    if (typeof write !== "function") throw invalidType("write", "a function", write ?? first);
    this.outbox.claim(write as FillInPlace, options, lengthBytes as number);
  }
}

function openOutbox(channel: Channel, lane: number, isFailing: boolean): Outbox {
  const { struct, mode } = channel.shape;
  if (struct !== undefined) {
    const Fixed = channel.geometry.timestampBytes > 0 ? TimestampedOutbox : FixedOutbox;
    return new Fixed(channel, lane, isFailing, struct);
  }
  return mode === "bytes"
    ? new BytesOutbox(channel, lane, isFailing)
    : new JsonOutbox(channel, lane, isFailing);
}
