/**
 * How a sender gets a lane of its own.
 *
 * A lane belongs to the participant whose slot number its `owner` says. Only who is dead or has left loses it, and
 * what it has published stays: the next owner goes on behind it.
 *
 * @module
 */
import { SystemError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import { ownersText } from "../segment/owners-text.ts";
import type { LanedSegment } from "./laned-segment.ts";

/** Who wants a lane. */
export interface LaneWanted {
  /** What it wants to do, for messages: "produce". */
  readonly verb: string;
  /** The option that says how many lanes there are. */
  readonly limitName: string;
  /** Whether nobody has still to read what is in a lane that has memory. */
  readonly isEmpty: (lane: number) => boolean;
}

/**
 * Takes a lane and makes it ready: an empty one that has memory already, else one that needs memory, else one
 * that others still have to read.
 *
 * @returns The number of the lane.
 * @throws {SystemError} `EAGAIN` when all lanes belong to live processes; `ENOSPC` when there is no memory.
 */
export function claimLane(segment: LanedSegment, wanted: LaneWanted): number {
  segment.reapDead();
  const isReady = (lane: number): boolean => segment.isLaneReady(lane);
  const preferences = [
    (lane: number): boolean => isReady(lane) && wanted.isEmpty(lane),
    (lane: number): boolean => !isReady(lane),
    isReady,
  ];
  const lane = takeLane(segment, preferences);
  if (lane !== undefined) return lane;
  // A program that opens and forgets is refused because of itself.
  const again = segment.segment.reclaim() ? takeLane(segment, preferences) : undefined;
  if (again !== undefined) return again;
  throw full(segment, wanted);
}

function takeLane(
  segment: LanedSegment,
  preferences: readonly ((lane: number) => boolean)[],
): number | undefined {
  let failure: unknown;
  for (const isWanted of preferences) {
    for (let lane = 0; lane < segment.laneCount; lane++) {
      if (!isWanted(lane) || !segment.tryOwnLane(lane)) continue;
      try {
        segment.makeLaneReady(lane);
        return lane;
      } catch (error) {
        segment.disownLane(lane);
        if (!(error instanceof SystemError)) throw error;
        failure = error;
      }
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

function full(laned: LanedSegment, { verb, limitName }: LaneWanted): SystemError {
  const { name, laneCount } = laned;
  const lanes = Array.from({ length: laneCount }, (_, lane) => lane);
  const owners = lanes.flatMap((lane) => laned.laneOwner(lane) ?? []);
  return conditionError(
    "EAGAIN",
    `${verb} "${name}": all ${laneCount} lanes (${limitName}) belong to the live processes ${ownersText(owners)}; create it with a higher ${limitName}`,
    "fcntl",
  );
}
