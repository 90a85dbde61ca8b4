/**
 * The errors that generated code throws. It calls these only when something is wrong, with the path
 * of the field; what was expected and received is worked out here, away from the fast path.
 *
 * @module
 */
import { CorruptSegmentError, NotSupportedError } from "@isthmus/core";
import {
  checkBytes,
  checkInteger,
  invalidType,
  invalidValue,
  outOfRange,
} from "@isthmus/core/internal";

/** What a whole value is called in messages: it has no path. */
const WHOLE = "value";

/** The kinds of whole numbers, with the least and the greatest. */
const NUMBER_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  u8: [0, 255],
  u16: [0, 65_535],
  u32: [0, 4_294_967_295],
  i8: [-128, 127],
  i16: [-32_768, 32_767],
  i32: [-2_147_483_648, 2_147_483_647],
  u53: [0, Number.MAX_SAFE_INTEGER],
};

/** Refuses what is not a whole number of the range of a kind that is a number. */
export function refuseInteger(path: string, value: unknown, kind: string): never {
  const [min, max] = NUMBER_RANGES[kind] ?? [Number.NaN, Number.NaN];
  if (typeof value !== "number") throw invalidType(path, `a number (${kind})`, value);
  const range = `>= ${min} and <= ${max}`;
  throw outOfRange(path, Number.isInteger(value) ? range : `an integer ${range}`, value);
}

/** Refuses what is not a BigInt of the range of `u64` or `i64`. */
export function refuseBigInt(path: string, value: unknown, kind: string): never {
  if (typeof value !== "bigint") throw invalidType(path, `a BigInt (${kind})`, value);
  const range = kind === "u64" ? ">= 0n and < 2n ** 64n" : ">= -(2n ** 63n) and < 2n ** 63n";
  throw outOfRange(path, range, value);
}

/** Refuses what is not a value of one of JavaScript's primitive types. */
export function refuseType(path: string, value: unknown, expected: string): never {
  throw invalidType(path, expected, value);
}

/** Refuses a word that is not in the list. */
export function refuseMember(path: string, value: unknown, members: readonly string[]): never {
  if (typeof value !== "string") throw invalidType(path, "a string", value);
  const shown = members.slice(0, 16).map((member) => JSON.stringify(member));
  if (shown.length < members.length) shown.push("…");
  throw invalidValue(path, `one of ${shown.join(", ")}`, value);
}

/** Refuses a text that is none, cannot be encoded, or is too long. */
export function refuseText(path: string, value: unknown, capacity: number): never {
  if (typeof value !== "string") throw invalidType(path, "a string", value);
  if (!value.isWellFormed()) throw invalidValue(path, "a string without lone surrogates", value);
  const expected = `at most ${capacity} bytes of UTF-8`;
  throw outOfRange(path, expected, `${Buffer.byteLength(value)} bytes`);
}

/** Refuses bytes that are none, gone, or too many. */
export function refuseBytes(path: string, value: unknown, capacity: number): never {
  const { length } = checkBytes(path, value);
  throw outOfRange(path, `at most ${capacity} bytes`, `${length} bytes`);
}

/** Refuses what is not like an array, or has another length. */
export function refuseArray(path: string, value: unknown, count: number): never {
  const length = typeof value === "object" && value !== null ? Reflect.get(value, "length") : null;
  if (typeof length !== "number") throw invalidType(path, `an array of ${count} elements`, value);
  throw outOfRange(`${path}.length`, `exactly ${count}`, length);
}

/** Refuses what is not an object. */
export function refuseObject(path: string, value: unknown): never {
  throw invalidType(path || WHOLE, "an object with the fields of the struct", value);
}

/**
 * Called when an object has not as many own keys as the struct has fields. Refuses keys that are no
 * fields. A missing field is found where its value is read; fields that are inherited, as the
 * getters of a class or of a cursor are, are welcome.
 */
export function checkKeys(path: string, value: object, names: ReadonlySet<string>): void {
  for (const key of Object.keys(value)) {
    if (!names.has(key)) refuseField(path, key, Reflect.get(value, key), names);
  }
}

/**
 * Has names that are no fields refused by those of them that there are, when they are assigned to a cursor. Behind all
 * fields, it costs these nothing.
 *
 * @param prototype Of the cursor's class.
 * @param pathOf Called on a cursor: the path of its struct.
 */
export function refuseOtherFields(
  prototype: object,
  pathOf: () => string,
  names: ReadonlySet<string>,
): void {
  const set = (_: object, key: string | symbol, value: unknown, cursor: object): never =>
    refuseField(Reflect.apply(pathOf, cursor, []), String(key), value, names);
  Object.setPrototypeOf(prototype, new Proxy({}, { set }));
}

function refuseField(path: string, key: string, value: unknown, names: ReadonlySet<string>): never {
  const expected = `absent, the fields are ${[...names].join(", ")}`;
  throw invalidValue(path === "" ? key : `${path}.${key}`, expected, value);
}

/** Refuses an index that an array has not. */
export function refuseIndex(path: string, index: unknown, count: number): never {
  checkInteger(`index of ${path}`, index, 0, count - 1);
  throw new Error(`Unreachable: index ${String(index)} of ${path} was refused, but is allowed`);
}

/** Refuses a place in a view where a record of this size has no room. */
export function refusePlace(view: unknown, byteOffset: unknown, size: number): never {
  if (!(view instanceof DataView)) throw invalidType("view", "an instance of DataView", view);
  const last = view.byteLength - size;
  if (last < 0) {
    throw outOfRange("view.byteLength", `>= ${size}, the size of a record`, view.byteLength);
  }
  checkInteger("byteOffset", byteOffset, 0, last);
  throw new Error(`Unreachable: offset ${String(byteOffset)} was refused, but is allowed`);
}

/** Memory holds a 64-bit number above what a JavaScript number holds exactly. */
export function corruptU53(path: string, high: number, low: number): never {
  const value = (BigInt(high) << 32n) | BigInt(low);
  throw new CorruptSegmentError(
    `Cannot read "${path}": a u53 must be <= ${Number.MAX_SAFE_INTEGER}: memory holds ${value}`,
  );
}

/** Memory holds an index that no word of the list has. */
export function corruptMember(path: string, index: number, count: number): never {
  throw new CorruptSegmentError(
    `Cannot read "${path}": the index of a oneOf must be < ${count}: memory holds ${index}`,
  );
}

/** Refuses any assignment through a cursor that was made for reading. */
export function refuseWrite(path: string): never {
  throw new NotSupportedError(`Cannot write "${path}": this cursor was opened for reading only`);
}

/** How many elements `copyTo` copies; refuses a target that has none to assign. */
export function copyCount(target: unknown, count: number): number {
  const length =
    typeof target === "object" && target !== null ? Reflect.get(target, "length") : null;
  if (typeof length !== "number") throw invalidType("target", "an array or a typed array", target);
  return Math.min(length, count);
}
