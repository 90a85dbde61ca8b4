/**
 * Flags of commands that go on for a while, and how they are parsed.
 *
 * @module
 */

/** An hour: whoever wants to look less often wants another tool. */
const INTERVAL_MS_MAX = 3_600_000;

/** Parses a time between two looks. */
export function parseIntervalMs(text: string): number {
  const interval = Number(text);
  if (!/^\d+$/.test(text) || interval < 1 || interval > INTERVAL_MS_MAX) {
    throw new SyntaxError(`it must be a whole number of milliseconds, 1 to ${INTERVAL_MS_MAX}`);
  }
  return interval;
}

/** Parses how many there are to be. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count)) {
    throw new SyntaxError("it must be a whole number above 0");
  }
  return count;
}

/** stricli's definition of `count`, where it is of records. */
export const COUNT_FLAG = {
  kind: "parsed",
  parse: parseCount as typeof parseCount,
  brief: "End after so many records",
  placeholder: "N",
  optional: true,
} as const;

/** stricli's definition of `fromStart`. */
export const FROM_START_FLAG = {
  kind: "boolean",
  brief: "Begin with what is still held",
  default: false,
  withNegated: false,
} as const;
