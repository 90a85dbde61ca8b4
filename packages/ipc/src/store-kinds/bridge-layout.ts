/**
 * What an observer must know of the segment in which a bridge tells how it is doing. The floor that bridges belong to takes these
 * numbers from here: no import climbs a floor.
 *
 * ```text
 * state     0 ┌ nameBytes    u32     of the name
 *           4 │ reserved     u32
 *           8 │ name         utf8    of what is carried, up to 248 bytes
 *         256 └ ends         16 × 512 bytes
 *
 * end       0 ┌ owner        u32     slot of the participant + 1; 0: nobody
 *           4 │ direction    u32     0 out, 1 in
 *           8 │ source       u32     what is carried: see BRIDGE_SOURCES
 *          12 │ condition    u32     bit 0: the server is away, 1: it has stalled, 2: it has stopped
 *          16 │ numbers      f64 × 16, in the order of BRIDGE_NUMBER
 *         144 │ server       utf8, up to 112 bytes, zeros behind it
 *         256 └ reason       utf8, up to 256 bytes, zeros behind it
 * ```
 *
 * Each number is stored at once by the end's owner, which alone writes the rest of it, too.
 *
 * @module
 */

/** Word offsets within the state section of a bridge. */
export const BRIDGE = { nameBytes: 0, name: 2, ends: 64 } as const;
/** The longest name that it can tell, in bytes of UTF-8. */
export const BRIDGE_NAME_BYTES: number = (BRIDGE.ends - BRIDGE.name) * 4;
/** How many ends can tell how they are doing; more work untold. */
export const BRIDGE_END_COUNT = 16;
/** Word offsets within an end. */
export const BRIDGE_END = {
  owner: 0,
  direction: 1,
  source: 2,
  condition: 3,
  numbers: 4,
  server: 36,
  reason: 64,
} as const;
/** Words of an end. */
export const BRIDGE_END_WORDS = 128;
/** Bytes of the state section of a bridge. */
export const BRIDGE_BYTES: number = (BRIDGE.ends + BRIDGE_END_COUNT * BRIDGE_END_WORDS) * 4;
/** The longest address of a server that is told, in bytes. */
export const BRIDGE_SERVER_BYTES: number = (BRIDGE_END.reason - BRIDGE_END.server) * 4;
/** The longest reason that is told, in bytes. */
export const BRIDGE_REASON_BYTES: number = (BRIDGE_END_WORDS - BRIDGE_END.reason) * 4;

/** Bits of an end's condition. */
export const BRIDGE_CONDITION = { away: 1, stalled: 2, stopped: 4 } as const;

/** What a bridge can carry, by its number. */
export const BRIDGE_SOURCES = [
  "unknown",
  "channel",
  "topic",
  "queue",
  "journal",
  "struct",
  "cache",
  "service",
] as const;

/** Positions of an end's numbers, in units of 8 bytes. */
export const BRIDGE_NUMBER = {
  records: 0,
  bytes: 1,
  messages: 2,
  resends: 3,
  duplicates: 4,
  gaps: 5,
  lost: 6,
  drops: 7,
  stalls: 8,
  reconnects: 9,
  lag: 10,
  inFlight: 11,
  spilledBytes: 12,
  acknowledgeMs: 13,
  haltedSinceMs: 14,
  lastActivityMs: 15,
} as const;

const numbersEnd = BRIDGE_END.numbers + Object.keys(BRIDGE_NUMBER).length * 2;
if (numbersEnd > BRIDGE_END.server) throw new Error("bridge: the numbers overlap the server");
