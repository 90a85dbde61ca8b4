/**
 * Flags of the commands around journals: ages, and where to begin.
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
/** A day, or a time of one, with its zone or without. */
const TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:(Z)|([+-]\d{2}):?(\d{2}))?)?$/i;

/** Parses a time span with its unit, in milliseconds. */
export function parseAge(text: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ageMs = Math.round(Number(digits) * (UNITS_MS[unit] ?? Number.NaN));
  if (Number.isSafeInteger(ageMs) && ageMs > 0) return ageMs;
  throw new SyntaxError("it must be a number with a unit: 500ms, 90s, 10m, 12h or 7d");
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
  const date = parseTime(text);
  if (date !== undefined) return date;
  throw new SyntaxError(
    "it must be a sequence, a time as 2026-01-31T09:00 (UTC) or 2026-01-31T09:00+01:00, or so long ago as -10m",
  );
}

/** A time of UTC unless it names another zone; undefined for what is none. */
function parseTime(text: string): Date | undefined {
  const [, day, time = "00:00", , hours, minutes] = TIME.exec(text) ?? [];
  if (day === undefined) return undefined;
  // A day that its month does not have is taken for one of the next month.
  const isDay = new Date(`${day}T00:00Z`).toJSON()?.startsWith(day);
  const date = new Date(`${day}T${time}${hours === undefined ? "Z" : `${hours}:${minutes}`}`);
  return !isDay || Number.isNaN(date.getTime()) ? undefined : date;
}

/** What all of them say of where to begin. */
export const FROM_BRIEF =
  "Begin with this sequence, or with this time: 2026-01-31T09:00 (UTC; or with a zone: Z, +01:00), or -10m for ten minutes ago";

/** A parser of it for a command that runs now. */
export function parseFromNow(text: string): number | Date {
  return parseFrom(text, Date.now());
}
