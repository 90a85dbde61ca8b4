/**
 * Several producers and one consumer on a channel.
 *
 * @module
 */
import { type ChannelSchema, Consumer, Producer } from "@isthmus/ipc";
import { judgeChannel } from "../judges/channel.ts";
import type { Participant } from "../participant.ts";
import type { Role, Scenario } from "../scenario.ts";
import { receiveRecords } from "./receive.ts";
import { sendRecords } from "./send.ts";
import type { Wire } from "./wire.ts";

/** A channel and who works on it. */
export interface ChannelSpec<S extends ChannelSchema> {
  /** The channel's name. */
  readonly name: string;
  /** Its records. */
  readonly wire: Wire<S>;
  /** How many producers there are. */
  readonly producers: number;
  /** What a producer does; `open` joins. */
  readonly send: (participant: Participant, open: () => Producer<S>) => Promise<void>;
  /** What the consumer does; `open` joins. */
  readonly receive: (participant: Participant, open: () => Consumer<S>) => Promise<void>;
}

/** The roles of a channel, which is persistent: its records outlive a moment in which all its participants are dead. */
export function channelRoles<S extends ChannelSchema>(spec: ChannelSpec<S>): Role[] {
  const { name, wire, producers, send, receive } = spec;
  const { schema, capacityBytes } = wire;
  const options = { schema, capacityBytes, maxProducers: 62, lifetime: "persistent" } as const;
  return [
    {
      name: "producer",
      count: producers,
      rank: 0,
      needs: "consumer",
      play: (participant) => send(participant, () => Producer.createOrOpen(name, options)),
    },
    {
      name: "consumer",
      count: 1,
      rank: 1,
      play: (participant) => receive(participant, () => Consumer.createOrOpen(name, options)),
    },
  ];
}

/**
 * Makes the scenario of a channel whose records are written down one by one.
 *
 * @param name The channel's.
 * @param wire Its records.
 * @param producers How many there are.
 */
export function channelScenario<S extends ChannelSchema>(
  name: string,
  wire: Wire<S>,
  producers: number,
): Scenario {
  const roles = channelRoles({
    name,
    wire,
    producers,
    send: (participant, open) => sendRecords(participant, wire, open),
    receive: (participant, open) => receiveRecords(participant, { wire, open }),
  });
  return { name, roles, judge: judgeChannel };
}
