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

/** Begins to send into a lane that this process owns and that is ready. */
export function publishInto(topic: Topic, lane: number, isFailing: boolean): SendingEnd {
  const { words, shape, geometry } = topic;
  const { ringBytes, slotBytes, timestampBytes } = geometry;
  const { mapping } = topic.segment.memory;
  const base = topic.laneWord(lane);
  const how: SendingLane = {
    lanes: topic,
    lane,
    owner: "Publisher",
    isFailing,
    counters: new Counters(mapping, topic.laneOffset(lane) + PUBLISHER_COUNTERS_OFFSET),
    idle: topic.idle,
    makeRoom: () => topic.reapDeadGates(),
    watch: (onDeath) => topic.watchGates(onDeath),
    selfBlocking: () => {
      // None can come or go while this thread waits.
      const here = topic.gatesHere();
      return () => (here.length > 0 && topic.isHeldUpBy(here, lane) ? SELF : undefined);
    },
    describeReceivers: () => topic.describeSlowest(lane),
  };
  const gates = topic.gatesOf(lane);
  if (shape.struct === undefined) {
    const data = topic.ringOffset(lane) / 4;
    const ring = new ByteBroadcastPublisher(words, base, data, ringBytes, gates);
    return new VariableSender(how, ring);
  }
  const ring = new FixedBroadcastPublisher(words, base, ringBytes / slotBytes, gates);
  const Struct = timestampBytes > 0 ? TimestampedSender : StructSender;
  return new Struct(how, ring, shape.struct);
}
