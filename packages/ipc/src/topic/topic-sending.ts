/**
 * How a topic's publisher sends: its lane, and for whom it waits.
 *
 * @module
 */
import { claimLane } from "../flow/lane-claim.ts";
import type { SendingLane } from "../flow/sending-end.ts";
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
  const { words, geometry } = topic;
  const { ringBytes, slotBytes } = geometry;
  const base = topic.laneWord(lane);
  const gates = topic.gatesOf(lane);
  return {
    lanes: topic,
    lane,
    owner: "Publisher",
    isFailing,
    counters: topic.laneCounters(lane, PUBLISHER_COUNTERS_OFFSET),
    idle: topic.idle,
    makeRoom: () => topic.reapDeadGates(),
    watch: (onDeath) => topic.segment.watchLives(topic.gatingSlots(), onDeath),
    selfBlocking: () => {
      // None can come or go while this thread waits.
      const here = topic.gatesHere();
      return () => (here.length > 0 && topic.isHeldUpBy(here, lane) ? SELF : undefined);
    },
    describeReceivers: () => topic.describeSlowest(lane),
    slots: () => new FixedBroadcastPublisher(words, base, ringBytes / slotBytes, gates),
    bytes: () => {
      const data = topic.ringOffset(lane) / 4;
      return new ByteBroadcastPublisher(words, base, data, ringBytes, gates);
    },
  };
}
