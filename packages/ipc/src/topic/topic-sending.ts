/**
 * How a topic's publisher sends: its lane, and for whom it waits.
 *
 * @module
 */
import { claimLane } from "../flow/lane-claim.ts";
import type { SendingEnd, SendingLane } from "../flow/sending-end.ts";
import { StructSender } from "../flow/struct-sender.ts";
import { TimestampedSender } from "../flow/timestamped-sender.ts";
import { VariableSender } from "../flow/variable-sender.ts";
import { Counters } from "../metrics/counters.ts";
import { ByteBroadcastPublisher, FixedBroadcastPublisher } from "../ring/broadcast-ring.ts";
import type { Topic } from "./topic.ts";
import { PUBLISHER_COUNTERS_OFFSET } from "./topic-layout.ts";

const SELF = "a subscriber on this thread is in the way, which reads nothing while it waits";

/** Takes a lane for a publisher; see `claimLane`. */
export function claimTopicLane(topic: Topic): number {
  return claimLane(topic, {
    verb: "publish",
    limitName: "maxPublishers",
    // What is in a lane belongs to its subscribers, not to its last publisher: any lane will do.
    isEmpty: () => true,
  });
}

/** What a topic says of a lane that this process owns and that is ready. */
export function topicLane(topic: Topic, lane: number, isFailing: boolean): SendingLane {
  const { mapping } = topic.segment.memory;
  return {
    lanes: topic,
    lane,
    owner: "Publisher",
    isFailing,
    counters: new Counters(mapping, topic.laneOffset(lane) + PUBLISHER_COUNTERS_OFFSET),
    idle: topic.idle,
    makeRoom: () => topic.reapDeadGates(),
    watch: (onDeath) => topic.segment.watchLives(topic.gatingSlots(), onDeath),
    selfBlocking: () => {
      // None can come or go while this thread waits.
      const here = topic.gatesHere();
      return () => (here.length > 0 && topic.isHeldUpBy(here, lane) ? SELF : undefined);
    },
    describeReceivers: () => topic.describeSlowest(lane),
  };
}

/** The sending side of such a lane's ring, where records have one size. */
export function slotsOf(topic: Topic, lane: number): FixedBroadcastPublisher {
  const { ringBytes, slotBytes } = topic.geometry;
  const base = topic.laneWord(lane);
  return new FixedBroadcastPublisher(topic.words, base, ringBytes / slotBytes, topic.gatesOf(lane));
}

/** The same where they have any size. */
export function bytesOf(topic: Topic, lane: number): ByteBroadcastPublisher {
  const data = topic.ringOffset(lane) / 4;
  const { words, geometry } = topic;
  const base = topic.laneWord(lane);
  return new ByteBroadcastPublisher(words, base, data, geometry.ringBytes, topic.gatesOf(lane));
}

/** Begins to send into such a lane. */
export function publishInto(topic: Topic, lane: number, isFailing: boolean): SendingEnd {
  const how = topicLane(topic, lane, isFailing);
  const { struct } = topic.shape;
  if (struct === undefined) return new VariableSender(how, bytesOf(topic, lane));
  const Struct = topic.geometry.timestampBytes > 0 ? TimestampedSender : StructSender;
  return new Struct(how, slotsOf(topic, lane), struct);
}
