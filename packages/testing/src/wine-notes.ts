/**
 * What Bun writes to standard error under Wine, where it wonders at how that names folders.
 *
 * @module
 */

/** How such a line begins. */
const NOTE = "Internal error: directory mismatch for directory ";

/** A text without those lines, which no other system has. */
export function withoutWineNotes(text: string): string {
  if (!text.includes(NOTE)) return text;
  return text
    .split("\n")
    .filter((line) => !line.startsWith(NOTE))
    .join("\n");
}
