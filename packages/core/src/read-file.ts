/**
 * Reading a whole file by whichever way is faster for its size.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { MemoryMappedFile } from "./memory-mapped-file.ts";
import { fromNodeError } from "./native/errno.ts";
import { openFile } from "./open-file.ts";
import { checkString } from "./validate.ts";
import { mapView } from "./view.ts";

/**
 * The content of a file: a copy when it is small (below `MemoryMappedFile.threshold`), else its mapped bytes,
 * which come from the disk as they are touched. Writing to the array never changes the file.
 *
 * @param path The file; at most 4 GiB long.
 * @returns The bytes. A mapped file is unmapped when the array is collected.
 * @throws {SystemError} `ENOENT`, `EACCES`, …
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
    if (statSync(path).size < MemoryMappedFile.threshold) return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw fromNodeError(error, `read "${path}"`);
  }
  const { backing, access, capacity } = openFile(path, { access: "read" });
  try {
    // Not disposed: the array keeps the memory, and the collector gives it back.
    return mapView(backing, 0, capacity, access).bytes(0, capacity);
  } finally {
    // Mapped memory needs no descriptor, and a collector in no hurry would keep too many of them.
    backing.release();
  }
}
