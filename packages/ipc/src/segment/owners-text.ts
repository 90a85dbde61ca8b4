/**
 * Who is in the way, in words.
 *
 * @module
 */

import { isOwnProcess } from "./process-identity.ts";
import type { Participant } from "./slot-record.ts";

/** How many processes a message names. */
const NAMED_MAX = 8;

/** The processes of some participants: "12 (a.ts), 13 (b.ts, this process itself) with 5 and 3 others". */
export function ownersText(owners: readonly Participant[]): string {
  const counts = new Map<string, number>();
  for (const owner of owners) {
    const text = processText(owner);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const texts = [...counts].map(([text, count]) => (count === 1 ? text : `${text} with ${count}`));
  const more = texts.length - NAMED_MAX;
  return texts.slice(0, NAMED_MAX).join(", ") + (more > 0 ? ` and ${more} others` : "");
}

/** A participant's process: "12 (a.ts)", and "this process itself" where it is. */
export function processText(owner: Participant): string {
  return `${owner.pid} (${owner.name}${isOwnProcess(owner.pid, owner.startTicks) ? ", this process itself" : ""})`;
}
