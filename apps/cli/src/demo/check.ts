/**
 * The checks of the demonstration: on one line, with what was expected and what was found.
 *
 * @module
 */
import { inspect } from "node:util";

/** A step found something else than it should have. */
class CheckFailedError extends Error {
  override readonly name: string = "CheckFailedError";
}

/**
 * Checks that two values are the same (numbers, text and booleans by value, arrays by content).
 *
 * @param actual What was found.
 * @param expected What should have been.
 * @param what The subject of the sentence.
 * @throws {CheckFailedError} when they differ.
 */
export function checkEqual<T>(actual: T, expected: NoInfer<T>, what: string): void {
  if (Bun.deepEquals(actual, expected, true)) return;
  throw new CheckFailedError(`${what}: expected ${show(expected)}, found ${show(actual)}`);
}

/**
 * Checks that a statement holds.
 *
 * @param isTrue The statement.
 * @param what What is wrong if it does not hold.
 * @throws {CheckFailedError} when it does not.
 */
export function check(isTrue: boolean, what: string): asserts isTrue {
  if (!isTrue) throw new CheckFailedError(what);
}

/**
 * Checks that a call is refused.
 *
 * @param call What must throw.
 * @param code The stable code that its error must have.
 * @param what The subject of the sentence.
 * @throws {CheckFailedError} when it does not throw, or throws with another code.
 */
export function checkRefused(call: () => unknown, code: string, what: string): void {
  let found: unknown;
  try {
    call();
  } catch (error) {
    if (codeOf(error) === code) return;
    found = error;
  }
  const text = found === undefined ? "it was permitted" : `it threw ${show(found)}`;
  throw new CheckFailedError(`${what}: expected ${code}, but ${text}`);
}

/** The `code` of an error, `""` where there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name} ${codeOf(value)}: ${value.message}`;
  return inspect(value, { breakLength: Infinity, maxArrayLength: 8, maxStringLength: 80 });
}
