/**
 * Flags of the commands around journals: sizes, ages, and where to begin.
 *
 * @module
 */

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const UNITS_BYTES: Readonly<Record<string, number>> = {
  "": 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** Parses a time span with its unit, in milliseconds. */
export function parseAge(text: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ageMs = Math.round(Number(digits) * (UNITS_MS[unit] ?? Number.NaN));
  if (Number.isSafeInteger(ageMs) && ageMs > 0) return ageMs;
  throw new SyntaxError("it must be a number with a unit: 500ms, 90s, 10m, 12h or 7d");
}

/** Parses a size in bytes, also in binary units. */
export function parseBytes(text: string): number {
  const [, digits, unit = ""] = /^(\d+)([KMGT]?)(?:i?B)?$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS_BYTES[unit] ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new SyntaxError("it must be a number of bytes, also as 64M, 10G or 1T");
}

/**
 * Parses where a journal is read from: a sequence, or a time, also one so long ago.
 *
 * @param nowMs The time, in milliseconds since 1970.
 */
export function parseFrom(text: string, nowMs: number): number | Date {
  if (/^\d+$/.test(text)) {
    const sequence = Number(text);
    if (Number.isSafeInteger(sequence)) return sequence;
  }
  if (text.startsWith("-")) return new Date(nowMs - parseAge(text.slice(1)));
  const date = new Date(text);
  // `Date` takes much for a time that nobody means.
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new SyntaxError(
    "it must be a sequence, a time as 2026-01-31T09:00, or so long ago as -10m",
  );
}

/** What all of them say of where to begin. */
export const FROM_BRIEF =
  "Begin with this sequence, or with this time: 2026-01-31T09:00, or -10m for ten minutes ago";

/** A parser of it for a command that runs now. */
export function parseFromNow(text: string): number | Date {
  return parseFrom(text, Date.now());
}
