/**
 * The type of a text.
 *
 * @module
 */
import { checkInteger } from "@isthmus/core/internal";
import { FieldType } from "./field-type.ts";
import { alignUp, checkLimits, LENGTH_PREFIX, MAX_SIZE } from "./layout.ts";

/**
 * A text of at most so many bytes of UTF-8, with its length before it.
 *
 * Writing refuses a text that is too long (it is never cut) and one with a lone surrogate (it could
 * not be read back). Whatever is beyond the text's end is zeroed, so that nothing of a longer
 * predecessor stays in shared memory. Reading replaces invalid UTF-8 by U+FFFD.
 *
 * @param capacity The most bytes, at least 1. A character takes 1 to 4.
 * @returns The field type; its plain value is a string.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when the capacity is not a number.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is not a whole number of 1 to 2^30 - 4.
 *
 * @example A label
 * ```ts
 * import { struct, utf8 } from "@isthmus/ipc";
 *
 * const Label = struct({ text: utf8(32) });
 * console.log(Label.layout.size); // 36: a u32 length and 32 bytes
 * ```
 */
export function utf8(capacity: number): FieldType<string> {
  checkInteger("capacity", capacity, 1, MAX_SIZE - LENGTH_PREFIX);
  const size = alignUp(LENGTH_PREFIX + capacity, LENGTH_PREFIX);
  const type = `utf8(${capacity})`;
  return new FieldType(
    checkLimits({ kind: "utf8", type, size, alignment: LENGTH_PREFIX, capacity }),
  );
}
