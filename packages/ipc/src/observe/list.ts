/**
 * Everything that has a name.
 *
 * @module
 */
import { join } from "node:path";
import { CorruptSegmentError, SystemError } from "@isthmus/core";
import { directoryPath, entriesOf, findDirectory, HIDDEN_PREFIX } from "@isthmus/core/internal";
import { describeProblem, readSegment } from "./observe.ts";
import type { SegmentInfo } from "./segment-info.ts";

/**
 * Describes all segments of this user, held or left over, in the order of their names. It reads only: see
 * {@link observe}. A file that cannot be understood does not hinder the others: its entry says why in `error`.
 * What cannot be a segment (directories, links, pipes) is not in it.
 *
 * @returns One entry per name; none when nothing has ever had a name.
 * @throws {SystemError} `EACCES` or `ENOTDIR` when the directory of named memory must not be used.
 *
 * @example Names whose last holder has crashed
 * ```ts
 * import { listSegments } from "@isthmus/ipc";
 *
 * for (const { name, isHeld, isPersistent } of listSegments()) {
 *   if (isHeld === false && !isPersistent) console.log(name);
 * }
 * ```
 */
export function listSegments(): SegmentInfo[] {
  const directory = directoryPath();
  return segmentNames().flatMap((name) => readEntry(join(directory, name), name) ?? []);
}

/** The names of all files that can be segments, in order. */
export function segmentNames(): string[] {
  const directory = findDirectory();
  if (directory === undefined) return [];
  return entriesOf(directory)
    .filter((entry) => entry.isFile() && !entry.name.startsWith(HIDDEN_PREFIX))
    .map(({ name }) => name)
    .sort((left, right) => (left < right ? -1 : 1));
}

function readEntry(path: string, name: string): SegmentInfo | undefined {
  try {
    return readSegment(path, name);
  } catch (error) {
    const isExpected = error instanceof SystemError || error instanceof CorruptSegmentError;
    if (!isExpected) throw error;
    return describeProblem(path, name, error);
  }
}
