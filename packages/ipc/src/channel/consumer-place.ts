/**
 * The one place of a channel's consumer.
 *
 * @module
 */
import type { SystemError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import type { Channel } from "./channel.ts";
import { CHANNEL } from "./channel-layout.ts";

/** How often the place is tried for while its owner is found to have died in this very moment. */
const ATTEMPTS_MAX = 8;

/**
 * Makes this handle the channel's consumer.
 *
 * @throws {SystemError} `EBUSY` when there is a live one; the message says who.
 */
export function takeConsumerPlace(channel: Channel): void {
  const { words, base, segment } = channel;
  for (let attempt = 1; ; attempt++) {
    const owner = words.compareExchange(base + CHANNEL.consumer, 0, segment.slot + 1);
    if (owner === 0) return;
    if (segment.participants.isAlive(owner - 1) || attempt === ATTEMPTS_MAX) {
      throw busy(channel, owner - 1);
    }
    channel.reapDead();
    // A place whose owner is nobody: only damage can say so, and it would keep every consumer out.
    if (!segment.participants.isAlive(owner - 1)) {
      words.compareExchange(base + CHANNEL.consumer, owner, 0);
    }
  }
}

function busy({ name, segment }: Channel, slot: number): SystemError {
  const holder = segment.participants.list().find((participant) => participant.slot === slot);
  const who =
    holder === undefined
      ? "another process"
      : `process ${holder.pid} (${holder.name}) since ${new Date(holder.joinedAtMs).toISOString()}`;
  return conditionError("EBUSY", `consume "${name}": its one consumer is ${who}`, "fcntl");
}
