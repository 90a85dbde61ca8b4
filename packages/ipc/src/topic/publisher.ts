/**
 * The sending end of a topic.
 *
 * @module
 */
import { checkOptions } from "@isthmus/core/internal";
import type { ChannelSchema } from "../flow/record-schema.ts";
import { isFailing, Sender } from "../flow/sender.ts";
import type { OpenVerb } from "../segment/segment.ts";
import { Topic } from "./topic.ts";
import { type PublisherMetrics, publisherMetrics } from "./topic-metrics.ts";
import { TOPIC_OPTIONS, type TopicOptions } from "./topic-options.ts";
import { claimTopicLane, topicLane } from "./topic-sending.ts";

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
 * the run ends (in a microtask), before this thread waits for anything of this library or observes it, on `flush()`, and when the
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
export class Publisher<S extends ChannelSchema> extends Sender<S> {
  readonly #topic: Topic;
  readonly #lane: number;

  private constructor(verb: OpenVerb, name: string, options: PublisherOptions<S>) {
    const { onFull } = checkOptions("options", options, TOPIC_OPTIONS);
    const isImpatient = isFailing(onFull as PublisherOptions<S>["onFull"]);
    const topic = new Topic(verb, name, options, "publisher");
    let lane = -1;
    super("Publisher", options.schema, topic, () => {
      lane = claimTopicLane(topic);
      return topicLane(topic, lane, isImpatient);
    });
    this.#topic = topic;
    this.#lane = lane;
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
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The schema; sizes are those of its creator.
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

  /**
   * Opens a topic, or creates it; see `createdNew`. The size of one that exists stays as it is.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schema and size, and what `send` does when there is no room.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: PublisherOptions<S>,
  ): Publisher<S> {
    return new Publisher("createOrOpen", name, options);
  }

  /** What this publisher's lane has seen so far, and who subscribes. */
  get metrics(): PublisherMetrics {
    this.end.checkOpen();
    return publisherMetrics(this.#topic, this.#lane, this.end.counters);
  }
}
