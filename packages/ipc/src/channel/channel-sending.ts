/**
 * How a channel's producer sends: its lane, and for whom it waits.
 *
 * @module
 */
import { claimLane } from "../flow/lane-claim.ts";
import type { SendingLane } from "../flow/sending-end.ts";
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
  const { words, geometry } = channel;
  const { ringBytes, slotBytes } = geometry;
  const base = channel.laneWord(lane);
  return {
    lanes: channel,
    lane,
    owner: "Producer",
    isFailing,
    counters: channel.laneCounters(lane, LANE_PRODUCER_COUNTERS_OFFSET),
    idle: channel.idle,
    // Room is made by the consumer alone, and what a dead one has left is the next one's.
    makeRoom: () => false,
    watch: () => undefined,
    selfBlocking: () => () => (channel.isConsumedHere ? SELF : undefined),
    describeReceivers: () => channel.describeConsumer(),
    slots: () => new FixedRingProducer(words, base, ringBytes / slotBytes),
    bytes: () => new ByteRingProducer(words, base, channel.ringOffset(lane) / 4, ringBytes),
  };
}
