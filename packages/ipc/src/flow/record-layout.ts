/**
 * What the segments of channels and topics have in common.
 *
 * @module
 */

/** What records look like. */
export const MODES = { fixed: 1, bytes: 2, json: 3 } as const;

/** The name of a mode. */
export type Mode = keyof typeof MODES;

/** Bytes of the time at which a record was sent. */
export const TIMESTAMP_BYTES = 8;

/** Wait cells: when there are records, and when there is room again. */
export const DATA_CELL = 0;
export const SPACE_CELL = 1;
export const CELL_COUNT = 2;
