/**
 * How a producer gets a lane of its own.
 *
 * A lane belongs to the participant whose slot number its `owner` says. Only who is dead or has left loses it, and
 * what it has published stays: the next owner goes on behind it.
 *
 * @module
 */
import { SystemError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import { LANE } from "../ring/lane-layout.ts";
import type { Channel } from "./channel.ts";
import { LANE_OWNER } from "./channel-layout.ts";

/**
 * Takes a lane and makes it ready: an empty one that has memory already, else one that needs memory, else one
 * that the consumer still has to empty.
 *
 * @returns The number of the lane.
 * @throws {SystemError} `EAGAIN` when all lanes belong to live producers; `ENOSPC` when there is no memory.
 */
export function claimLane(channel: Channel): number {
  channel.reapDead();
  let failure: unknown;
  for (const isWanted of [isEmpty, isNew, isAny]) {
    for (let lane = 0; lane < channel.geometry.laneCount; lane++) {
      if (!isWanted(channel, lane) || !tryOwn(channel, lane)) continue;
      try {
        channel.makeLaneReady(lane);
        return lane;
      } catch (error) {
        disown(channel, lane);
        if (!(error instanceof SystemError)) throw error;
        failure = error;
      }
    }
  }
  throw failure ?? full(channel);
}

function isEmpty(channel: Channel, lane: number): boolean {
  const word = channel.laneWord(lane);
  const { words } = channel;
  return channel.isLaneReady(lane) && words.load(word + LANE.tail) === words.load(word + LANE.head);
}

function isNew(channel: Channel, lane: number): boolean {
  return !channel.isLaneReady(lane);
}

function isAny(channel: Channel, lane: number): boolean {
  return channel.isLaneReady(lane);
}

function tryOwn(channel: Channel, lane: number): boolean {
  const owner = channel.laneWord(lane) + LANE_OWNER.owner;
  return channel.words.compareExchange(owner, 0, channel.segment.slot + 1) === 0;
}

function disown(channel: Channel, lane: number): void {
  channel.words.store(channel.laneWord(lane) + LANE_OWNER.owner, 0);
}

function full({ name, geometry, segment }: Channel): SystemError {
  const producers = segment.participants
    .list()
    .filter(({ role, isAlive }) => role === "producer" && isAlive)
    .map(({ pid, name: program }) => `${pid} (${program})`);
  return conditionError(
    "EAGAIN",
    `produce "${name}": all ${geometry.laneCount} lanes (maxProducers) belong to the live processes ${producers.join(", ")}`,
    "fcntl",
  );
}
