/**
 * The mutex section of a segment.
 *
 * ```text
 *   0 ┌ mutex         64 bytes  a robust, process-shared pthread_mutex_t of the segment's C library
 *  64 │ owner         u32       slot of who holds it, plus 1; 0: nobody
 *  68 │ acquisitions  u32       how often it was acquired
 *  72 │ contentions   u32       acquisitions that had to wait
 *  76 │ recoveries    u32       acquisitions after an owner's death
 *  80 │ since         16 bytes  when the owner acquired it: seconds since 1970 i64, nanoseconds i64
 *  96 └ reserved      32 bytes
 * ```
 *
 * The pthread mutex decides who holds it; the other fields are written by the holder, for observers.
 *
 * @module
 */

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
} as const;
