/**
 * Opening a journal to read it, by what it says of its own records.
 *
 * @module
 */
import { resolve } from "node:path";
import { Journal, type JournalSchema } from "@isthmus/store";
import { NotFoundError } from "../segments/not-found-error.ts";

/**
 * Opens a journal and changes nothing of it.
 *
 * @throws {NotFoundError} When there is none.
 */
export function openToRead(cwd: string, path: string): Journal<JournalSchema> {
  return withJournal(path, () => Journal.open(resolve(cwd, path), { access: "read" }));
}

/**
 * Does something with a journal.
 *
 * @throws {NotFoundError} When there is none.
 */
export function withJournal<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    throw new NotFoundError(
      `There is no journal at ${JSON.stringify(path)}: it is a directory with a file named meta`,
    );
  }
}
