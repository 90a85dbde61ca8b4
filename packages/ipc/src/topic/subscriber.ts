/**
 * The receiving end of a topic.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { checkOneOf, checkOptions, invalidType, isTurnDue, takeTurn } from "@isthmus/core/internal";
import {
  checkLimit,
  checkRecords,
  type PollOptions,
  type RecordsOptions,
} from "../channel/consumer.ts";
import { RecordLoop } from "../flow/record-loop.ts";
import type { ChannelSchema, RecordCursor, RecordValue } from "../flow/record-schema.ts";
import { touch } from "../segment/handles.ts";
import type { OpenVerb } from "../segment/segment.ts";
import {
  type AsyncWaitOptions,
  checkTimeout,
  checkWait,
  type WaitOptions,
} from "../wait/wait-for.ts";
import { attend } from "./attendance.ts";
import { Inlet } from "./inlet.ts";
import { Topic } from "./topic.ts";
import { type SubscriberMetrics, subscriberMetrics } from "./topic-metrics.ts";
import { TOPIC_OPTIONS, type TopicOptions } from "./topic-options.ts";
import type { RecordHandler } from "./topic-reader.ts";

const FROM = ["now", "history"] as const;
const ON_SLOW = ["gate", "lap"] as const;

/** What a subscriber missed. */
export interface Overrun {
  /** The lane of the publisher that was faster. */
  readonly lane: number;
  /** Records of it that were overwritten before they were read, since the last time that this was told. */
  readonly lost: number;
  /** Records of all lanes that were lost so far. */
  readonly lostTotal: number;
}

/** How a subscriber is opened. */
export interface SubscriberOptions<S extends ChannelSchema> extends TopicOptions<S> {
  /**
   * Where it begins: with what is published from now on (default), or with the oldest records that are kept. Of a
   * publisher that comes later, either way gives everything.
   */
  readonly from?: "now" | "history" | undefined;
  /**
   * What happens when it is slower than a publisher: `"gate"`: publishers wait for it, and nothing is lost (default,
   * because losing records should be somebody's decision). `"lap"`: publishers go on, and it is told how many
   * records it lost.
   */
  readonly onSlow?: "gate" | "lap" | undefined;
  /**
   * Told of records that were lost, before the next record of the same publisher is handed out. What it throws comes
   * out of the method that was about to hand it out, and nothing else is lost by it.
   */
  readonly onLapped?: ((overrun: Overrun) => void) | undefined;
}

/**
 * The receiving end of a topic. Each of its subscribers gets every record of every publisher from when it joined, or
 * from the oldest one that is kept. A topic has as many places for subscribers as its creator says (`maxSubscribers`).
 *
 * **Delivery.** With `onSlow: "gate"` every record exactly once. With `onSlow: "lap"` every record at most once, whole,
 * and in order. Either way a record whose handler or loop's body throws comes again, as does the one with which a loop is
 * left: see `acknowledge`; with `"lap"`, unless it was overwritten meanwhile. `lost` counts exactly those that were overwritten before they were read, up to 2^32 at a time. A
 * subscriber that leaves or dies is forgotten: who comes after it is a new subscriber and goes on nowhere.
 *
 * **Memory.** With `"gate"`, `poll` hands out records where they are in shared memory, and a topic's publishers wait
 * until they have been handed out. With `"lap"`, records are copied into memory of this process first, and only
 * copies that were whole are handed out.
 *
 * **Damage.** Positions, lengths and contents that cannot be are counted in `metrics.corruptions`; the records they
 * belong to are skipped, and the subscriber goes on.
 *
 * **Memory order.** Whoever gets a record sees everything that its publisher wrote to memory before it was sent.
 *
 * @example
 * ```ts
 * import { Publisher, Subscriber, struct, u32 } from "@isthmus/ipc";
 *
 * const Tick = struct({ id: u32 });
 * using publisher = Publisher.createOrOpen("example-ticks", { schema: Tick, capacityBytes: 256 });
 * for (let id = 0; id < 100; id++) publisher.send({ id });
 * using subscriber = Subscriber.openExisting("example-ticks", {
 *   schema: Tick,
 *   from: "history",
 *   onSlow: "lap",
 *   onLapped: ({ lost }) => console.log(`${lost} were lost`),
 * });
 * console.log(subscriber.receive()); // the oldest one that is kept
 * for (let id = 100; id < 200; id++) publisher.send({ id });
 * subscriber.poll(({ id }) => console.log(id));
 * ```
 */
export class Subscriber<S extends ChannelSchema> implements Disposable {
  readonly schema: S;
  readonly #topic: Topic;
  readonly #inlet: Inlet;
  /** Whether a callback of the user is reading in place. */
  #isBusy = false;
  #isDisposed = false;

  private constructor(verb: OpenVerb, name: string, options: SubscriberOptions<S>) {
    const {
      from = "now",
      onSlow = "gate",
      onLapped,
    } = checkOptions("options", options, TOPIC_OPTIONS);
    checkOneOf("options.from", from, FROM);
    checkOneOf("options.onSlow", onSlow, ON_SLOW);
    if (onLapped !== undefined && typeof onLapped !== "function") {
      throw invalidType("options.onLapped", "a function", onLapped);
    }
    const topic = new Topic(verb, name, options, "subscriber");
    try {
      const isGating = onSlow === "gate";
      const starts = attend(topic, { isHistory: from === "history", isGating });
      const onOverrun = (lane: number, lost: number): void => {
        onLapped?.({ lane, lost, lostTotal: inlet.lost });
      };
      const inlet: Inlet = new Inlet(topic, { starts, isGating, onOverrun });
      this.#inlet = inlet;
      topic.segment.whenForgotten(this, () => {
        inlet.close();
        topic.leave();
      });
    } catch (error) {
      topic.leave();
      throw error;
    }
    this.schema = options.schema;
    this.#topic = topic;
  }

  /**
   * Creates a topic.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Its schema and size, and how to subscribe.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<S extends ChannelSchema>(
    name: string,
    options: SubscriberOptions<S>,
  ): Subscriber<S> {
    return new Subscriber("createNew", name, options);
  }

  /**
   * Opens a topic that somebody holds.
   *
   * @throws {SystemError} `ENOENT` when nobody does; `EAGAIN` when it has `maxSubscribers` live subscribers.
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both
   *   fingerprints and the first field that differs.
   */
  static openExisting<S extends ChannelSchema>(
    name: string,
    options: SubscriberOptions<S>,
  ): Subscriber<S> {
    return new Subscriber("openExisting", name, options);
  }

  /** Opens a topic, or creates it; see `createdNew`. The size of one that exists stays as it is. */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: SubscriberOptions<S>,
  ): Subscriber<S> {
    return new Subscriber("createOrOpen", name, options);
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

  /** How many records were overwritten before they were read. Always 0 with `onSlow: "gate"`. */
  get lost(): number {
    return this.#inlet.lost;
  }

  /** What has been read so far by this subscriber. */
  get metrics(): SubscriberMetrics {
    this.#checkOpen();
    this.#inlet.note();
    return subscriberMetrics(this.#topic, this.#inlet.counters);
  }

  /**
   * Hands records out, in place where that is safe: never waits.
   *
   * **Safety.** What the handler gets is of use only until it returns: a read-only cursor that is moved to the next
   * record, a view of `bytes`, or a value of `json`. Copy what is to stay. Copy a view of `bytes` also before anything
   * decodes it as text, unless whoever may write is trusted: Bun's decoders crash when bytes change under them.
   *
   * @param handler Called for every record. When it throws, its record and the rest stay, and come with the next call.
   * @param options How many at most.
   * @returns How many records were handled; 0 when there are none.
   */
  poll(handler: (record: RecordCursor<S>) => void, options?: PollOptions): number {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    const limit = options === undefined ? undefined : checkLimit(options);
    if (typeof handler !== "function") throw invalidType("handler", "a function", handler);
    this.#isBusy = true;
    try {
      return this.#inlet.poll(handler as RecordHandler, limit);
    } finally {
      this.#isBusy = false;
      if (this.#isDisposed) this.#leave();
    }
  }

  /** The next record; undefined when there is none. Never waits. */
  tryReceive(): RecordValue<S> | undefined {
    if (this.#isBusy || this.#isDisposed) this.#refuse();
    return this.#inlet.receive() as RecordValue<S> | undefined;
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
    const record = this.#inlet.receive();
    // JSON has null for a value, so only undefined means nothing.
    if (record !== undefined) return record as RecordValue<S>;
    return this.#inlet.wait(timeoutMs) as RecordValue<S>;
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
    const inlet = this.#inlet;
    const record = inlet.receive();
    if (record === undefined) {
      const found = await inlet.waitAsync(timeoutMs, signal);
      touch(this);
      return found as RecordValue<S>;
    }
    if (isTurnDue()) await takeTurn();
    return record as RecordValue<S>;
  }

  /**
   * Follows the topic: yields every record, woken by the publishers. A record counts as read when the loop asks for
   * the next one; left before that, by `throw` or `break`, its record comes again: see `acknowledge`. With `onSlow: "gate"` the loop takes no more than its body can handle, so that publishers
   * that are too fast wait. It ends when the subscriber is disposed. Run one loop at a time.
   *
   * @param options A `signal` that ends the loop.
   */
  records(options?: RecordsOptions): AsyncIterableIterator<RecordValue<S>, undefined> {
    this.#checkOpen();
    const signal = checkRecords(options);
    return new RecordLoop<RecordValue<S>>(this, this.#topic, this.#inlet, signal);
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
    this.#inlet.release();
  }

  /** Leaves the topic. Publishers that waited for this subscriber go on. Loops end, waits reject. */
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
    this.#inlet.close();
    this.#topic.leave();
  }

  #checkOpen(): void {
    if (this.#isDisposed) this.#topic.refuseDisposed("Subscriber");
  }

  #refuse(): never {
    this.#checkOpen();
    throw new NotSupportedError(
      `Cannot use the subscriber of "${this.name}" inside its own poll()`,
    );
  }
}
