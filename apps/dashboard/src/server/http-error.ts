/**
 * A request that is refused.
 *
 * @module
 */

/** What is answered instead, with its reason as text. */
export class HttpError extends Error {
  override readonly name: string = "HttpError";
  readonly status: number;
  /** Sent with the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
