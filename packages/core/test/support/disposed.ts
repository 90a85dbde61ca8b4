/**
 * Expecting that an object refuses to be used after its disposal.
 *
 * @module
 */

import { type Coded, expectCode } from "@isthmus/testing/expect-code";
import { DisposedError } from "../../src/index.ts";

/** Uses something that has been disposed, which must throw; returns the error. */
export function expectDisposed(use: () => unknown): Coded {
  return expectCode(use, DisposedError, "ERR_DISPOSED");
}

/** The names of the public methods of a class, but for its disposal. */
export function methodsOf({ prototype }: { readonly prototype: object }): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([, { value }]) => typeof value === "function")
    .map(([name]) => name)
    .filter((name) => name !== "constructor" && name !== "dispose")
    .sort();
}
