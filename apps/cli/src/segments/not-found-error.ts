/**
 * A name that nothing has.
 *
 * @module
 */
import { COMMAND_NAME } from "../command-name.ts";

/** There is no such segment, or no such part of it. */
export class NotFoundError extends Error {
  override readonly name: string = "NotFoundError";
}

/**
 * The error for a name, when that is what an error means.
 *
 * @param error What was thrown for the name.
 * @param name The name.
 * @returns A {@link NotFoundError} for `ENOENT`; anything else as it is.
 */
export function namedError(error: unknown, name: string): unknown {
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  if (!isMissing) return error;
  return new NotFoundError(`Nothing has the name ${JSON.stringify(name)}; see ${COMMAND_NAME} ls`);
}
