/**
 * The state section of a semaphore's segment.
 *
 * ```text
 *   0 ┌ max          u32       the most permits there can be, 1 to 2^31 - 1; never changes
 *   4 │ flags        u32       bit 0: the permits of a holder that dies come back; never changes
 *   8 │ reserved     56 bytes
 *  64 │ count        u32       permits that can be taken
 *  68 │ reserved     60 bytes
 * 128 │ isActive     u32       journal: 1 while a change is under way, 0 otherwise
 * 132 │ slot         u32       journal: the participant whose held permits change
 * 136 │ countBefore  u32       journal: `count` before the change
 * 140 │ heldBefore   u32       journal: the participant's held permits before the change
 * 144 │ reserved     112 bytes
 * 256 └ held         u32 for each slot: permits that its participant has taken and not released
 * ```
 *
 * Without bit 0 of `flags` only `count` ever changes, by compare-and-set, and nobody notes who has what. With
 * it, `count`, `held` and the journal are written only under the segment's mutex, whose next owner undoes what
 * the last one has left half-done: the journal is filled, `isActive` set, both numbers changed, `isActive`
 * cleared, in this order. Reading `count` needs no lock.
 *
 * @module
 */

/** Word offsets within the section. */
export const SEMAPHORE = {
  max: 0,
  flags: 1,
  count: 16,
  isActive: 32,
  slot: 33,
  countBefore: 34,
  heldBefore: 35,
  held: 64,
} as const;

/** Bit of `flags`: the permits of a holder that dies come back. */
export const RETURN_ON_DEATH = 1;

/** The most permits a semaphore can have. */
export const PERMITS_MAX: number = 2 ** 31 - 1;

/** Bytes of the section of a segment that has so many slots. */
export function semaphoreBytes(slotCount: number): number {
  return (SEMAPHORE.held + slotCount) * 4;
}
