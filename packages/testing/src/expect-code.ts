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
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
}

/** A class of errors, or the name of one: all that another process tells. */
type ErrorClass = string | (abstract new (...parameters: never[]) => Error);

/** Runs an action that must throw an error of this class and code, and returns the error. */
export function expectCode(action: () => unknown, type: ErrorClass, code: string): Coded {
  let error: unknown;
  try {
    error = `no error, but ${Bun.inspect(action())}`;
  } catch (thrown) {
    error = thrown;
  }
  return checked(error, type, code);
}

/** As {@link expectCode}, for what rejects, here or in another process. */
export async function expectRejection(
  operation: Promise<unknown>,
  type: ErrorClass,
  code: string,
): Promise<Coded> {
  const error = await operation.then(
    (value) => `no error, but ${Bun.inspect(value)}`,
    (thrown: unknown) => thrown,
  );
  return checked(error, type, code);
}

/** As {@link expectRejection}, for several that end in any order. */
export async function expectRejections(
  operations: readonly Promise<unknown>[],
  type: ErrorClass,
  code: string,
): Promise<readonly Coded[]> {
  return await Promise.all(operations.map((one) => expectRejection(one, type, code)));
}

function checked(error: unknown, type: ErrorClass, code: string): Coded {
  const className = typeof type === "string" ? type : type.name;
  expect(describe(error)).toMatchObject({ class: className, code });
  if (typeof type !== "string") expect(error).toBeInstanceOf(type);
  return error as Coded;
}

/** What the message of a failed expectation should show. */
function describe(error: unknown) {
  if (!(error instanceof Error)) return { result: error };
  const { code, message } = error as Coded;
  const className = error instanceof RemoteError ? error.className : error.constructor.name;
  return { class: className, code, message };
}
