/**
 * Several producers and one consumer on a channel.
 *
 * @module
 */
import { type ChannelSchema, Consumer, Producer } from "@isthmus/ipc";
import { judgeChannel } from "../judges/judge-channel.ts";
import { receiveRecords } from "../roles/receive.ts";
import { sendRecords } from "../roles/send.ts";
import type { Wire } from "../roles/wire.ts";
import type { Part, Stage } from "../stage.ts";
import type { Stand } from "../stand.ts";

/** A channel and who works on it. */
export interface ChannelSpec<S extends ChannelSchema> {
  /** The channel's name. */
  readonly name: string;
  /** Its records. */
  readonly wire: Wire<S>;
  /** How many producers there are. */
  readonly producers: number;
  /** What a producer does; `open` joins. */
  readonly send: (stand: Stand, open: () => Producer<S>) => Promise<void>;
  /** What the consumer does; `open` joins. */
  readonly receive: (stand: Stand, open: () => Consumer<S>) => Promise<void>;
}

/** The roles of a channel. It is persistent, so that records outlive the moments in which everybody is dead. */
export function channelParts<S extends ChannelSchema>(spec: ChannelSpec<S>): Part[] {
  const { name, wire, producers, send, receive } = spec;
  const { schema, capacityBytes } = wire;
  const options = { schema, capacityBytes, maxProducers: 62, lifetime: "persistent" } as const;
  return [
    {
      role: "producer",
      count: producers,
      rank: 0,
      play: (stand) => send(stand, () => Producer.createOrOpen(name, options)),
    },
    {
      role: "consumer",
      count: 1,
      rank: 1,
      play: (stand) => receive(stand, () => Consumer.createOrOpen(name, options)),
    },
  ];
}

/**
 * Makes the stage of a channel whose records are written down one by one.
 *
 * @param name The channel's.
 * @param wire Its records.
 * @param producers How many there are.
 */
export function channelStage<S extends ChannelSchema>(
  name: string,
  wire: Wire<S>,
  producers: number,
): Stage {
  const parts = channelParts({
    name,
    wire,
    producers,
    send: (stand, open) => sendRecords(stand, wire, open),
    receive: (stand, open) => receiveRecords(stand, { wire, open, isLeaving: true }),
  });
  return { name, parts, judge: judgeChannel };
}
