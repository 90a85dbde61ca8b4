/**
 * What crashes left behind in the directory of named memory: finding it without touching anything, and
 * collecting it.
 *
 * @module
 */
import { closeSync, constants, type Dirent, fstatSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import {
  checkBoolean,
  checkOptions,
  collectAbandoned,
  entriesOf,
  findDirectory,
  HIDDEN_PREFIX,
  isRemovableHead,
  isSeenHeld,
  type OptionNames,
  readHead,
} from "@isthmus/core/internal";
import { listSegments } from "./list.ts";

/** A file that nobody holds. */
export interface Leftover {
  /** The name of the file. */
  readonly name: string;
  /** A segment, a creation that never came to its end, or a pipe of a dead process. */
  readonly what: "segment" | "creation" | "pipe";
  /** Length of the file in bytes. */
  readonly totalBytes: number;
}

/** What was, or would be, collected. */
export interface CollectReport {
  /** What is gone, or with `dryRun` would be. */
  readonly removed: readonly Leftover[];
  /** Names of persistent segments that nobody holds: they stay until they are unlinked. */
  readonly kept: readonly string[];
}

/** How to collect. */
export interface CollectOptions {
  /** Whether only to say what would be removed. Default false. */
  readonly dryRun?: boolean | undefined;
}

const COLLECT_OPTIONS: OptionNames<CollectOptions> = { dryRun: true };

/**
 * Removes what nobody holds: segments, leftovers of creations, pipes of dead processes. Persistent segments and
 * files that are no segments stay. Every program does the same when it uses the directory for the first time.
 *
 * @param options Whether only to look.
 * @returns What was removed and what stays.
 * @throws {SystemError} `EACCES` or `ENOTDIR` when the directory of named memory must not be used.
 *
 * @example
 * ```ts
 * import { collectSegments } from "@isthmus/ipc";
 *
 * for (const { name, totalBytes } of collectSegments({ dryRun: true }).removed) {
 *   console.log(`${name} would free ${totalBytes} bytes`);
 * }
 * ```
 */
export function collectSegments(options?: CollectOptions): CollectReport {
  const { dryRun = false } = checkOptions("options", options, COLLECT_OPTIONS);
  checkBoolean("dryRun", dryRun);
  const directory = findDirectory();
  if (directory === undefined) return { removed: [], kept: [] };
  const kept = listSegments()
    .filter(({ isPersistent, isHeld, error }) => isPersistent && isHeld !== true && !error)
    .map(({ name }) => name);
  const entries = entriesOf(directory).sort((left, right) => (left.name < right.name ? -1 : 1));
  if (dryRun) {
    const removed = entries.filter((entry) => isLeftover(directory, entry));
    return { removed: removed.map((entry) => describe(directory, entry)), kept };
  }
  // Described before they go. What came in between has no description, and is no leftover either.
  const described = new Map(entries.map((entry) => [entry.name, describe(directory, entry)]));
  const removed = collectAbandoned(directory).sort();
  return { removed: removed.flatMap((name) => described.get(name) ?? []), kept };
}

function describe(directory: string, entry: Dirent): Leftover {
  const isHidden = entry.name.startsWith(HIDDEN_PREFIX);
  const what = entry.isFIFO() ? "pipe" : isHidden ? "creation" : "segment";
  const stats = lstatSync(join(directory, entry.name), { throwIfNoEntry: false });
  return { name: entry.name, what, totalBytes: stats?.size ?? 0 };
}

/** Whether a collection would remove a file, as far as that can be seen without taking a lock. */
function isLeftover(directory: string, entry: Dirent): boolean {
  const path = join(directory, entry.name);
  const isHidden = entry.name.startsWith(HIDDEN_PREFIX);
  if (entry.isFIFO()) return isHidden && !isPipeInUse(path);
  if (!entry.isFile()) return false;
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return false; // gone in the meantime, or not ours to open
  }
  try {
    if (!fstatSync(fd).isFile()) return false;
    // Where the system cannot tell, nothing is said of it.
    return (isHidden || isRemovableHead(readHead(fd))) && isSeenHeld(fd) === false;
  } finally {
    closeSync(fd);
  }
}

/** The owner of a pipe keeps it open for reading; without a reader it cannot be opened for writing (ENXIO). */
function isPipeInUse(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENXIO";
  }
}
