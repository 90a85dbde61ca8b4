/**
 * The type of a fixed number of elements.
 *
 * @module
 */
import { checkInteger, invalidType } from "@isthmus/core/internal";
import type { ArrayCursor } from "./array-cursor.ts";
import {
  type AnyFieldType,
  type Cursor,
  FieldType,
  type Infer,
  type InputOf,
} from "./field-type.ts";
import { checkLimits, MAX_SIZE } from "./layout.ts";

/**
 * Exactly so many elements of one type, one after the other.
 *
 * Reading gives a plain array, whatever the element: `number[]` prints, compares, spreads and
 * passes through `JSON` as users of a plain object expect, and `u53`, `bool`, `utf8` and structs
 * have no typed array anyway. Who wants a `Float64Array` fills one with the cursor's `copyTo`.
 * Writing takes anything with a length and elements, typed arrays too, and refuses every length but
 * the exact one: elements that were left out would otherwise turn into zeros that nobody wrote.
 *
 * @param type The type of every element; arrays and structs may nest.
 * @param count How many, at least 1.
 * @returns The field type; its plain value is an array.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when the type is not a field type or the count not a
 *   number.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when the count is not a whole number >= 1, or all is over
 *   1 GiB.
 *
 * @example A window of samples
 * ```ts
 * import { array, f64, struct } from "@isthmus/ipc";
 *
 * const Window = struct({ samples: array(f64, 16) });
 * console.log(Window.layout.size); // 128
 * ```
 */
export function array<T extends AnyFieldType>(
  type: T,
  count: number,
): FieldType<
  Infer<T>[],
  ArrayLike<InputOf<T>> | ArrayCursor<Infer<T>, InputOf<T>, Cursor<T>>,
  ArrayCursor<Infer<T>, InputOf<T>, Cursor<T>>
> {
  if (!(type instanceof FieldType)) {
    throw invalidType("type", "a field type such as u32 or utf8(32)", type);
  }
  checkInteger("count", count, 1, MAX_SIZE);
  const { layout: element } = type;
  return new FieldType(
    checkLimits({
      kind: "array",
      type: `array(${element.type},${count})`,
      size: element.size * count,
      alignment: element.alignment,
      element,
      count,
      stride: element.size,
    }),
  );
}
