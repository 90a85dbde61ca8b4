/**
 * Looking at a segment from outside.
 *
 * An observer opens the file for reading, copies what it wants to know and closes it. It maps nothing (a file
 * that is cut short under it cannot harm it), joins nothing and takes no lock: who holds the name and who is
 * alive it learns from `F_OFD_GETLK`, which changes nothing. So it needs nobody's help, works when everybody
 * has died, and nobody notices it.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { type CorruptSegmentError, SystemError } from "@isthmus/core";
import {
  checkName,
  conditionError,
  decodeSuperblock,
  directoryPath,
  findDirectory,
  fromNodeError,
  isRemovableHead,
  isSameFile,
  isSeenHeld,
  readHead,
} from "@isthmus/core/internal";
import { fingerprintText } from "../struct/fingerprint.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { describeSegment, identify, type OpenedSegment } from "./describe-segment.ts";
import { SectionReader } from "./section-reader.ts";
import type { SegmentInfo } from "./segment-info.ts";

const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** How often a name is looked up anew that is replaced while it is read. */
const LOOKUPS_MAX = 8;

/**
 * Describes a segment once: who takes part, who waits and who holds its mutex since when; of a channel, topic or service
 * its lanes, positions and counters; of a semaphore who has units, of an event whether it is set, of a struct its
 * version. To look again and again, use {@link SegmentObserver}.
 *
 * **Safety.** Nothing is locked, so different fields may be of slightly different moments.
 *
 * @param name The name.
 * @returns The segment at this moment.
 * @throws {SystemError} `ENOENT` when there is no such name; `EACCES`, `ELOOP`, … when it cannot be opened.
 * @throws {CorruptSegmentError} When the file is not a segment of this version, or cannot be what it says it is.
 *
 * @example Who holds a mutex?
 * ```ts
 * import { NamedMutex, observe } from "@isthmus/ipc";
 *
 * using mutex = NamedMutex.createOrOpen("observed-mutex");
 * using lock = mutex.acquire();
 * console.log(observe("observed-mutex").mutex?.owner?.pid === process.pid); // true
 * ```
 */
export function observe(name: string): SegmentInfo {
  return lookAtSegment(name, describeSegment);
}

/**
 * Looks at a segment by its name.
 *
 * @param look Is given the open file; called again when the name leads to another one by the end of it.
 * @throws {SystemError} `ENOENT` when there is no such name; `EACCES`, `ELOOP`, … when it cannot be opened.
 * @throws {CorruptSegmentError} When the file is not a segment of this version.
 */
export function lookAtSegment<T>(name: string, look: (opened: OpenedSegment) => T): T {
  const checked = checkName(name);
  const directory = findDirectory();
  const found =
    directory === undefined
      ? undefined
      : inspectFile(join(directory, checked), checked, (...file) => [look(openLook(...file))]);
  if (found === undefined) throw nothingOf(checked);
  return found[0] as T;
}

/** The error for a name that leads to nothing. */
export function nothingOf(name: string): SystemError {
  return conditionError("ENOENT", `observe "${name}"`, "open", join(directoryPath(), name));
}

/**
 * Describes what is at a path of the directory of named memory, as {@link observe} does.
 *
 * @returns Undefined when there is nothing, or it went while it was looked at.
 */
export function readSegment(path: string, name: string): SegmentInfo | undefined {
  return inspectFile(path, name, (...file) => describeSegment(openLook(...file)));
}

/** Describes a file that is open already: it may have no path any more. */
export function readOpenSegment(fd: number, path: string, name: string): SegmentInfo {
  return describeSegment(openLook(fd, path, name));
}

/**
 * Describes a file that could not be understood: what can be said of it all the same.
 *
 * @param error Why it could not be understood.
 * @returns Undefined when it is gone by now.
 */
export function describeProblem(
  path: string,
  name: string,
  error: SystemError | CorruptSegmentError,
): SegmentInfo | undefined {
  const { code, message } = error;
  const nothing = { ...EMPTY, name, path, error: { code, message } };
  try {
    return inspectFile(path, name, (fd) => {
      const head = readHead(fd);
      return {
        ...nothing,
        totalBytes: fstatSync(fd).size,
        isPersistent: !isRemovableHead(head),
        isHeld: isSeenHeld(fd),
      };
    });
  } catch {
    return nothing;
  }
}

const EMPTY = {
  kind: "unknown",
  totalBytes: 0,
  isPersistent: true,
  isHeld: undefined,
  fingerprint: fingerprintText(0n),
  epoch: fingerprintText(0n),
  creatorPid: 0,
  createdAtMs: 0,
  sections: [],
  participants: [],
  mutex: undefined,
  cells: [],
  channel: undefined,
} as const;

/** Runs a look at a file, and again when the path leads to another one by the end of it. */
function inspectFile<T>(
  path: string,
  name: string,
  look: (fd: number, path: string, name: string) => T,
): T | undefined {
  for (let lookup = 1; ; lookup++) {
    const fd = openToRead(path, name);
    if (fd === undefined) return undefined;
    try {
      const info = look(fd, path, name);
      if (lookup === LOOKUPS_MAX || isSameFile(fd, path)) return info;
    } catch (error) {
      const typed = fromNodeError(error, `observe "${name}"`);
      if (lookup === LOOKUPS_MAX || isSameFile(fd, path)) throw typed;
    } finally {
      closeSync(fd);
    }
  }
}

/** Opens what is at a path of the directory for reading; undefined when there is nothing. */
export function openToRead(path: string, name: string): number | undefined {
  // Who has sent something and looks sees it, though nobody else does yet.
  runPostponed();
  try {
    return openSync(path, OPEN_FLAGS);
  } catch (error) {
    const typed = fromNodeError(error, `observe "${name}"`);
    if (typed instanceof SystemError && typed.code === "ENOENT") return undefined;
    throw typed;
  }
}

function openLook(fd: number, path: string, name: string): OpenedSegment {
  const stats = fstatSync(fd);
  if (stats.isDirectory()) throw conditionError("EISDIR", `observe "${name}"`, "open", path);
  const superblock = decodeSuperblock(readHead(fd), stats.size, name);
  const reader = new SectionReader({ fd, path, epoch: superblock.epoch }, superblock.sections);
  return { fd, reader, identity: identify(name, path, superblock) };
}
