/**
 * A named file, and how its file is opened wherever its name is created, opened or removed.
 *
 * @module
 */
import { constants, openSync } from "node:fs";
import { SystemError } from "../errors.ts";
import { fromNodeError } from "../native/errno.ts";
import { collectAbandoned } from "./collect.ts";
import { ensureDirectory } from "./directory.ts";
import type { Superblock } from "./superblock.ts";

/** A named file that this process holds until it calls `release(fd)`. */
export interface NamedFile {
  readonly fd: number;
  readonly path: string;
  readonly name: string;
  readonly superblock: Superblock;
}

/** How every file of the directory is opened: a symbolic link is refused, a pipe does not block. */
export const OPEN_FLAGS: number = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Directories whose leftovers this process has collected: once each, at first use. */
const collected = new Set<string>();

/** The directory of names, made when it is not there; what crashes left in it is collected. */
export function openDirectory(): string {
  const directory = ensureDirectory();
  if (!collected.has(directory)) {
    collectAbandoned(directory);
    collected.add(directory);
  }
  return directory;
}

/**
 * Opens what a name leads to.
 *
 * @returns Undefined when there is no such name.
 * @throws {SystemError} `ELOOP`, `EISDIR`, … for what no name can be.
 */
export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, OPEN_FLAGS);
  } catch (error) {
    const typed = fromNodeError(error, `open "${path}"`);
    if (typed instanceof SystemError && typed.code === "ENOENT") return undefined;
    throw typed;
  }
}
