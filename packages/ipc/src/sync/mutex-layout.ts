/**
 * The mutex section of a segment.
 *
 * ```text
 *   0 ┌ mutex         64 bytes  strategy 1: a robust, process-shared pthread_mutex_t of the segment's C library
 *  64 │ owner         u32       slot of who holds it, plus 1; 0: nobody
 *  68 │ acquisitions  u32       how often it was acquired
 *  72 │ contentions   u32       acquisitions that had to wait
 *  76 │ recoveries    u32       acquisitions after an owner's death
 *  80 │ since         16 bytes  when the owner acquired it: seconds since 1970 i64, nanoseconds i64
 *  96 │ strategy      u32       1 or 2, see STRATEGY; chosen by the creator, obeyed by everybody
 * 100 │ holder        u32       strategy 2: 0 nobody, else slot + 1 | generation of its participant << 15
 * 104 └ reserved      24 bytes
 * ```
 *
 * The pthread mutex decides who holds it, or `holder` does; `owner`, `since` and the counters are written by who
 * holds it, for observers.
 *
 * @module
 */

import { SLOT_COUNT_MAX } from "../segment/participant-layout.ts";

/** Bytes of the section. */
export const MUTEX_BYTES = 128;

/** Word offsets within the section, but for `mutex`, which is in bytes. */
export const MUTEX = {
  mutex: 0,
  owner: 16,
  acquisitions: 17,
  contentions: 18,
  recoveries: 19,
  since: 20,
  strategy: 24,
  holder: 25,
} as const;

/** What the mutex is made of. */
export const STRATEGY = { robustMutex: 1, ownerWord: 2 } as const;

/** The parts of `holder`. */
export const HOLDER = {
  slotMask: 0x7fff,
  generationShift: 15,
  generationMask: 0x1_ffff,
} as const;

if (SLOT_COUNT_MAX > HOLDER.slotMask) throw new Error("mutex: a holder's slot has too few bits");
