/**
 * The sending end of a channel.
 *
 * @module
 */
import { checkOptions } from "@isthmus/core/internal";
import type { ChannelSchema } from "../flow/record-schema.ts";
import { isFailing, Sender } from "../flow/sender.ts";
import type { OpenVerb } from "../segment/segment.ts";
import { Channel } from "./channel.ts";
import { type ProducerMetrics, producerMetrics } from "./channel-metrics.ts";
import { CHANNEL_OPTIONS, type ChannelOptions } from "./channel-options.ts";
import { channelLane, claimChannelLane } from "./channel-sending.ts";

/** How a producer is opened. */
export interface ProducerOptions<S extends ChannelSchema> extends ChannelOptions<S> {
  /** What `send` does while there is no room: it waits (default), or throws `SystemError` `EAGAIN`. */
  readonly onFull?: "wait" | "fail" | undefined;
}

/**
 * The sending end of a channel. Each producer has a lane of its own, so that it waits for nobody but the consumer,
 * and a producer that dies takes with it only what it had not published.
 *
 * **When others see a record.** The first record of a synchronous run of JavaScript is published at once, and so is
 * every record while the consumer waits for one. Further records of the run are published together: every 64, when
 * the run ends (in a microtask), before this thread waits for anything of this library or observes it, on `flush()`, and
 * when the thread ends by itself: by `process.exit()`, with an error that nobody catches, with nothing left to do. A loop that
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
export class Producer<S extends ChannelSchema> extends Sender<S> {
  readonly #channel: Channel;
  readonly #lane: number;

  private constructor(verb: OpenVerb, name: string, options: ProducerOptions<S>) {
    const { onFull } = checkOptions("options", options, CHANNEL_OPTIONS);
    const isImpatient = isFailing(onFull as ProducerOptions<S>["onFull"]);
    const channel = new Channel(verb, name, options, "producer");
    let lane = -1;
    super("Producer", options.schema, channel, () => {
      lane = claimChannelLane(channel);
      return channelLane(channel, lane, isImpatient);
    });
    this.#channel = channel;
    this.#lane = lane;
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
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The schema; sizes are those of its creator.
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

  /**
   * Opens a channel, or creates it; see `createdNew`. The size of one that exists stays as it is.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schema and size, and what `send` does when there is no room.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: ProducerOptions<S>,
  ): Producer<S> {
    return new Producer("createOrOpen", name, options);
  }

  /** What this producer's lane has seen so far. */
  get metrics(): ProducerMetrics {
    this.end.checkOpen();
    return producerMetrics(this.#channel, this.#lane, this.end.counters);
  }
}
