/**
 * Which part of a map is looked at.
 *
 * @module
 */
import { checkInteger, type OptionNames } from "../validate.ts";

/** A part of a map. */
export interface ScanRange {
  /** First byte, 0 to the map's capacity. Default 0. */
  readonly offset?: number | undefined;
  /** How many bytes, at most to the end of the map. Default: to its end; 0 is an empty range. */
  readonly length?: number | undefined;
}

/** The options of whatever looks at a part of a map. */
export const SCAN_RANGE: OptionNames<ScanRange> = { offset: true, length: true };

/** First byte and end (exclusive) of a part of a map. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Checks a part of a map.
 *
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is not inside the map.
 */
export function checkRange(capacity: number, range: ScanRange): Span {
  const { offset = 0 } = range;
  checkInteger("offset", offset, 0, capacity);
  const room = capacity - offset;
  const { length = room } = range;
  checkInteger("length", length, 0, room);
  return { from: offset, to: offset + length };
}
