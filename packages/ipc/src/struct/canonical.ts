/**
 * A schema as text: what its fingerprint is computed from, and what people compare when two
 * fingerprints differ.
 *
 * ```text
 * text = "isthmus struct 1" LF  "size " number " align " number LF  line*
 * line = offset " " size " " path " " type LF
 * path = name "[]"* ( "." name "[]"* )*
 * type = "u8" | … | "bool" | "utf8(" n ")" | "bytes(" n ")" | "array(" type "," n ")" | "struct"
 *      | "oneOf(" string ( "," string )* ")"
 * ```
 *
 * One line per named field, in declaration order; the fields of a nested struct follow the line of
 * their struct, with its path before theirs. Offsets count from the beginning of the record, also
 * for nested fields; fields of the struct in an array (`path[]`) are those of its first element.
 * Numbers are decimal without sign or leading zeros, a string is in the form of `JSON.stringify`
 * (only `"`, `\` and what is below U+0020 escaped; Python: `json.dumps(s, ensure_ascii=False)`),
 * LF is U+000A and is there after the last line too. The text is hashed as UTF-8.
 *
 * @module
 */
import type { StructLayout, TypeLayout } from "./layout.ts";

/**
 * Writes a layout as its canonical text.
 *
 * @param layout The layout of the outermost struct.
 * @returns The text, ending with a line feed.
 */
export function canonicalText(layout: StructLayout): string {
  const lines = ["isthmus struct 1", `size ${layout.size} align ${layout.alignment}`];
  describeFields(layout, 0, "", lines);
  return `${lines.join("\n")}\n`;
}

function describeFields(layout: StructLayout, base: number, prefix: string, lines: string[]): void {
  for (const field of layout.fields) {
    const offset = base + field.offset;
    lines.push(`${offset} ${field.size} ${prefix}${field.name} ${field.type}`);
    let inner: TypeLayout = field.layout;
    let path = `${prefix}${field.name}`;
    while (inner.kind === "array") {
      inner = inner.element;
      path += "[]";
    }
    if (inner.kind === "struct") describeFields(inner, offset, `${path}.`, lines);
  }
}
