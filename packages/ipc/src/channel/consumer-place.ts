/**
 * The one place of a channel's consumer.
 *
 * @module
 */

import { takeSolePlace } from "../flow/sole-place.ts";
import type { Channel } from "./channel.ts";
import { CHANNEL } from "./channel-layout.ts";

/**
 * Makes this handle the channel's consumer.
 *
 * @throws {SystemError} `EBUSY` when there is a live one; the message says who.
 */
export function takeConsumerPlace(channel: Channel): void {
  const word = channel.base + CHANNEL.consumer;
  takeSolePlace(channel, { word, verb: "consume", what: "consumer" });
}
