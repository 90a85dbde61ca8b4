/**
 * The participants section: one slot of 128 bytes for everybody who has joined a segment.
 *
 * ```text
 *   0 ┌ state        u32   0 free, 1 joined
 *   4 │ role         u32   see ROLES
 *   8 │ pid          u32   as the participant's own system numbers it
 *  12 │ generation   u32   grows by 1 with every joining, so that two lives of a slot differ
 *  16 │ startTicks   u64   when the process started, in clock ticks since boot (/proc/<pid>/stat, field 22)
 *  24 │ bell         u64   number of the participant's doorbell; 0: none
 *  32 │ joinedAt     u64   milliseconds since 1970
 *  40 │ armed        u32   bit n: asks for its bell to be rung when cell n changes
 *  44 │ used         u32   of slot 0 only: slots from this number on have never been used
 *  48 │ reserved     16 bytes
 *  64 │ name         u32 length, then up to 60 bytes of UTF-8
 * 128 └
 * ```
 *
 * A participant is alive as long as it has an exclusive open-file lock (`F_OFD_SETLK`) on the first byte of
 * its slot. The lock, not `state`, decides: only who has it may change the slot, but for `armed` and `used`. Who waits for
 * a place that only one has is a `standby` until it gets it.
 *
 * `used` only grows. Nobody looks at slots behind it, so that a long table costs what its participants cost; where the
 * section is only reserved, their memory may not be there yet.
 *
 * @module
 */

/** What a participant does. */
export const ROLES = {
  user: 1,
  producer: 2,
  consumer: 3,
  publisher: 4,
  subscriber: 5,
  requester: 6,
  responder: 7,
  worker: 8,
  standby: 9,
} as const;

/** The name of a role. */
export type Role = keyof typeof ROLES;

/** Bytes per slot. */
export const SLOT_BYTES = 128;
/** Words per slot. */
export const SLOT_WORDS: number = SLOT_BYTES / 4;
/** Slots of a lock, an event or a struct unless its creator says otherwise. */
export const SLOT_COUNT = 1024;
/** The most slots that a segment can have. */
export const SLOT_COUNT_MAX = 16_384;
/** Slots that are used before those of the dead are: what the dead leave can be looked at for a while. */
export const FIRST_SLOTS = 64;

/** Bytes of the section that every segment has memory for from the beginning. */
export const FIRST_BYTES = 4096;

/** Word offsets of the fields within a slot. */
export const SLOT = {
  state: 0,
  role: 1,
  pid: 2,
  generation: 3,
  startTicks: 4,
  bell: 6,
  joinedAt: 8,
  armed: 10,
  used: 11,
  nameLength: 16,
  name: 17,
} as const;

/** Longest name of a participant, in bytes of UTF-8. */
export const PARTICIPANT_NAME_BYTES_MAX = 60;

/** Values of `state`. */
export const STATE = { free: 0, joined: 1 } as const;

if (SLOT.name * 4 + PARTICIPANT_NAME_BYTES_MAX !== SLOT_BYTES) {
  throw new Error("participant slot: the name does not end with the slot");
}
