/**
 * Expecting errors by class and code, the two things that are part of the contract.
 *
 * @module
 */
import { expect } from "bun:test";

type ErrorClass = abstract new (...parameters: never[]) => Error;

/** An error as the contract promises it. */
export interface CodedError extends Error {
  readonly code: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
}

/** Runs an action that must throw an error of a class and with a code, and returns the error. */
export function expectError(action: () => unknown, type: ErrorClass, code: string): CodedError {
  return checked(outcome(action), type, code);
}

/** As {@link expectError}, for a promise that must be rejected. */
export async function expectRejection(
  promise: Promise<unknown>,
  type: ErrorClass,
  code: string,
): Promise<CodedError> {
  const result = await promise.then(returned, (error: unknown) => error);
  return checked(result, type, code);
}

function outcome(action: () => unknown): unknown {
  try {
    return returned(action());
  } catch (error) {
    return error;
  }
}

function returned(value: unknown): string {
  return `no error, but the result ${String(value)}`;
}

function checked(error: unknown, type: ErrorClass, code: string): CodedError {
  const { message, code: actual } = error as Partial<CodedError>;
  const seen = { class: classOf(error), code: actual, message: message ?? String(error) };
  expect(seen).toMatchObject({ class: type.name, code });
  expect(error).toBeInstanceOf(type);
  return error as CodedError;
}

function classOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : typeof error;
}
