/**
 * How many can share a lock, an event or a struct.
 *
 * @module
 */
import { checkInteger } from "@isthmus/core/internal";
import { SLOT_COUNT, SLOT_COUNT_MAX } from "./participant-layout.ts";
import type { PlacesSpec } from "./segment-spec.ts";

/** What matters to whoever creates something that many processes share. */
export interface ParticipantsOptions {
  /**
   * How many places there are, 1 to 16384. Each process that has it open takes one, whatever the number of its objects;
   * so does each of its Workers. Default 1024. One more than that can use it all the same: it is not listed, and its waits
   * in an event loop look every 20 ms instead of being woken. Memory is taken as they come.
   */
  readonly maxParticipants?: number | undefined;
}

/** The places of a segment whose handles share one in each thread. */
export function sharedPlaces({ maxParticipants = SLOT_COUNT }: ParticipantsOptions): PlacesSpec {
  const count = checkInteger("options.maxParticipants", maxParticipants, 1, SLOT_COUNT_MAX);
  return { count, limitName: "maxParticipants", isShared: true };
}
