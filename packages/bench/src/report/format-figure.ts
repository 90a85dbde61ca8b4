/**
 * Figures as people read them: three digits and a unit.
 *
 * @module
 */
import type { RatioRecord, Unit } from "../results/bench-results.ts";

const STEPS: readonly (readonly [limit: number, suffix: string])[] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/**
 * A figure with its unit: `1.25 GiB/s`, `12.3 M/s`, `280 ns`, `7.31 µs`, `64.0 MiB`.
 *
 * @param value The figure; `null` gives a dash.
 * @param unit Its unit.
 */
export function formatFigure(value: number | null, unit: Unit): string {
  if (value === null) return "–";
  if (unit === "ns") return formatNanoseconds(value);
  if (unit === "bytes") return formatBytes(value);
  if (unit === "bytes_per_second") return `${formatBytes(value)}/s`;
  const [limit, suffix] = STEPS.find(([least]) => value >= least) ?? [1, ""];
  return `${threeDigits(value / limit)} ${suffix}/s`;
}

/** A size in binary units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  if (bytes < 2 ** 20) return `${trimmed(bytes / 1024)} KiB`;
  return bytes < 2 ** 30 ? `${trimmed(bytes / 2 ** 20)} MiB` : `${trimmed(bytes / 2 ** 30)} GiB`;
}

/** A duration. */
export function formatNanoseconds(value: number): string {
  if (value < 1e3) return `${threeDigits(value)} ns`;
  if (value < 1e6) return `${threeDigits(value / 1e3)} µs`;
  return value < 1e9 ? `${threeDigits(value / 1e6)} ms` : `${threeDigits(value / 1e9)} s`;
}

/** A factor: `2.41x`. */
export function formatFactor(value: number): string {
  return `${threeDigits(value)}x`;
}

/** A factor and where it lies: `2.41x (2.30–2.55)`. One round alone does not tell where: `2.41x (?)`. */
export function formatRatio(ratio: RatioRecord | null): string {
  if (ratio === null) return "–";
  if (ratio.samples.length < 2) return `${formatFactor(ratio.value)} (?)`;
  return `${formatFactor(ratio.value)} (${threeDigits(ratio.low)}–${threeDigits(ratio.high)})`;
}

/** What a claim promises: `2–3x`, `≥ 1x`, or a dash. */
export function formatTarget(
  target: { readonly at_least: number; readonly up_to?: number } | undefined,
): string {
  if (target === undefined) return "–";
  const { at_least: atLeast, up_to: upTo } = target;
  return upTo === undefined ? `≥ ${atLeast}x` : `${atLeast}–${upTo}x`;
}

function threeDigits(value: number): string {
  if (value >= 100) return Math.round(value).toString();
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function trimmed(value: number): string {
  return Number.isInteger(value) ? String(value) : threeDigits(value);
}
