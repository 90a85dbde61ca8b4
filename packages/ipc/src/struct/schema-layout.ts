/**
 * The schema section of a segment: what its records are, as text, so that whoever looks on can name their fields.
 *
 * ```text
 *   0 ┌ recordBytes    u32   length of the text of the record; of a service, of the request
 *   4 │ responseBytes  u32   length of the text of a service's response; else 0
 *   8 │ reserved       8 bytes
 *  16 │ record         the canonical text of a struct, or the text that stands for bytes or JSON
 *     └ response       the same, right behind it
 * ```
 *
 * Written once, before the file has its name, and read by observers only: nobody who takes part believes it. The
 * superblock's fingerprint is that of these texts, and who reads them compares.
 *
 * @module
 */

/** Bytes before the first text. */
export const SCHEMA_HEADER_BYTES = 16;

/** Word offsets within the section. */
export const SCHEMA = { recordBytes: 0, responseBytes: 1 } as const;

/** Texts that are longer together are left out, and not believed. */
export const SCHEMA_TEXT_BYTES_MAX: number = 2 ** 20;

if ((SCHEMA.responseBytes + 1) * 4 > SCHEMA_HEADER_BYTES) {
  throw new Error("schema: the lengths overlap the texts");
}
