/**
 * A horizontal bar.
 *
 * @module
 */

/** One eighth to seven eighths of a cell. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/**
 * Draws a bar in eighths of a character cell.
 *
 * @param fraction How much of the width is filled, 0 to 1; anything outside is brought inside.
 * @param width The width of a full bar in cells.
 * @returns The bar without padding; a fraction above zero is never drawn as nothing.
 */
export function formatBar(fraction: number, width: number): string {
  const clamped = Math.min(1, Math.max(0, fraction));
  if (clamped === 0) return "";
  const eighths = Math.max(1, Math.round(clamped * width * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}
