/**
 * What participants of a kind of segment do.
 *
 * @module
 */
import type { OpenVerb } from "../../../src/segment/segment.ts";
import type { Outcomes } from "./outcomes.ts";

/** One way of taking part. */
export interface Role {
  readonly name: string;
  /** Takes part; what is used must be used before it is disposed. */
  readonly open: (verb: OpenVerb, name: string) => Part;
}

/** Somebody who takes part. */
export interface Part extends Disposable {
  /** Does everything that can be done, once. */
  readonly use: (outcomes: Outcomes) => void | Promise<void>;
}

/** A kind of segment. */
export interface Species {
  readonly name: string;
  readonly roles: readonly Role[];
}

/** No wait is longer. What waits in vain ends with a documented error. */
export const WAIT = { timeoutMs: 1 } as const;
/** The same for the event loop, which begins to wait in earnest. */
export const WAITING = { timeoutMs: 2 } as const;

/** Puts a role together without its type. */
export function role<T extends Disposable>(
  name: string,
  open: (verb: OpenVerb, name: string) => T,
  use: (handle: T, outcomes: Outcomes) => void | Promise<void>,
): Role {
  return {
    name,
    open: (verb, segment) => {
      const handle = open(verb, segment);
      return {
        use: (outcomes) => use(handle, outcomes),
        [Symbol.dispose]: () => handle[Symbol.dispose](),
      };
    },
  };
}
