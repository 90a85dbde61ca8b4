/**
 * A command line whose parts do not fit together.
 *
 * @module
 */

/** Each flag alone can be understood, but not all of them together; nothing was done. The way to the help is added. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}
