/**
 * Numbers as people read them. Units last, one space before the unit.
 *
 * @module
 */

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number with thousands separated: `1,234,567`. */
export function formatCount(value: number): string {
  return WHOLE.format(value);
}

/** A number of things: `1 file`, `2 files`. */
export function formatCountOf(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A size in binary units: `512 B`, `1.50 MiB`, `10.0 GiB`. */
export function formatSize(bytes: number): string {
  return withUnit(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
}

/** A rate in the units of sizes, so that one can be divided by the other: `1.20 GiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatSize(bytesPerSecond)}/s`;
}

/** How many in a second, with three digits: `950`, `12.4 k`, `14.1 M`. */
export function formatFrequency(perSecond: number): string {
  return withUnit(perSecond, 1000, ["", "k", "M", "G"]).trimEnd();
}

/** A duration: `850 ns`, `270 µs`, `3.20 ms`, `1.45 s`, `2 min 05 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0.001) return `${threeDigits(milliseconds * 1e6)} ns`;
  if (milliseconds < 1) return `${threeDigits(milliseconds * 1000)} µs`;
  if (milliseconds < 1000) return `${threeDigits(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${threeDigits(milliseconds / 1000)} s`;
  const seconds = Math.round(milliseconds / 1000);
  const rest = String(seconds % 60).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${rest} s`;
  const minutes = String(Math.floor(seconds / 60) % 60).padStart(2, "0");
  return `${formatCount(Math.floor(seconds / 3600))} h ${minutes} min`;
}

/** A share of a whole: `12.3 %`; a share that rounds to nothing but is not shows as `< 0.1 %`. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0.0 %";
  const percent = (part / whole) * 100;
  return percent < 0.05 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
}

function withUnit(value: number, step: number, units: readonly string[]): string {
  let scaled = value;
  let index = 0;
  while (scaled >= step && index < units.length - 1) {
    scaled /= step;
    index += 1;
  }
  const text = index === 0 ? WHOLE.format(scaled) : threeDigits(scaled);
  return `${text} ${units[index]}`;
}

/** About three significant digits, never an exponent. */
function threeDigits(value: number): string {
  if (value >= 100) return WHOLE.format(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
