/**
 * Expecting errors by the two things that are part of the contract: class and code.
 *
 * @module
 */
import { expect } from "bun:test";
import { RemoteError } from "./party.ts";

/** Runs an action that must throw an error of this class and code; returns the error. */
export function expectCode(action: () => unknown, className: string, code: string): Error {
  let error: unknown;
  try {
    error = `no error, but ${String(action())}`;
  } catch (thrown) {
    error = thrown;
  }
  return checked(error, className, code);
}

/** As {@link expectCode}, for a promise, also one of another process. */
export async function expectRejection(
  promise: Promise<unknown>,
  className: string,
  code: string,
): Promise<Error> {
  const error = await promise.then(
    (value) => `no error, but ${JSON.stringify(value)}`,
    (thrown: unknown) => thrown,
  );
  return checked(error, className, code);
}

function checked(error: unknown, className: string, code: string): Error {
  const { code: found, message = String(error) } = error as { code?: string; message?: string };
  const name =
    error instanceof RemoteError ? error.className : (error as object | null)?.constructor?.name;
  expect({ class: name, code: found, message }).toMatchObject({ class: className, code });
  return error as Error;
}
