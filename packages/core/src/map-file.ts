/**
 * A whole file as one array, without a copy.
 *
 * @module
 */
import type { FileReference } from "./file-reference.ts";
import { mapView } from "./map-pages.ts";
import { openFile } from "./open-file.ts";

/**
 * The bytes of a file themselves: nothing is read until it is touched, and nothing is copied.
 *
 * **Safety.** The bytes are those of the file as long as the array is used: who writes to the file changes the array, and
 * who truncates it (writing it anew does, by `Bun.write` as by `fs.writeFile`) leaves zeros there. To keep the content,
 * use `readFile`, or replace the file by `rename`. Writing to the array changes this array only.
 *
 * @param file A path, a `file:` URL, a `Bun.file`, an open descriptor, or an object with one; at most 4 GiB long.
 * @returns The bytes. The file is unmapped when the array is collected.
 * @throws {SystemError} `ENOENT`, `EACCES`, …
 * @throws {RangeError} `ERR_OUT_OF_RANGE` for a file of more than 4 GiB.
 *
 * @example
 * ```ts
 * import { mapFile } from "@isthmus/core";
 *
 * const program = mapFile(process.execPath);
 * console.log(program.length > 0, program.includes(0)); // true true: as far as the first zero byte has been read
 * ```
 */
export function mapFile(file: FileReference): Uint8Array<ArrayBuffer> {
  const { backing, access, capacity } = openFile(file, { access: "read" });
  try {
    // Not disposed: the array keeps the memory, and the collector gives it back.
    return mapView(backing, 0, capacity, access).bytes(0, capacity);
  } finally {
    // Mapped memory needs no descriptor, and a collector in no hurry would keep too many of them.
    backing.release();
  }
}
