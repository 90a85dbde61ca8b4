/**
 * What Bun writes to standard error under Wine, where it wonders at how that names folders.
 *
 * Bun keeps it back and writes 4096 bytes at a time, the rest at its end: what the program says stands in the middle of such a line.
 *
 * @module
 */

const BEGINNING = /Internal error: directory mismatch for directory "/;
const END = /", fd \d+\[handle\]\. You don't need to do anything, but this indicates a bug\.\r?\n/;
const WHOLE = new RegExp(`${BEGINNING.source}[^"\n]*${END.source}`, "g");
/** The two parts of one that was cut. */
const PARTS = [new RegExp(BEGINNING.source, "g"), new RegExp(`^[^"\n]*${END.source}`, "gm")];

/** A text without those lines, which no other system has. */
export function withoutWineNotes(text: string): string {
  return [WHOLE, ...PARTS].reduce((rest, part) => rest.replaceAll(part, ""), text);
}
