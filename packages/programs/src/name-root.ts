/**
 * Where a command makes a directory of names of its own, and how it has that used.
 *
 * @module
 */
import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";

const DIRECTORY_VARIABLE = "ISTHMUS_DIR";
/** Where Linux keeps memory that has a name. */
const SHARED_MEMORY_DIRECTORY = "/dev/shm";

/**
 * The directory to make it in.
 *
 * @returns The user's own directory of names where there is one, else the system's for shared memory, else that for
 * temporary files.
 */
export function nameRoot(): string {
  for (const directory of [process.env[DIRECTORY_VARIABLE], SHARED_MEMORY_DIRECTORY]) {
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

/** Has this process open names in another directory, until it is disposed. */
export class OtherNames implements Disposable {
  readonly #before: string | undefined = process.env[DIRECTORY_VARIABLE];

  /** @param directory The other one. */
  constructor(directory: string) {
    process.env[DIRECTORY_VARIABLE] = directory;
  }

  [Symbol.dispose](): void {
    if (this.#before === undefined) delete process.env[DIRECTORY_VARIABLE];
    else process.env[DIRECTORY_VARIABLE] = this.#before;
  }
}
