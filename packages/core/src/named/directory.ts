/**
 * The one directory in which all named things of a user live.
 *
 * @module
 */
import { type Dirent, lstatSync, mkdirSync, readdirSync, type Stats } from "node:fs";
import { resolve } from "node:path";
import { SystemError } from "../errors.ts";
import { conditionError, fromNodeError } from "../native/errno.ts";
import { platform } from "../native/platform.ts";

/**
 * The directory's path: `$ISTHMUS_DIR` when set, else `/dev/shm/isthmus-<uid>`, else `isthmus-<uid>` in the
 * system's temporary directory. It need not exist.
 */
export function directoryPath(): string {
  const chosen = process.env["ISTHMUS_DIR"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  return platform().defaultDirectory();
}

/**
 * Makes sure that the directory exists and that only its owner, this user, can put files into it: whoever
 * could would be able to swap a segment for one of their own.
 *
 * @returns Its path.
 * @throws {SystemError} `ENOTDIR` when it is something else (a symbolic link is), `EACCES` when others may write
 * to it or own it.
 */
export function ensureDirectory(): string {
  const path = directoryPath();
  let stats: Stats | undefined;
  // Somebody may remove it in between.
  while (stats === undefined) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      const typed = fromNodeError(error, `create the directory of named memory "${path}"`);
      if (!(typed instanceof SystemError && typed.code === "EEXIST")) throw typed;
    }
    stats = statsOf(path);
  }
  checkOwnership(path, stats);
  return path;
}

/**
 * The directory as an observer finds it: nothing is created.
 *
 * @returns Its path; undefined when there is none yet.
 * @throws {SystemError} As {@link ensureDirectory} does for a directory that must not be used.
 */
export function findDirectory(): string | undefined {
  const path = directoryPath();
  const stats = statsOf(path);
  if (stats === undefined) return undefined;
  checkOwnership(path, stats);
  return path;
}

/** What is in a directory; nothing when it has gone in the meantime. */
export function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    const typed = fromNodeError(error, `read the directory of named memory "${directory}"`);
    if (typed instanceof SystemError && typed.code === "ENOENT") return [];
    throw typed;
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fromNodeError(error, `look at the directory of named memory "${path}"`);
  }
}

function checkOwnership(path: string, stats: Stats): void {
  const refused = (code: "ENOTDIR" | "EACCES", why: string): SystemError =>
    conditionError(
      code,
      `use "${path}" for named memory (${why}; set ISTHMUS_DIR to another directory)`,
      "lstat",
      path,
    );
  if (!stats.isDirectory()) throw refused("ENOTDIR", "it is not a directory (or a symbolic link)");
  const objection = platform().objectionTo(stats);
  if (objection !== undefined) throw refused("EACCES", objection);
}
