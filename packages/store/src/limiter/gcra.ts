/**
 * When something may happen, by the generic cell rate algorithm: one time says all (ITU-T I.371; the form with a
 * "theoretical arrival time", as in "Rate limiting, cells, and GCRA", Brandur Leach, 2015).
 *
 * Each unit takes `intervalMs` to come back. The time at which all of them are back is remembered, and nothing else: once
 * it has come, nothing needs to be remembered.
 *
 * @module
 */

/** A limit: so many units in so much time, all at once if need be. */
export interface Limit {
  readonly units: number;
  readonly perMs: number;
}

/** What came of a request. */
export interface Verdict {
  readonly isAllowed: boolean;
  /** When all units are back, in milliseconds on the clock of `nowMs`. */
  readonly fullAtMs: number;
  /** How long to wait for the units that were asked for, in milliseconds; 0 when they were given. */
  readonly waitMs: number;
}

/** Parts of a unit that come from adding up fractions are forgiven. */
const SLACK_UNITS = 1e-6;

/**
 * Asks for some units.
 *
 * @param fullAtMs When all units are back, as it was remembered. What cannot be, is not believed.
 * @param nowMs The time.
 * @param cost How many units; at most all.
 */
export function ask(
  { units, perMs }: Limit,
  fullAtMs: number,
  nowMs: number,
  cost: number,
): Verdict {
  const intervalMs = perMs / units;
  // Not a number, or in the past: all are back. Later than it can be: none is.
  const from = fullAtMs > nowMs ? Math.min(fullAtMs, nowMs + perMs) : nowMs;
  const until = from + cost * intervalMs;
  const overMs = until - nowMs - perMs;
  const isAllowed = overMs <= intervalMs * SLACK_UNITS;
  return { isAllowed, fullAtMs: isAllowed ? until : from, waitMs: isAllowed ? 0 : overMs };
}

/** When all units are back once some have been given back: not in the past. What cannot be, is not believed. */
export function returned(
  { units, perMs }: Limit,
  fullAtMs: number,
  nowMs: number,
  cost: number,
): number {
  const from = fullAtMs > nowMs ? Math.min(fullAtMs, nowMs + perMs) : nowMs;
  return Math.max(nowMs, from - (cost * perMs) / units);
}

/** How many whole units there are at a time. */
export function unitsLeft({ units, perMs }: Limit, fullAtMs: number, nowMs: number): number {
  const missing = (Math.max(0, fullAtMs - nowMs) * units) / perMs;
  return Math.max(0, Math.floor(units - missing + SLACK_UNITS));
}
