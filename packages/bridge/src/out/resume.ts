/**
 * Where a lane goes on, by what the server has of it.
 *
 * @module
 */
import type { StoredFrame } from "../stream/name-stream.ts";
import type { Reached } from "../stream/positions.ts";
import type { LaneFlow } from "./lane-flow.ts";

/** Where it goes on. */
export interface Resume {
  /** Everything before this position has arrived, or is not there any more. */
  readonly reached: number;
  /** Whether the server has lost the end of the stream, the lane's last message with it. */
  readonly isTorn: boolean;
  /** Whether something is sent again. */
  readonly isAgain: boolean;
}

/**
 * Says where a lane goes on.
 *
 * @param flow The lane.
 * @param last Its last message in the stream; undefined when there is none.
 * @param known How far it had come by the last acknowledgement, of whichever bridge; undefined when nobody knows.
 * @param firstSequence The number of the stream's first message.
 */
export function resumeOf(
  flow: LaneFlow,
  last: StoredFrame | undefined,
  known: Reached | undefined,
  firstSequence: number,
): Resume {
  // Without a last message: it was removed with all before it, or the server has lost its end, and may have given its number to another.
  const isTorn = last === undefined && known !== undefined && known.sequence >= firstSequence;
  const reached = last?.to ?? (isTorn ? 0 : (known?.position ?? flow.firstPosition));
  const isBehind = reached < (known?.position ?? 0);
  return { reached, isTorn, isAgain: isBehind || (flow.isLost && reached < flow.sentTo) };
}
