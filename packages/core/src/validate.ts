/**
 * Argument checks, each with an error that names what was expected and what was received.
 * Codes are Node's: `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`.
 *
 * @module
 */
import { nearestWord } from "./nearest-word.ts";

/** A received value as an error message shows it: short, on one line, with its type when that helps. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return `received ${value}`;
  if (typeof value === "function") return `received function ${value.name || "(anonymous)"}`;
  if (typeof value === "object") {
    const { name } = value.constructor ?? { name: "" };
    return `received an instance of ${name || "Object"}`;
  }
  const { inspect } = process.getBuiltinModule("node:util");
  const text = typeof value === "bigint" ? `${value}n` : inspect(value, { breakLength: Infinity });
  return `received type ${typeof value} (${text.length > 40 ? `${text.slice(0, 40)}…` : text})`;
}

function coded<E extends Error>(error: E, code: string): E & { readonly code: string } {
  return Object.assign(error, { code });
}

/** The error for an argument of the wrong type. `expected` completes "must be …". */
export function invalidType(name: string, expected: string, value: unknown): TypeError {
  return coded(
    new TypeError(`The "${name}" argument must be ${expected}: ${received(value)}`),
    "ERR_INVALID_ARG_TYPE",
  );
}

/** The error for an argument of the right type whose value means nothing here. */
export function invalidValue(name: string, expected: string, value: unknown): TypeError {
  return coded(
    new TypeError(`The "${name}" argument must be ${expected}: ${received(value)}`),
    "ERR_INVALID_ARG_VALUE",
  );
}

/** The error for a number outside its range, or a size that does not fit. */
export function outOfRange(name: string, expected: string, value: unknown): RangeError {
  const text = typeof value === "bigint" ? `${value}n` : String(value);
  return coded(
    new RangeError(
      `The value of "${name}" is out of range: it must be ${expected}: received ${text}`,
    ),
    "ERR_OUT_OF_RANGE",
  );
}

const AsyncFunction: NewableFunction = Object.getPrototypeOf(async () => {}).constructor;

/**
 * Checks a callback that gets what is valid until it returns, and that is called too often to look at what it returns.
 *
 * @param instead What to use instead of an asynchronous one, for the message.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is no function, or an asynchronous one.
 */
export function checkSynchronous(name: string, callback: unknown, instead?: string): void {
  if (typeof callback !== "function") throw invalidType(name, "a function", callback);
  if (callback instanceof AsyncFunction) throw asynchronous(name, callback, instead);
}

/**
 * Refuses what a callback has returned that goes on: what it was given is not valid any more.
 *
 * @returns The same, when it is no promise.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for a promise.
 */
export function refuseAsync<T>(result: T, name: string, instead?: string): T {
  if (!(result instanceof Promise)) return result;
  // Whether it fails now interests nobody.
  result.catch(() => {});
  throw asynchronous(name, result, instead);
}

function asynchronous(name: string, value: unknown, instead?: string): TypeError {
  const hint = instead === undefined ? "" : ` (or use ${instead})`;
  return invalidType(name, `a function that is not asynchronous${hint}`, value);
}

/**
 * Checks a whole number.
 *
 * @param name The argument's name, for the message.
 * @param value What the caller gave.
 * @param min The smallest permitted value.
 * @param max The largest permitted value.
 * @returns The same number.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is not a number (a BigInt is not one).
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is NaN, has a fraction, or is outside the range.
 */
export function checkInteger(
  name: string,
  value: unknown,
  min = 0,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== "number") throw invalidType(name, "a number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) throw outOfRange(name, rangeText(min, max, value), value);
  return value;
}

/**
 * Checks a number that may have a fraction, such as a time.
 *
 * @param name The argument's name, for the message.
 * @param value What the caller gave.
 * @param min The smallest permitted value.
 * @param max The largest permitted value.
 * @returns The same number.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is not a number (a BigInt is not one).
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is NaN or outside the range.
 */
export function checkNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number") throw invalidType(name, "a number", value);
  if (!(value >= min && value <= max)) throw outOfRange(name, rangeText(min, max, value), value);
  return value;
}

/** What an integer outside its range should have been; 2^53 - 1 is worth a word only where it was exceeded. */
function rangeText(min: number, max: number, value: number): string {
  return max === Number.MAX_SAFE_INTEGER && value <= max ? `>= ${min}` : `>= ${min} and <= ${max}`;
}

/** Checks that a value is a string, and returns it. */
export function checkString(name: string, value: unknown): string {
  if (typeof value !== "string") throw invalidType(name, "a string", value);
  return value;
}

/** Checks that a value is a boolean, and returns it. */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw invalidType(name, "a boolean", value);
  return value;
}

/**
 * Checks that a value is a `Uint8Array` that still has its memory, and returns it.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is none; what `checkAttached` throws.
 */
export function checkBytes(name: string, value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw invalidType(name, "a Uint8Array", value);
  if (value.length === 0) checkAttached(name, value);
  return value;
}

/**
 * Refuses memory that has been transferred away, and the arrays of a disposed view: they look empty, and are not meant.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_VALUE`
 */
export function checkAttached(name: string, value: ArrayBufferView | ArrayBufferLike): void {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  if (!(buffer instanceof ArrayBuffer) || !buffer.detached) return;
  throw invalidValue(name, "memory that has not been transferred away or disposed", value);
}

/**
 * Checks that a value is one of a few words.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is not a string, `ERR_INVALID_ARG_VALUE` when it is another word.
 */
export function checkOneOf<const T extends string>(
  name: string,
  value: unknown,
  allowed: readonly T[],
): T {
  const text = checkString(name, value);
  if (!(allowed as readonly string[]).includes(text)) {
    throw invalidValue(name, `one of ${allowed.map((word) => `"${word}"`).join(", ")}`, value);
  }
  return text as T;
}

/** The names of the options that there are; the compiler asks for every one of a type. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/**
 * Checks an options bag: absent is an empty one; anything but a plain object is refused, and so is an option that there
 * is not, unless it is undefined. Costs some 10 ns for an object of two.
 *
 * @param name What the bag is called, for messages.
 * @param value What the caller gave.
 * @param known Which options there are.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for what is no bag; `ERR_INVALID_ARG_VALUE` for an option that there is not,
 *   with the nearest that there is.
 */
export function checkOptions<T extends object>(
  name: string,
  value: T | undefined,
  known: OptionNames<T>,
): Partial<T> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidType(name, "an object", value);
  }
  for (const key of Object.keys(value)) {
    if (known[key as keyof T] !== true) refuseUnknown(name, key, value, known);
  }
  return value;
}

/** Refuses an option that there is not; one that is undefined is as good as absent. */
function refuseUnknown(name: string, key: string, options: object, known: object): void {
  const value: unknown = Reflect.get(options, key);
  if (value === undefined) return;
  const names = Object.keys(known);
  const nearest = nearestWord(key, names);
  const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  const list = names.map((word) => `"${word}"`).join(", ");
  throw invalidValue(`${name}.${key}`, `absent (the options are ${list}${hint})`, value);
}
