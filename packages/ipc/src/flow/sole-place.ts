/**
 * A place in a segment that only one participant has at a time, such as that of a channel's consumer.
 *
 * @module
 */
import type { SystemError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import { processText } from "../segment/owners-text.ts";
import type { LanedSegment } from "./laned-segment.ts";

/** How often the place is tried for while its owner is found to have died in this very moment. */
const ATTEMPTS_MAX = 8;

/** Which place. */
export interface SolePlace {
  /** Word that says whose it is: participant slot + 1; 0: free. The segment frees it for the dead. */
  readonly word: number;
  /** What its owner does, and is, for messages: "consume", "consumer". */
  readonly verb: string;
  readonly what: string;
}

/**
 * Takes the place for this handle.
 *
 * @throws {SystemError} `EBUSY` when somebody alive has it; the message says who.
 */
export function takeSolePlace(segment: LanedSegment, place: SolePlace): void {
  const { words } = segment;
  const { slot, participants } = segment.segment;
  for (let attempt = 1; ; attempt++) {
    const owner = words.compareExchange(place.word, 0, slot + 1);
    if (owner === 0) return;
    if (participants.isAlive(owner - 1) || attempt === ATTEMPTS_MAX) {
      // It may be this program's own, forgotten.
      if (attempt < ATTEMPTS_MAX && segment.segment.reclaim()) continue;
      throw busy(segment, place, owner - 1);
    }
    segment.reapDead();
    // A place whose owner is nobody: only damage can say so, and it would keep everybody out.
    if (!participants.isAlive(owner - 1)) words.compareExchange(place.word, owner, 0);
  }
}

/** When somebody says to have joined; what is no time is told as it is. */
function timeOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString();
}

function busy(
  { name, segment }: LanedSegment,
  { verb, what }: SolePlace,
  slot: number,
): SystemError {
  const holder = segment.participants.at(slot);
  const who =
    holder === undefined
      ? "another process"
      : `process ${processText(holder)} since ${timeOf(holder.joinedAtMs)}`;
  return conditionError("EBUSY", `${verb} "${name}": its one ${what} is ${who}`, "fcntl");
}
