/**
 * What one can search for.
 *
 * @module
 */
import { checkAttached, checkInteger, invalidType, invalidValue } from "../validate.ts";
import { SCAN_WINDOW_BYTES } from "./windows.ts";

/** A byte (0 to 255), a text (as UTF-8) or a sequence of bytes. */
export type Needle = number | string | Uint8Array;

/** Checks a needle and turns it into bytes; `name` is what messages call it. */
export function needleBytes(needle: Needle, name = "needle"): Buffer {
  if (typeof needle === "number") return Buffer.from([checkInteger(name, needle, 0, 0xff)]);
  const isBytes = needle instanceof Uint8Array;
  if (typeof needle !== "string" && !isBytes) {
    throw invalidType(name, "a byte, a string or a Uint8Array", needle);
  }
  if (isBytes) checkAttached(name, needle);
  const bytes = Buffer.from(needle as string);
  if (bytes.length === 0) throw invalidValue(name, "not empty", needle);
  if (bytes.length > SCAN_WINDOW_BYTES) {
    throw invalidValue(name, `at most ${SCAN_WINDOW_BYTES} bytes long`, needle);
  }
  return bytes;
}
