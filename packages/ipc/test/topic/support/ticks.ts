/**
 * A small topic in one process.
 *
 * @module
 */
import {
  type FieldType,
  observe,
  Publisher,
  type StructSchema,
  Subscriber,
  type SubscriberOptions,
  struct,
  u32,
} from "../../../src/index.ts";

/** Records of 4 bytes, in slots of 8. */
export const Tick: StructSchema<{ readonly id: FieldType<number> }> = struct({ id: u32 });

/** A topic's publisher, and how to subscribe. */
export interface TickTopic {
  readonly publisher: Publisher<typeof Tick>;
  readonly subscribe: (
    options?: Partial<SubscriberOptions<typeof Tick>>,
  ) => Subscriber<typeof Tick>;
}

/** A new topic called "ticks". */
export function topicOf(stack: DisposableStack, capacityBytes: number = 1024): TickTopic {
  const publisher = stack.use(Publisher.createNew("ticks", { schema: Tick, capacityBytes }));
  return {
    publisher,
    subscribe: (options = {}) =>
      stack.use(Subscriber.openExisting("ticks", { schema: Tick, ...options })),
  };
}

/** Polls the ids of what there is. */
export function idsOf(subscriber: Subscriber<typeof Tick>, limit?: number): number[] {
  const seen: number[] = [];
  subscriber.poll(({ id }) => seen.push(id), { limit });
  return seen;
}

/** How often a waiter found what it waited for without having been woken. */
export function foundByTime(name: string): number[] {
  return observe(name).cells.map(({ timeoutWakes }) => timeoutWakes);
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
