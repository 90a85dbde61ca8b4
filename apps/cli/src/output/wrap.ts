/**
 * Lines that end at words.
 *
 * @module
 */
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** Below this nothing is readable any more; a terminal that says so does not know its width. */
const COLUMNS_MIN = 20;

/**
 * Breaks lines that are too long at the spaces between words; colour codes take no room. What follows is indented as
 * its line is. A word that is longer than a line stays whole: nobody wants half a path.
 *
 * @param text One line or several.
 * @param columns The width in terminal cells; `Infinity` breaks nothing.
 * @param hanging Further spaces before what follows.
 * @returns The same words, on as many lines as it takes.
 */
export function wrap(text: string, columns: number, hanging = 0): string {
  const width = Math.max(columns, COLUMNS_MIN);
  return text
    .split("\n")
    .map((line) => (stringWidth(line) <= width ? line : wrapLine(line, width, hanging)))
    .join("\n");
}

function wrapLine(line: string, width: number, hanging: number): string {
  const indent = /^ */.exec(line)?.[0] ?? "";
  // No deeper than what leaves room for words.
  const rest = " ".repeat(Math.min(indent.length + hanging, width >> 1));
  const words = line.slice(indent.length);
  return indent + wrapAnsi(words, width - rest.length).replaceAll("\n", `\n${rest}`);
}
