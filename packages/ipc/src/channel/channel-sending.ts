/**
 * How a channel's producer sends: its lane, and for whom it waits.
 *
 * @module
 */
import { claimLane } from "../flow/lane-claim.ts";
import type { SendingEnd, SendingLane } from "../flow/sending-end.ts";
import { StructSender } from "../flow/struct-sender.ts";
import { TimestampedSender } from "../flow/timestamped-sender.ts";
import { VariableSender } from "../flow/variable-sender.ts";
import { Counters } from "../metrics/counters.ts";
import { ByteRingProducer } from "../ring/byte-ring.ts";
import { FixedRingProducer } from "../ring/fixed-ring.ts";
import type { Channel } from "./channel.ts";
import { LANE_PRODUCER_COUNTERS_OFFSET } from "./channel-layout.ts";

const SELF = "its consumer is on this thread, which receives nothing while it waits";

/** Takes a lane for a producer; see `claimLane`. */
export function claimChannelLane(channel: Channel): number {
  return claimLane(channel, {
    verb: "produce",
    limitName: "maxProducers",
    isEmpty: (lane) => channel.isLaneEmpty(lane),
  });
}

/** What a channel says of a lane that this process owns and that is ready. */
export function channelLane(channel: Channel, lane: number, isFailing: boolean): SendingLane {
  const { mapping } = channel.segment.memory;
  return {
    lanes: channel,
    lane,
    owner: "Producer",
    isFailing,
    counters: new Counters(mapping, channel.laneOffset(lane) + LANE_PRODUCER_COUNTERS_OFFSET),
    idle: channel.idle,
    // Room is made by the consumer alone, and what a dead one has left is the next one's.
    makeRoom: () => false,
    watch: () => undefined,
    selfBlocking: () => () => (channel.isConsumedHere ? SELF : undefined),
    describeReceivers: () => channel.describeConsumer(),
  };
}

/** The sending side of such a lane's ring, where records have one size. */
export function slotsOf(channel: Channel, lane: number): FixedRingProducer {
  const { ringBytes, slotBytes } = channel.geometry;
  return new FixedRingProducer(channel.words, channel.laneWord(lane), ringBytes / slotBytes);
}

/** The same where they have any size. */
export function bytesOf(channel: Channel, lane: number): ByteRingProducer {
  const data = channel.ringOffset(lane) / 4;
  const { words, geometry } = channel;
  return new ByteRingProducer(words, channel.laneWord(lane), data, geometry.ringBytes);
}

/** Begins to send into such a lane. */
export function sendInto(channel: Channel, lane: number, isFailing: boolean): SendingEnd {
  const how = channelLane(channel, lane, isFailing);
  const { struct } = channel.shape;
  if (struct === undefined) return new VariableSender(how, bytesOf(channel, lane));
  const Struct = channel.geometry.timestampBytes > 0 ? TimestampedSender : StructSender;
  return new Struct(how, slotsOf(channel, lane), struct);
}
