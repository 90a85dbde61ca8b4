/**
 * The error of a handler, as its requester gets it.
 *
 * @module
 */

/** What a handler threw, as it crosses the boundary. */
export interface RemoteErrorDetails {
  /** The name of the error's class. */
  readonly name: string;
  readonly message: string;
  /** Its `code`, when that was a string. */
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
}

/**
 * A request's handler threw, in the responder's process. `message` and `code` are those of what it threw; `code` is
 * `"ERR_REMOTE"` when that had none.
 *
 * @example Tell a refusal from a failure
 * ```ts
 * import { json, RemoteError, Requester, Responder } from "@isthmus/ipc";
 *
 * using responder = Responder.createOrOpen("example-refusal", { request: json, response: json });
 * using requester = Requester.createOrOpen("example-refusal", { request: json, response: json });
 * void responder.serve(() => {
 *   throw Object.assign(new RangeError("There is no such order"), { code: "ERR_NO_ORDER" });
 * });
 * try {
 *   await requester.request({ order: 7 });
 * } catch (error) {
 *   if (!(error instanceof RemoteError)) throw error;
 *   console.log(error.code, error.remoteName, error.message); // ERR_NO_ORDER RangeError There is no such order
 * }
 * ```
 */
export class RemoteError extends Error {
  override readonly name: string = "RemoteError";
  readonly code: string;
  /** The name of the class of what was thrown, for example `"RangeError"`. */
  readonly remoteName: string;
  /** Where it was thrown, as the responder's process wrote it. */
  readonly remoteStack: string | undefined;

  constructor({ name, message, code, stack }: RemoteErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.code = code ?? "ERR_REMOTE";
    this.remoteName = name;
    this.remoteStack = stack;
  }
}
