/**
 * What may be the name of a shared thing, and how a name becomes a file name.
 *
 * @module
 */
import { platform } from "../native/platform.ts";
import { checkString, invalidValue } from "../validate.ts";

/** Longest name in bytes of UTF-8: leaves room for what is added to it within a file name's 255. */
export const NAME_BYTES_MAX = 200;

const RULE = `1 to ${NAME_BYTES_MAX} bytes of UTF-8 without "/", "\\", NUL or a leading "."`;

/**
 * Checks a name.
 *
 * @returns The same name.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for anything but a string, `ERR_INVALID_ARG_VALUE` for a name that
 * is empty, too long, begins with a dot or has a separator, a NUL or a lone surrogate in it.
 */
export function checkName(name: unknown): string {
  const text = checkString("name", name);
  const bytes = Buffer.byteLength(text);
  const isValid =
    bytes >= 1 &&
    bytes <= NAME_BYTES_MAX &&
    !text.startsWith(".") &&
    !/[/\\\0]/.test(text) &&
    text.isWellFormed();
  if (!isValid) throw invalidValue("name", RULE, text);
  const objection = platform().objectionToName?.(text);
  if (objection !== undefined) throw invalidValue("name", objection, text);
  return text;
}

/** Begins the names of files that are not (yet) names of anything: no valid name begins with a dot. */
export const HIDDEN_PREFIX = ".";

/** The name of the file that is filled before it gets its real name. */
export function asideName(name: string): string {
  return `${HIDDEN_PREFIX}${name}.${crypto.randomUUID().slice(0, 13)}`;
}
