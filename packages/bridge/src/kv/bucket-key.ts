/**
 * Names and keys as a server takes them: in subjects, and in the names of buckets.
 *
 * @module
 */
import { checkString } from "@isthmus/core/internal";

/** What a subject with the key may have, so that a protocol line of the server, 4096 bytes, has room for the rest of it. */
const KEY_CHARS_MAX = 2048;

const KEY_PLAIN = /[-/\w]/;
const BUCKET_PLAIN = /[-a-zA-Z0-9]/;
const ESCAPE = /=([0-9A-F]{2})/g;

/** What stands for a key of no bytes. */
const EMPTY = "=";

/**
 * A key as the end of a subject: letters, digits, `-`, `_`, `/` and single dots as they are, every other byte as `=` and two digits.
 *
 * @returns Undefined when it is too long.
 */
export function encodeKey(key: string): string | undefined {
  if (key === "") return EMPTY;
  const text = escaped(key, KEY_PLAIN, "=", (index, bytes) => {
    const [before, at, after] = [bytes[index - 1], bytes[index], bytes[index + 1]];
    return at === DOT && before !== undefined && after !== undefined && after !== DOT;
  });
  return text.length <= KEY_CHARS_MAX ? text : undefined;
}

const DOT = 0x2e;

/** The key of the end of a subject; undefined for one that {@link encodeKey} has not made: two would be one key. */
export function decodeKey(text: string): string | undefined {
  if (text === EMPTY) return "";
  const bytes = Buffer.from(
    text.replace(ESCAPE, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    "latin1",
  );
  const key = bytes.toString("utf8");
  return encodeKey(key) === text ? key : undefined;
}

/**
 * A name as part of a bucket's name, which has no `=`.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for anything but a string.
 */
export function bucketPart(name: string): string {
  return escaped(checkString("name", name), BUCKET_PLAIN, "_");
}

function escaped(
  text: string,
  plain: RegExp,
  sign: string,
  isPlainAt: (index: number, bytes: Buffer) => boolean = () => false,
): string {
  const bytes = Buffer.from(text);
  return Array.from(bytes, (byte, index) => {
    const isPlain = plain.test(String.fromCharCode(byte)) || isPlainAt(index, bytes);
    if (isPlain) return String.fromCharCode(byte);
    return `${sign}${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
