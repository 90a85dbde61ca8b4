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
import type { Stage } from "../stage.ts";

/**
 * Makes the stage of a channel.
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
  const { schema, capacityBytes } = wire;
  // Persistent, so that records outlive the moments in which everybody is dead.
  const options = { schema, capacityBytes, maxProducers: 62, lifetime: "persistent" } as const;
  return {
    name,
    parts: [
      {
        role: "producer",
        count: producers,
        rank: 0,
        play: (stand) => sendRecords(stand, wire, () => Producer.createOrOpen(name, options)),
      },
      {
        role: "consumer",
        count: 1,
        rank: 1,
        play: (stand) =>
          receiveRecords(stand, {
            wire,
            open: () => Consumer.createOrOpen(name, options),
            isLeaving: true,
          }),
      },
    ],
    judge: judgeChannel,
  };
}
