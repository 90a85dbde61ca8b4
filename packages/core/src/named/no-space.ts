/**
 * Saying for what there was no room, and what to do about it.
 *
 * @module
 */
import { SystemError } from "../errors.ts";
import type { SegmentKind } from "./superblock.ts";

const LARGER =
  "make the file system larger (docker run --shm-size=1g; in Kubernetes an emptyDir of medium Memory)";
const ELSEWHERE = "set ISTHMUS_DIR to a directory with more room";

/** What makes a segment smaller, for the kinds that have it. */
const SMALLER: Partial<Record<SegmentKind, string>> = {
  memory: "capacity",
  channel: "capacityBytes",
  topic: "capacityBytes",
  service: "capacityBytes",
  queue: "capacityBytes",
  cache: "capacityBytes",
  counters: "capacityBytes",
  table: "length",
};

/** What a segment is, and where. */
export interface Place {
  readonly kind: SegmentKind;
  readonly name: string;
  readonly directory: string;
}

/**
 * Runs something that takes room; when there is none, the error names the segment and its directory.
 *
 * @param verb What is done, for the message: "create".
 */
export function takingRoom<T>(verb: string, place: Place, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw explained(verb, place, error);
  }
}

function explained(verb: string, { kind, name, directory }: Place, error: unknown): unknown {
  if (!(error instanceof SystemError) || !["ENOSPC", "EDQUOT"].includes(error.code)) return error;
  const smaller = SMALLER[kind];
  const advice = [LARGER, ELSEWHERE, ...(smaller ? [`ask for less (${smaller})`] : [])].join(
    ", or ",
  );
  const reason = error.message.replace(/^Cannot /, "cannot ");
  const message = `Cannot ${verb} the ${kind} "${name}" in "${directory}": ${reason}; ${advice}`;
  return new SystemError(message, error, { cause: error });
}
