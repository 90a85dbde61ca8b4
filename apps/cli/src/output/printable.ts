/**
 * Text of others on a terminal.
 *
 * @module
 */

/**
 * Makes text harmless to print: names come from files that anybody may have written, and a control character
 * could move the cursor or change colours. Each becomes an escape such as `\x1b`, and so does what changes the
 * direction of writing.
 *
 * @param text Any text.
 * @returns The same text on one line, without a control character.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}
