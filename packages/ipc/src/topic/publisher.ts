/**
 * The sending end of a topic.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { checkOneOf, checkOptions, invalidType, isTurnDue, takeTurn } from "@isthmus/core/internal";
import type { Batch } from "../channel/producer.ts";
import { claimLane } from "../flow/lane-claim.ts";
import type {
  BytesSchema,
  ChannelSchema,
  RecordCursor,
  RecordInput,
} from "../flow/record-schema.ts";
import type { OpenVerb } from "../segment/segment.ts";
import {
  type AsyncWaitOptions,
  checkTimeout,
  checkWait,
  type WaitOptions,
} from "../wait/wait-for.ts";
import { Outlet } from "./outlet.ts";
import { Topic } from "./topic.ts";
import { type PublisherMetrics, publisherMetrics } from "./topic-metrics.ts";
import { TOPIC_OPTIONS, type TopicOptions } from "./topic-options.ts";
import type { FillInPlace } from "./topic-writer.ts";

const ON_FULL = ["wait", "fail"] as const;

/** How a publisher is opened. */
export interface PublisherOptions<S extends ChannelSchema> extends TopicOptions<S> {
  /**
   * What `send` does while a subscriber for whom publishers wait has still to read what is in the way: it waits
   * (default), or throws `SystemError` `EAGAIN`.
   */
  readonly onFull?: "wait" | "fail" | undefined;
}

/**
 * The sending end of a topic, which any number of subscribers follow. Each publisher has a lane of its own; it waits
 * only for subscribers that have asked for it (`onSlow: "gate"`), and without one it never waits.
 *
 * **When others see a record.** The first record of a synchronous run of JavaScript is published at once, and so is
 * every record while a subscriber waits for one. Further records of the run are published together: every 64, when
 * the run ends (in a microtask), before this thread waits for anything of this library, on `flush()`, and when the
 * thread ends by itself: by `process.exit()`, with an error that nobody catches, with nothing left to do. A loop that
 * never returns to the event loop and does none of this can hold back up to 63 records, and those of a batch. Only what
 * stops it from outside takes these with it: `SIGKILL`; `SIGTERM` or `SIGINT` without a handler, for which neither
 * `beforeExit` nor `exit` is emitted; `terminate()` of its Worker, or the end of the process around the Worker.
 *
 * **Order and delivery.** Every subscriber gets the records of one publisher in the order in which they were sent, each
 * at most once; see `Subscriber` for which. There is no order between publishers. A publisher that dies takes with it
 * only what it had not published; its lane, and what is kept in it, goes to the next one.
 *
 * **Who is waited for.** A subscriber that is slow or stopped is waited for; one that has died is not: the kernel says
 * so when a publisher finds no room.
 *
 * **Memory order.** Whoever gets a record sees everything that its publisher wrote to memory before it was sent.
 *
 * @example
 * ```ts
 * import { f64, Publisher, Subscriber, struct, u32 } from "@isthmus/ipc";
 *
 * const Price = struct({ id: u32, price: f64 });
 * using publisher = Publisher.createOrOpen("example-prices", { schema: Price });
 * using first = Subscriber.createOrOpen("example-prices", { schema: Price });
 * using second = Subscriber.createOrOpen("example-prices", { schema: Price, onSlow: "lap" });
 * publisher.send({ id: 1, price: 2.5 });
 * console.log(first.receive(), second.receive()); // { id: 1, price: 2.5 } { id: 1, price: 2.5 }
 * ```
 */
export class Publisher<S extends ChannelSchema> implements Disposable {
  readonly schema: S;
  readonly #topic: Topic;
  readonly #lane: number;
  readonly #outlet: Outlet;
  readonly #batch: Batch<S>;
  /** Whether the callback of a batch is running. */
  #isBatch = false;
  /** Whether a record is being written, by code of the user's. */
  #isBusy = false;
  #isDisposed = false;

  private constructor(verb: OpenVerb, name: string, options: PublisherOptions<S>) {
    const { onFull = "wait" } = checkOptions("options", options, TOPIC_OPTIONS);
    checkOneOf("options.onFull", onFull, ON_FULL);
    const topic = new Topic(verb, name, options, "publisher");
    try {
      this.#lane = claimLane(topic, {
        verb: "publish",
        limitName: "maxPublishers",
        // What is in a lane belongs to its subscribers, not to its last publisher: any lane will do.
        isEmpty: () => true,
      });
      this.#outlet = new Outlet(topic, this.#lane, onFull === "fail");
    } catch (error) {
      topic.leave();
      throw error;
    }
    this.schema = options.schema;
    this.#topic = topic;
    topic.segment.whenForgotten(this, leavingLater(topic, this.#outlet));
    this.#batch = {
      send: (record) => {
        this.#checkBatch();
        if (!this.#write(record)) this.#waitToWrite(record);
      },
      claim: (first: FillInPlace | number, second?: FillInPlace | number) => {
        this.#checkBatch();
        // Behind the callback is where the length once stood.
        const [write, lengthBytes] =
          typeof first === "function" ? [first, second] : [second, first];
        if (typeof write !== "function") throw invalidType("write", "a function", write ?? first);
        const length = lengthBytes as number | undefined;
        if (!this.#fill(write, length)) this.#waitToFill(write, length);
      },
    };
  }

  /**
   * Creates a topic.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Its schema and size.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<S extends ChannelSchema>(
    name: string,
    options: PublisherOptions<S>,
  ): Publisher<S> {
    return new Publisher("createNew", name, options);
  }

  /**
   * Opens a topic that somebody holds.
   *
   * @throws {SystemError} `ENOENT` when nobody does; `EAGAIN` when it has `maxPublishers` live publishers.
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both
   *   fingerprints and the first field that differs.
   */
  static openExisting<S extends ChannelSchema>(
    name: string,
    options: PublisherOptions<S>,
  ): Publisher<S> {
    return new Publisher("openExisting", name, options);
  }

  /** Opens a topic, or creates it; see `createdNew`. The size of one that exists stays as it is. */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: PublisherOptions<S>,
  ): Publisher<S> {
    return new Publisher("createOrOpen", name, options);
  }

  /** The name. */
  get name(): string {
    return this.#topic.name;
  }

  /** Whether this call created the topic. */
  get createdNew(): boolean {
    return this.#topic.segment.createdNew;
  }

  /**
   * Whether the name still leads here: false once its file or its directory was removed, renamed or replaced, so that
   * who opens the name now comes to another topic. Those who are here go on with each other. One system call.
   */
  get isReachable(): boolean {
    this.#checkOpen();
    return this.#topic.segment.isReachable;
  }

  /** What this publisher's lane has seen so far, and who subscribes. */
  get metrics(): PublisherMetrics {
    this.#checkOpen();
    return publisherMetrics(this.#topic, this.#lane, this.#outlet.counters);
  }

  /**
   * Sends a record, waiting on this thread while there is no room. With the slowest subscriber that it waits for on
   * this very thread it fails at once instead of waiting for itself; `sendAsync` waits.
   *
   * @param record What the schema describes; it is copied.
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @throws {TimeoutError} `ETIMEDOUT` when there was no room all the time; at once when the subscriber that is in the
   *   way is on this thread.
   * @throws {SystemError} `EAGAIN` instead of waiting, with `onFull: "fail"`.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when a record of `bytes` or `json` is too long for the topic.
   */
  send(record: RecordInput<S>, options?: WaitOptions): void {
    this.#checkFree();
    if (options !== undefined) checkTimeout(options);
    if (!this.#write(record)) this.#waitToWrite(record, options);
    this.#committed();
  }

  /** Sends a record if there is room; returns whether. Never waits. */
  trySend(record: RecordInput<S>): boolean {
    this.#checkFree();
    const isWritten = this.#write(record);
    if (isWritten) this.#committed();
    else this.#outlet.drop();
    return isWritten;
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
    this.#checkFree();
    const { timeoutMs, signal } = checkWait(options);
    signal?.throwIfAborted();
    if (!this.#outlet.isAwaited && this.#write(record)) {
      this.#committed();
      if (isTurnDue()) await takeTurn();
      return;
    }
    const attempt = (): boolean => {
      if (!this.#write(record)) return false;
      this.#committed();
      return true;
    };
    await this.#outlet.waitInTurn(attempt, timeoutMs, signal);
  }

  /**
   * Sends many records with one publication: subscribers see all of them at once. When there is no more room
   * inside the batch, what there is gets published and the publisher waits, as `send` does. When the callback
   * throws, the records before that are published.
   *
   * @param fill Gets the batch; must not be asynchronous and must not keep it.
   */
  batch(fill: (batch: Batch<S>) => void): void {
    this.#checkFree();
    if (typeof fill !== "function") throw invalidType("fill", "a function", fill);
    this.#isBatch = true;
    this.#outlet.beginRun();
    try {
      const result = fill(this.#batch) as unknown;
      if (result instanceof Promise) {
        throw invalidType("fill", "a function that is not asynchronous", fill);
      }
    } finally {
      this.#isBatch = false;
      this.#outlet.publish();
      if (this.#isDisposed) this.#leave();
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
    second?: FillInPlace | WaitOptions | number,
    third?: WaitOptions,
  ): void {
    if (typeof first !== "function") {
      if (typeof second !== "function") throw invalidType("write", "a function", second ?? first);
      this.#claim(second, first, third);
    } else if (typeof second === "number") {
      // Where the length once stood in a batch.
      this.#claim(first, second, third);
    } else this.#claim(first, undefined, second as WaitOptions | undefined);
  }

  /** Publishes what has been sent and is not visible yet. */
  flush(): void {
    this.#checkOpen();
    this.#outlet.flush();
    this.#topic.segment.checkWhole();
  }

  /** Publishes what has been sent and leaves the topic. Records that were published stay for the subscribers. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // The record that is being written lies in this memory: left when its callback has returned.
    if (!this.#isBusy && !this.#isBatch) this.#leave();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #claim(write: FillInPlace, lengthBytes: number | undefined, options?: WaitOptions): void {
    this.#checkFree();
    if (options !== undefined) checkTimeout(options);
    if (!this.#fill(write, lengthBytes)) this.#waitToFill(write, lengthBytes, options);
    this.#committed();
  }

  #write(record: unknown): boolean {
    this.#isBusy = true;
    try {
      return this.#outlet.write(record);
    } finally {
      this.#endUse();
    }
  }

  #fill(write: FillInPlace, lengthBytes: number | undefined): boolean {
    this.#isBusy = true;
    try {
      return this.#outlet.fill(write, lengthBytes);
    } finally {
      this.#endUse();
    }
  }

  /** Code of the user's has been run, and may have disposed the publisher: its record still counts. */
  #endUse(): void {
    this.#isBusy = false;
    if (this.#isDisposed && !this.#isBatch) this.#leave();
  }

  #committed(): void {
    if (!this.#isDisposed) this.#outlet.committed();
  }

  /** Apart from `send`, so that the common case makes no closure. */
  #waitToWrite(record: unknown, options?: WaitOptions): void {
    this.#outlet.wait(() => this.#write(record), checkTimeout(options));
  }

  #waitToFill(write: FillInPlace, lengthBytes: number | undefined, options?: WaitOptions): void {
    this.#outlet.wait(() => this.#fill(write, lengthBytes), checkTimeout(options));
  }

  #leave(): void {
    leave(this.#topic, this.#outlet);
  }

  #checkOpen(): void {
    if (this.#isDisposed) this.#topic.refuseDisposed("Publisher");
  }

  #checkBatch(): void {
    this.#checkOpen();
    if (!this.#isBatch) throw new NotSupportedError("Cannot use a batch after its callback");
    if (this.#isBusy) this.#refuse();
  }

  #checkFree(): void {
    if (this.#isBusy || this.#isBatch || this.#isDisposed) this.#refuse();
  }

  #refuse(): never {
    this.#checkOpen();
    throw new NotSupportedError(
      `Cannot use the publisher of "${this.name}" inside its own batch() or claim()`,
    );
  }
}

function leavingLater(topic: Topic, outlet: Outlet): () => void {
  return () => leave(topic, outlet);
}

function leave(topic: Topic, outlet: Outlet): void {
  if (topic.segment.isDisposed) return;
  outlet.flush();
  topic.leave();
}
