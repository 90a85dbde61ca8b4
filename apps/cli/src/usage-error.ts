/**
 * A command line whose parts do not fit together.
 *
 * @module
 */

/** Each flag alone can be understood, but not all of them together; nothing was done. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";

  /** @param message What does not fit; the way to the help is added. */
  constructor(message: string) {
    super(`${message}. See isthmus --help`);
  }
}
