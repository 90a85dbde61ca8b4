/**
 * Which names a field may have.
 *
 * @module
 */
import { checkString, invalidValue } from "@isthmus/core/internal";

/**
 * An identifier: no name that JavaScript would sort before the others (`"0"`), nothing that needs
 * quoting in the canonical text, nothing that could end a string in generated code. Without the two
 * invisible joiners that Unicode permits inside: names that look alike must be alike.
 */
const IDENTIFIER = /^[\p{ID_Start}$_][[\p{ID_Continue}$]--[\u200c\u200d]]*$/v;
/** The longest name, in UTF-16 code units. */
const MAX_LENGTH = 128;
/**
 * Names that every object has already (`constructor`, `__proto__`, `toString`, …): a record without
 * the field would seem to have it. And `toJSON`, which a cursor needs for itself.
 */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  "toJSON",
]);

/**
 * Checks the name of a field: a JavaScript identifier (letters of any script, digits, `_`, `$`) in
 * Unicode normal form C, of at most 128 characters, and not one that every object has already.
 *
 * @param name The name as the user wrote it.
 * @returns The same name.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is not a string, `ERR_INVALID_ARG_VALUE` when
 *   it may not name a field.
 */
export function checkFieldName(name: unknown): string {
  const text = checkString("field name", name);
  if (RESERVED.has(text)) {
    throw invalidValue("field name", "a name that objects do not have already", text);
  }
  // Two spellings of one visible name would give two fingerprints that look alike in every message.
  if (text.length > MAX_LENGTH || !IDENTIFIER.test(text) || text.normalize("NFC") !== text) {
    const expected = `an identifier (letters, digits, _, $; NFC; at most ${MAX_LENGTH} characters)`;
    throw invalidValue("field name", expected, text);
  }
  return text;
}
