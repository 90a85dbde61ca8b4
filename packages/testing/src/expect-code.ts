/**
 * Expecting errors by the two things that are part of the contract: class and code.
 *
 * @module
 */
import { expect } from "bun:test";
import { RemoteError } from "./peer.ts";

/** An error as the contract promises it. */
export interface Coded extends Error {
  readonly code: string;
}

/** Runs an action that must throw an error of this class and code, and returns the error. */
export function expectCode(action: () => unknown, className: string, code: string): Coded {
  let error: unknown;
  try {
    error = `no error, but ${String(action())}`;
  } catch (thrown) {
    error = thrown;
  }
  return checked(error, className, code);
}

/** As {@link expectCode}, for what rejects, here or in another process. */
export async function expectRejection(
  operation: Promise<unknown>,
  className: string,
  code: string,
): Promise<Coded> {
  const error = await operation.then(
    (value) => `no error, but ${JSON.stringify(value)}`,
    (thrown: unknown) => thrown,
  );
  return checked(error, className, code);
}

/** As {@link expectRejection}, for several that end in any order. */
export async function expectRejections(
  operations: readonly Promise<unknown>[],
  className: string,
  code: string,
): Promise<void> {
  await Promise.all(operations.map((one) => expectRejection(one, className, code)));
}

function checked(error: unknown, className: string, code: string): Coded {
  expect(describe(error)).toMatchObject({ class: className, code });
  return error as Coded;
}

/** What the message of a failed expectation should show. */
function describe(error: unknown) {
  if (!(error instanceof Error)) return { result: error };
  const { code, message } = error as Coded;
  const className = error instanceof RemoteError ? error.className : error.constructor.name;
  return { class: className, code, message };
}
