/**
 * Where named memory lives on this machine, or would.
 *
 * @module
 */
import { lstatSync, mkdtempSync, readdirSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { directoryPath } from "@isthmus/core/internal";

/** Begins with a dot, and is a directory: neither listed nor collected. */
const PROBE_PREFIX = ".doctor-";

/** The directory of named memory, or the nearest directory above it that exists. */
export function existingPlace(): string {
  let path = directoryPath();
  while (!isDirectory(path) && dirname(path) !== path) path = dirname(path);
  return path;
}

/** Whether a path is a directory, and not a link to one. */
function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Whether a path leads to a directory. */
export function leadsToDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A directory to try things in, on the file system of named memory; removed when disposed. */
export class ProbeDirectory implements Disposable {
  readonly path: string = mkdtempSync(join(existingPlace(), PROBE_PREFIX));

  /** The full path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    for (const name of readdirSync(this.path)) unlinkSync(this.file(name));
    rmdirSync(this.path);
  }
}
