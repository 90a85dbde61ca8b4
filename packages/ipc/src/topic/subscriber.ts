/**
 * The receiving end of a topic.
 *
 * @module
 */
import { checkOneOf, checkOptions, invalidType } from "@isthmus/core/internal";
import type { OnOverrun } from "../flow/lane-scan.ts";
import { Receiver } from "../flow/receiver.ts";
import type { ChannelSchema } from "../flow/record-schema.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import type { OpenVerb } from "../segment/segment.ts";
import { Topic } from "./topic.ts";
import { type SubscriberMetrics, subscriberMetrics } from "./topic-metrics.ts";
import { TOPIC_OPTIONS, type TopicOptions } from "./topic-options.ts";
import { subscribe } from "./topic-receiving.ts";

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
export class Subscriber<S extends ChannelSchema> extends Receiver<S> {
  readonly #topic: Topic;
  readonly #times: TravelTimes | undefined;

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
    const attending = { isHistory: from === "history", isGating: onSlow === "gate" };
    const { times } = topic;
    super("Subscriber", options.schema, topic, () =>
      subscribe(topic, attending, overrunTeller(onLapped), times),
    );
    this.#topic = topic;
    this.#times = times;
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
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The schema; sizes are those of its creator.
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

  /**
   * Opens a topic, or creates it; see `createdNew`. The size of one that exists stays as it is.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schema and size, and how to subscribe.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: SubscriberOptions<S>,
  ): Subscriber<S> {
    return new Subscriber("createOrOpen", name, options);
  }

  /** How many records were overwritten before they were read. Always 0 with `onSlow: "gate"`. */
  get lost(): number {
    return this.end.lost;
  }

  /** What has been read so far by this subscriber. */
  get metrics(): SubscriberMetrics {
    this.checkOpen();
    this.end.note();
    return subscriberMetrics(this.#topic, this.end.counters, this.#times);
  }
}

/** Apart from the constructor: what it returns must not keep the subscriber that somebody forgets. */
function overrunTeller(onLapped: ((overrun: Overrun) => void) | undefined): OnOverrun {
  return (lane, lost, lostTotal) => onLapped?.({ lane, lost, lostTotal });
}
