/**
 * Channels and topics, whose ends promise the same, as small ones in one process.
 *
 * @module
 */
import {
  Consumer,
  type FieldType,
  observe,
  Producer,
  Publisher,
  type StructSchema,
  Subscriber,
  struct,
  u32,
} from "../../../src/index.ts";

/** Records of 4 bytes, in slots of 8. */
export const Tick: StructSchema<{ readonly id: FieldType<number> }> = struct({ id: u32 });

type TickSender = Producer<typeof Tick> | Publisher<typeof Tick>;
type TickReceiver = Consumer<typeof Tick> | Subscriber<typeof Tick>;

/** A kind of flow, and how its receivers are. */
export interface Flow {
  readonly what: string;
  readonly Sender: typeof Producer | typeof Publisher;
  readonly Receiver: typeof Consumer | typeof Subscriber;
  /** The option that says how many senders there can be. */
  readonly limitName: "maxProducers" | "maxPublishers";
  /** What receivers are opened with besides the schema. */
  readonly receiving: object;
}

const CHANNEL: Flow = {
  what: "channel",
  Sender: Producer,
  Receiver: Consumer,
  limitName: "maxProducers",
  receiving: {},
};
const TOPIC: Flow = {
  what: "topic",
  Sender: Publisher,
  Receiver: Subscriber,
  limitName: "maxPublishers",
  receiving: {},
};

/** Those in which senders wait for receivers. */
export const WAITING_FLOWS: readonly Flow[] = [CHANNEL, TOPIC];

/** All of them. */
export const FLOWS: readonly Flow[] = [
  ...WAITING_FLOWS,
  { ...TOPIC, what: "topic that laps", receiving: { onSlow: "lap" } },
];

/** Both ends of a new flow called "ticks". */
export interface Ticks {
  readonly sender: TickSender;
  readonly receiver: TickReceiver;
  /** Polls the ids of what there is. */
  readonly ids: (limit?: number) => number[];
}

/** Makes a flow of ticks, with room for 128 of them unless told otherwise. */
export function ticksOf(stack: DisposableStack, flow: Flow, capacityBytes: number = 1024): Ticks {
  const { Sender, Receiver, receiving } = flow;
  const sender = stack.use(Sender.createNew("ticks", { schema: Tick, capacityBytes }));
  const receiver = stack.use(Receiver.openExisting("ticks", { schema: Tick, ...receiving }));
  return { sender, receiver, ids: (limit) => idsOf(receiver, limit) };
}

/** Polls the ids of what there is. */
export function idsOf(receiver: TickReceiver, limit?: number): number[] {
  const seen: number[] = [];
  receiver.poll(({ id }) => seen.push(id), { limit });
  return seen;
}

/** How often a waiter found what it waited for without having been woken. */
export function foundByTime(name: string): number[] {
  return observe(name).cells.map(({ timeoutWakes }) => timeoutWakes);
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
