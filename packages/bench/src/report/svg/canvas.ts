/**
 * What all pictures share: the frame, the colours for light and dark, and safe text.
 *
 * @module
 */

/** Width of a picture. */
export const WIDTH = 760;

/** Colours that can be told apart by people with the usual colour-vision deficiencies (Okabe and Ito). */
const SERIES_LIGHT = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56636e"] as const;
const SERIES_DARK = ["#56b4e9", "#f0863d", "#2ec79b", "#e39ac4", "#e8d44d", "#a9b4be"] as const;

/** How many series have a colour of their own. */
export const SERIES_COUNT: number = SERIES_LIGHT.length;

const STYLE = `
  .ground { fill: #ffffff; } .ink { fill: #1b1f24; } .soft { fill: #59636e; }
  .grid { stroke: #d8dee4; stroke-width: 1; } .mark { stroke: #1b1f24; stroke-width: 1.5; }
  text { font: 12px system-ui, sans-serif; } .title { font-weight: 600; font-size: 14px; }
${SERIES_LIGHT.map((color, i) => `  .s${i} { stroke: ${color}; fill: none; stroke-width: 2; } .f${i} { fill: ${color}; }`).join("\n")}
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .ink { fill: #e6edf3; } .soft { fill: #9198a1; }
    .grid { stroke: #30363d; } .mark { stroke: #e6edf3; }
${SERIES_DARK.map((color, i) => `    .s${i} { stroke: ${color}; } .f${i} { fill: ${color}; }`).join("\n")}
  }`;

/** Where a text stands on its point. */
export type Anchor = "start" | "middle" | "end";

/**
 * Puts a frame around shapes.
 *
 * @param title What the picture shows; also its text for those who cannot see it.
 * @param height Its height.
 * @param shapes SVG elements.
 * @returns A complete SVG document.
 */
export function picture(title: string, height: number, shapes: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeText(title)}">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    text(16, 24, title, "start", "ink title"),
    ...shapes,
    "</svg>",
    "",
  ].join("\n");
}

/** A line of text. */
export function text(
  x: number,
  y: number,
  content: string,
  anchor: Anchor = "start",
  className = "ink",
): string {
  return `<text class="${className}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeText(content)}</text>`;
}

/** A straight line. */
export function line(x1: number, y1: number, x2: number, y2: number, className = "grid"): string {
  return `<line class="${className}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

/** Whole pixels and tenths: more would only make the file longer. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * A logarithmic scale.
 *
 * @param low The smallest value, above 0.
 * @param high The largest one.
 * @param start Where the smallest one is drawn.
 * @param end Where the largest one is drawn.
 */
export function logScale(
  low: number,
  high: number,
  start: number,
  end: number,
): (value: number) => number {
  const span = Math.log(high / low) || 1;
  return (value) => start + (Math.log(value / low) / span) * (end - start);
}

/** The powers of a base that lie between two values, both included as far as they are powers. */
export function powersBetween(low: number, high: number, base: number): number[] {
  const first = Math.ceil(Math.log(low) / Math.log(base) - 1e-9);
  const last = Math.floor(Math.log(high) / Math.log(base) + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => base ** (first + i));
}

function escapeText(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
