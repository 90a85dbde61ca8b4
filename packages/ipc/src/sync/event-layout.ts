/**
 * The state section of an event's segment.
 *
 * ```text
 *   0 ┌ state     u32       bit 0: the event is set; bits 1 to 31: how often it has been set, modulo 2^31
 *   4 │ mode      u32       0 auto, 1 manual; never changes
 *   8 └ reserved  56 bytes
 * ```
 *
 * Changed by compare-and-set only, so that a crash leaves it before or after a change.
 *
 * @module
 */

/** Bytes of the section. */
export const EVENT_BYTES = 64;

/** Word offsets within the section. */
export const EVENT = { state: 0, mode: 1 } as const;

/** Bit of `state`: the event is set. */
export const IS_SET = 1;

/** What `state` grows by with every setting. */
export const ONE_SETTING = 2;

/** Values of `mode`. */
export const MODES = { auto: 0, manual: 1 } as const;
