/**
 * Where a command makes a directory of names of its own.
 *
 * @module
 */
import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";

/** Where Linux keeps memory that has a name. */
const SHARED_MEMORY_DIRECTORY = "/dev/shm";

/**
 * The directory to make it in.
 *
 * @returns The user's own directory of names where there is one, else the system's for shared memory, else that for
 * temporary files.
 */
export function nameRoot(): string {
  for (const directory of [process.env["ISTHMUS_DIR"], SHARED_MEMORY_DIRECTORY]) {
    if (directory === undefined || directory === "") continue;
    try {
      accessSync(directory, constants.W_OK | constants.X_OK);
      return directory;
    } catch {
      // Absent or not ours: the next one.
    }
  }
  return tmpdir();
}
