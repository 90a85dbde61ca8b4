/**
 * Who is in the way of somebody who waits in vain, for the message of the time-out.
 *
 * @module
 */

import { isOwnProcess, isStopped } from "./process-identity.ts";
import type { Segment } from "./segment.ts";
import type { Participant } from "./slot-record.ts";

/** How many are named; of the others only how many they are. */
const NAMED_MAX = 3;

/**
 * Says what somebody does who is waited for, and how that process is, as far as this one can see: `process 7 (server.ts,
 * consumer) has made no room and is stopped`.
 *
 * @param segment Where it takes part; nobody is found in one that this handle has left.
 * @param deedOf What a participant does, for example "has made no room"; undefined for who is not waited for.
 * @returns One or more of them; undefined when there is none.
 */
export function inTheWay(
  segment: Pick<Segment, "isDisposed" | "participants">,
  deedOf: (participant: Participant) => string | undefined,
): string | undefined {
  if (segment.isDisposed) return undefined;
  const found = segment.participants.list().flatMap((one) => {
    const deed = deedOf(one);
    return deed === undefined ? [] : [`${nameOf(one)} ${deed}${stateOf(one)}`];
  });
  if (found.length === 0) return undefined;
  const named = found.slice(0, NAMED_MAX).join("; ");
  return found.length > NAMED_MAX ? `${named}; and ${found.length - NAMED_MAX} more` : named;
}

/** How a participant is, at the end of a sentence about it: " and is stopped", or nothing when it runs. */
export function stateOf({ isAlive, pid, startTicks }: Participant): string {
  if (!isAlive) return " and has died";
  return isStopped(pid, startTicks) ? " and is stopped" : "";
}

function nameOf({ pid, name, role, startTicks }: Participant): string {
  const own = isOwnProcess(pid, startTicks) ? ", this process itself" : "";
  return `process ${pid} (${name}, ${role}${own})`;
}
