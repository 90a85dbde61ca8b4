/**
 * A request that is refused.
 *
 * @module
 */

/** What is answered instead, with its reason as text. */
export class HttpError extends Error {
  override readonly name: string = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
