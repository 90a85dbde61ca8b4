/**
 * The receiving end of a channel.
 *
 * @module
 */

import { Receiver } from "../flow/receiver.ts";
import type { ChannelSchema } from "../flow/record-schema.ts";
import { waitForSolePlace } from "../flow/sole-place.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import { type AsyncWaitOptions, splitWait } from "../wait/wait-for.ts";
import { Channel } from "./channel.ts";
import { type ConsumerMetrics, consumerMetrics } from "./channel-metrics.ts";
import { CHANNEL_OPTIONS, type ChannelOptions } from "./channel-options.ts";
import { CONSUMER_PLACE, receiveFrom } from "./channel-receiving.ts";

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
export class Consumer<S extends ChannelSchema> extends Receiver<S> {
  readonly #channel: Channel;
  readonly #times: TravelTimes | undefined;

  private constructor(channel: Channel, schema: S) {
    const { times } = channel;
    super("Consumer", schema, channel, () => receiveFrom(channel, times));
    this.#channel = channel;
    this.#times = times;
  }

  /**
   * Creates a channel.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Its schema and size.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<S extends ChannelSchema>(name: string, options: ChannelOptions<S>): Consumer<S> {
    return new Consumer(new Channel("createNew", name, options, "consumer"), options.schema);
  }

  /**
   * Opens a channel that somebody holds.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The schema; sizes are those of its creator.
   * @throws {SystemError} `ENOENT` when nobody does; `EBUSY` when it has a live consumer, naming it.
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both
   *   fingerprints and the first field that differs.
   */
  static openExisting<S extends ChannelSchema>(
    name: string,
    options: ChannelOptions<S>,
  ): Consumer<S> {
    return new Consumer(new Channel("openExisting", name, options, "consumer"), options.schema);
  }

  /**
   * Opens a channel, or creates it; see `createdNew`. The size of one that exists stays as it is.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schema and size.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<S extends ChannelSchema>(
    name: string,
    options: ChannelOptions<S>,
  ): Consumer<S> {
    return new Consumer(new Channel("createOrOpen", name, options, "consumer"), options.schema);
  }

  /**
   * Opens a channel, or creates it, and waits until it has no consumer: the next one takes over as soon as the present one
   * leaves or dies, as on a reload, or with a second process that stands by. Woken, not polling. Of several that wait
   * exactly one takes over, whichever, and the others wait on. One that is stopped is not dead, and keeps its place.
   *
   * Who waits takes part in the channel already, as a `standby`: the channel stays, with all that was sent. The new
   * consumer goes on where the last one stopped; see **Delivery**.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schema and size, and of the wait: `timeoutMs` in milliseconds (default: none) and a `signal` that
   *   ends it.
   * @returns Rejects with `TimeoutError` `ETIMEDOUT`, which says who consumes; the signal's reason; or what
   *   `createOrOpen` throws. Nothing stays open then.
   *
   * @example Two processes, of which one works and one stands by
   * ```ts
   * import { Consumer, json } from "@isthmus/ipc";
   *
   * using consumer = await Consumer.openAsync("example-standby", { schema: json, timeoutMs: 60_000 });
   * consumer.poll((job) => console.log(job)); // nobody else does this now
   * ```
   */
  static async openAsync<S extends ChannelSchema>(
    name: string,
    options: ChannelOptions<S> & AsyncWaitOptions,
  ): Promise<Consumer<S>> {
    const { wait, rest } = splitWait(options, CHANNEL_OPTIONS);
    const channel = new Channel("createOrOpen", name, rest, "consumer");
    return await waitForSolePlace(
      channel,
      CONSUMER_PLACE,
      wait,
      () => new Consumer(channel, options.schema),
    );
  }

  /** What has been consumed so far, by this consumer and those before it. */
  get metrics(): ConsumerMetrics {
    this.checkOpen();
    this.end.note();
    return consumerMetrics(this.#channel, this.end.counters, this.#times);
  }
}
