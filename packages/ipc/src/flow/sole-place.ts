/**
 * A place in a segment that only one participant has at a time, such as that of a channel's consumer.
 *
 * @module
 */
import type { SystemError } from "@isthmus/core";
import { conditionError, isTurnDue, takeTurn } from "@isthmus/core/internal";
import { touch } from "../segment/handles.ts";
import { inTheWay } from "../segment/in-the-way.ts";
import { processText } from "../segment/owners-text.ts";
import type { Role } from "../segment/participant-layout.ts";
import { type CheckedWait, timedOut, type Watch, waitAsync } from "../wait/wait-for.ts";
import type { LanedSegment } from "./laned-segment.ts";

/** How often the place is tried for while its owner is found to have died in this very moment. */
const ATTEMPTS_MAX = 8;

/** Which place. */
export interface SolePlace {
  /** Word of section "state" that says whose it is: participant slot + 1; 0: free. The segment frees it for the dead. */
  readonly word: number;
  /** What its owner does, and is, for messages: "consume", "consumer". */
  readonly verb: string;
  readonly what: Role;
}

/**
 * Takes the place for this handle, unless it has it already.
 *
 * @throws {SystemError} `EBUSY` when somebody alive has it; the message says who.
 */
export function takeSolePlace(segment: LanedSegment, place: SolePlace): void {
  const owner = takeOrReclaim(segment, place);
  if (owner !== undefined) throw busy(segment, place, owner);
}

/**
 * Takes the place for this handle as soon as nobody alive has it, waiting in the event loop: woken by the owner who leaves,
 * or by the end of its process. Of many who wait, in whatever processes, one gets it, and the others wait on.
 *
 * @param use Called in the very step that takes the place, before anything else of this thread can run.
 * @returns What `use` gave.
 * @throws {TimeoutError} When the time is over; the message says who has the place. Whatever ends the wait in vain, the
 *   segment has been left then.
 */
export async function waitForSolePlace<T extends object>(
  segment: LanedSegment,
  place: SolePlace,
  wait: CheckedWait,
  use: () => T,
): Promise<T> {
  try {
    if (takeOrReclaim(segment, place) !== undefined) {
      return await standBy(segment, place, wait, use);
    }
    const used = use();
    if (isTurnDue()) await takeTurn();
    return used;
  } catch (error) {
    if (!segment.segment.isDisposed) segment.leave();
    throw error;
  }
}

/** Waits as a participant of the segment, so that it stays and everybody can see who waits. */
async function standBy<T>(
  laned: LanedSegment,
  place: SolePlace,
  wait: CheckedWait,
  use: () => T,
): Promise<T> {
  const { segment, placeCell: cell } = laned;
  if (cell === undefined) throw new Error(`there is no cell to wait for the ${place.what}'s place`);
  const { slot, participants, doorbell } = segment;
  // What a program that is evaluated anew finds in its way it disposes, also those who wait.
  const standby: Disposable = { [Symbol.dispose]: () => laned.leave() };
  segment.whenForgotten(standby, () => laned.leave());
  participants.setRole(slot, "standby");
  const condition = {
    attempt: () => {
      if (takeUnlessAlive(laned, place) !== undefined) return undefined;
      participants.setRole(slot, place.what);
      return use();
    },
    description: `${place.verb} "${laned.name}"`,
    owner: place.what,
    cell,
  };
  const used = await waitAsync(condition, doorbell, wait, watchOwner(laned, place));
  touch(standby);
  if (used !== undefined) return used;
  const why = inTheWay(segment, (one) =>
    one.slot === ownerOf(laned, place) ? "has the place" : undefined,
  );
  throw timedOut(condition.description, wait.timeoutMs, why);
}

/** Watches the life of whoever has the place. */
function watchOwner(laned: LanedSegment, place: SolePlace): Watch {
  return (onDeath) => {
    const owner = ownerOf(laned, place);
    const unwatch = laned.segment.watchLives([owner], onDeath);
    if (owner >= 0 && ownerOf(laned, place) === owner) return unwatch;
    // It has died since the last look, and who cleared up after it wakes nobody.
    const soon = setTimeout(onDeath, 0);
    return () => {
      clearTimeout(soon);
      unwatch?.();
    };
  };
}

/** The slot of who has the place; -1: nobody does. */
function ownerOf({ words, base }: LanedSegment, { word }: SolePlace): number {
  return (words.load(base + word) >>> 0) - 1;
}

/** As `takeUnlessAlive`; what has the place may be this program's own, forgotten. */
function takeOrReclaim(segment: LanedSegment, place: SolePlace): number | undefined {
  const owner = takeUnlessAlive(segment, place);
  if (owner === undefined || !segment.segment.reclaim()) return owner;
  return takeUnlessAlive(segment, place);
}

/**
 * Takes the place unless somebody alive has it.
 *
 * @returns The slot of who has it; undefined when this handle has.
 */
function takeUnlessAlive(laned: LanedSegment, { word }: SolePlace): number | undefined {
  const { words, base, segment } = laned;
  const { participants } = segment;
  const own = segment.slot + 1;
  for (let attempt = 1; ; attempt++) {
    const owner = words.compareExchange(base + word, 0, own);
    if (owner === 0 || owner === own) return undefined;
    if (participants.isAlive(owner - 1) || attempt === ATTEMPTS_MAX) return owner - 1;
    // A slot that there is not: only damage can say so, and it would keep everybody out.
    if (owner < 0 || owner > participants.slotCount) words.compareExchange(base + word, owner, 0);
    // With the slot locked: else it may be taken meanwhile by somebody new, who then takes the place.
    else laned.reapSlot(owner - 1);
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
