/**
 * Reading a whole file.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { SystemError } from "./errors.ts";
import { fromNodeError } from "./native/errno.ts";
import { checkString, outOfRange } from "./validate.ts";

/** Bun reads no file of this length or more at once, and says ENOMEM. */
const FILE_BYTES_END = 2 ** 32;

/**
 * The content of a file: a copy, which stays as it is whatever becomes of the file. See `mapFile` for the bytes
 * themselves, without a copy.
 *
 * @param path The file; shorter than 4 GiB.
 * @returns The bytes.
 * @throws {SystemError} `ENOENT`, `EACCES`, …
 * @throws {RangeError} `ERR_OUT_OF_RANGE` for a file of 4 GiB or more.
 *
 * @example
 * ```ts
 * import { readFile } from "@isthmus/core";
 *
 * console.log(readFile(process.execPath).length > 0); // true
 * ```
 */
export function readFile(path: string): Uint8Array<ArrayBuffer> {
  checkString("path", path);
  try {
    const bytes = readFileSync(path);
    // Node.js reads what is short into memory that such buffers share.
    const { buffer } = bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
    return new Uint8Array(buffer);
  } catch (error) {
    const typed = fromNodeError(error, `read "${path}"`);
    if (typed instanceof SystemError && typed.code === "ENOMEM") checkLength(path);
    throw typed;
  }
}

function checkLength(path: string): void {
  const { size } = statSync(path);
  if (size < FILE_BYTES_END) return;
  throw outOfRange(`length of "${path}"`, `< ${FILE_BYTES_END} (see mapFile and chunks)`, size);
}
