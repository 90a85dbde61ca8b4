/**
 * How files get their names on POSIX systems and lose them, and which file a name leads to.
 *
 * @module
 */
import { fstatSync, linkSync, lstatSync, unlinkSync } from "node:fs";
import type { FileNames } from "./platform-interface.ts";

/** By `link(2)`, `unlink(2)` and the numbers of files. */
export const posixFileNames: FileNames = {
  identify: (fd) => fstatSync(fd),
  lookUp: (path) => lstatSync(path, { throwIfNoEntry: false }),
  publish: (aside, path) => linkSync(aside, path),
  remove: (path) => unlinkSync(path),
};
