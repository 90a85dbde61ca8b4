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

/** Begins to send into a lane that this process owns and that is ready. */
export function sendInto(channel: Channel, lane: number, isFailing: boolean): SendingEnd {
  const { words, shape, geometry } = channel;
  const { ringBytes, slotBytes, timestampBytes } = geometry;
  const { mapping } = channel.segment.memory;
  const base = channel.laneWord(lane);
  const how: SendingLane = {
    lanes: channel,
    lane,
    owner: "Producer",
    isFailing,
    counters: new Counters(mapping, channel.laneOffset(lane) + LANE_PRODUCER_COUNTERS_OFFSET),
    idle: channel.idle,
    // Room is made by the consumer alone, and what a dead one has left is the next one's.
    makeRoom: () => false,
    watch: () => () => {},
    selfBlocking: () => () => (channel.isConsumedHere ? SELF : undefined),
    describeReceivers: () => channel.describeConsumer(),
  };
  if (shape.struct === undefined) {
    const data = channel.ringOffset(lane) / 4;
    return new VariableSender(how, new ByteRingProducer(words, base, data, ringBytes));
  }
  const ring = new FixedRingProducer(words, base, ringBytes / slotBytes);
  const Struct = timestampBytes > 0 ? TimestampedSender : StructSender;
  return new Struct(how, ring, shape.struct);
}
