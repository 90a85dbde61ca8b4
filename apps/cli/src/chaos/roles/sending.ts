/**
 * One way out for records, whatever it is: a producer, a publisher, or a batch of either.
 *
 * @module
 */
import type { Batch, ChannelSchema, Producer, Publisher } from "@isthmus/ipc";
import type { SeededRandom } from "../seeded-random.ts";

/** Where records go, and whose they are. */
export interface Sending<S extends ChannelSchema> {
  readonly sink: Pick<Producer<S>, "claim"> | Pick<Publisher<S>, "claim"> | Batch<S>;
  readonly stream: number;
  readonly random: SeededRandom;
}
