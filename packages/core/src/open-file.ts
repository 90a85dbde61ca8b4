/**
 * The file of a map: checking it, growing it, and leaving nothing behind on failure.
 *
 * @module
 */
import { closeSync, fstatSync, rmSync, type Stats } from "node:fs";
import { accessRules, MEMORY_ACCESS, type MemoryAccess, mapInAnyWay } from "./access.ts";
import { Backing } from "./backing.ts";
import { NotSupportedError, SystemError } from "./errors.ts";
import { type FileReference, resolveReference } from "./file-reference.ts";
import { Mapping } from "./mapping.ts";
import { conditionError, fromNodeError } from "./native/errno.ts";
import { platform } from "./native/platform.ts";
import { openCollecting } from "./open-collecting.ts";
import {
  canGrow,
  type FileMode,
  hasCode,
  type OpenRequest,
  openPath,
  READ_HINT,
} from "./open-path.ts";
import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  invalidValue,
  type OptionNames,
  outOfRange,
} from "./validate.ts";

const FILE_MODES: readonly FileMode[] = ["open", "openOrCreate", "create", "createNew"];

/** How to map a file. */
export interface FileOptions {
  /**
   * `"open"` (default): it must exist. `"openOrCreate"`: created when missing. `"create"`: created, or emptied
   * when it exists. `"createNew"`: must not exist (`EEXIST`).
   */
  readonly mode?: FileMode | undefined;
  /** What the map may do. Default `"readWrite"`. */
  readonly access?: MemoryAccess | undefined;
  /**
   * Length of the map in bytes. 0 or absent: the file's, which may be empty (a new file needs a length). Larger than the
   * file: the file grows to it.
   */
  readonly capacity?: number | undefined;
  /**
   * Whether the storage of what the file grows by is really allocated, so that no later store can find the disk full.
   * Default true. False makes a sparse file: it takes room where it is written to, and a store for which there is none is
   * told by the next `flush`, or by the next access that sees it.
   */
  readonly allocate?: boolean | undefined;
}

const FILE_OPTIONS: OptionNames<FileOptions> = {
  mode: true,
  access: true,
  capacity: true,
  allocate: true,
};

/** An open file, ready to be mapped. */
export interface OpenedFile {
  readonly backing: Backing;
  readonly access: MemoryAccess;
  readonly capacity: number;
  readonly isAllocated: boolean;
}

/**
 * Opens a file to be mapped.
 *
 * @param file The file.
 * @param options Mode, access and capacity, unchecked.
 * @returns The open file and the length of its map.
 */
export function openFile(file: FileReference, options: FileOptions | undefined): OpenedFile {
  const reference = resolveReference(file);
  const {
    mode = "open",
    capacity = 0,
    access = "readWrite",
    allocate = true,
  } = checkOptions("options", options, FILE_OPTIONS);
  checkOneOf("mode", mode, FILE_MODES);
  checkInteger("capacity", capacity);
  checkOneOf("access", access, MEMORY_ACCESS);
  checkBoolean("allocate", allocate);
  if (typeof reference === "number") {
    if (mode !== "open") throw invalidValue("mode", '"open" for a file descriptor', mode);
    return openDescriptor(reference, access, capacity, allocate);
  }
  return openNamed({ path: reference, mode, access, capacity }, allocate);
}

function openDescriptor(
  given: number,
  access: MemoryAccess,
  capacity: number,
  isAllocated: boolean,
): OpenedFile {
  const fd = openCollecting(() => platform().duplicate(given));
  const what = `file descriptor ${given}`;
  return prepare({ fd, path: undefined, access, capacity, isAllocated, what });
}

function openNamed(request: OpenRequest, isAllocated: boolean): OpenedFile {
  const { path, mode, access, capacity } = request;
  const { fd, createdPath } = openCollecting(() => openPath(request));
  const isEmptied = mode === "create" && createdPath === undefined;
  const what = `"${path}"`;
  return prepare({ fd, path, access, capacity, isAllocated, what, isEmptied, createdPath });
}

/** What happens to an open file before it is a map. */
interface Preparation {
  readonly fd: number;
  readonly path: string | undefined;
  readonly access: MemoryAccess;
  readonly capacity: number;
  readonly isAllocated: boolean;
  readonly what: string;
  /** Whether the content that it has is to be replaced by zeros. */
  readonly isEmptied?: boolean;
  /** The path of the file when this call has created it: it is removed again on failure. */
  readonly createdPath?: string | undefined;
}

/** Makes an open file as long as its map. On failure everything is as it was before. */
function prepare(preparation: Preparation): OpenedFile {
  const { fd, path, access, isAllocated, what, createdPath } = preparation;
  try {
    const { capacity, isRegular } = fitToCapacity(preparation);
    const isReadOnly = !accessRules(access).writesFile;
    const backing = new Backing({ fd, path, label: what, isRegular, isReadOnly });
    return { backing, access, capacity, isAllocated };
  } catch (error) {
    closeSync(fd);
    if (createdPath !== undefined) rmSync(createdPath, { force: true });
    throw error;
  }
}

/** Refuses what cannot be mapped, grows the file where asked to, and returns the length of the map. */
function fitToCapacity(preparation: Preparation): { capacity: number; isRegular: boolean } {
  const { fd, path, access, capacity, isAllocated, what, isEmptied = false } = preparation;
  const stats = statOf(fd, what);
  refuseUnmappable(fd, stats, what, path);
  const isRegular = stats.isFile();
  if (!isRegular && capacity === 0) {
    throw outOfRange("capacity", `> 0 to map the device ${what}`, capacity);
  }
  // Now, not when the first view is made, and before anything is changed: a descriptor may be open for
  // less, a device or a file system may refuse.
  checkAccess(fd, path, access, what);
  if (!isRegular) return { capacity, isRegular };
  const { size } = stats;
  if (isEmptied) {
    replaceByZeros({ fd, size, capacity, path, isAllocated });
    return { capacity, isRegular };
  }
  if (capacity === 0 || capacity === size) return { capacity: size, isRegular };
  if (capacity < size) {
    throw outOfRange("capacity", `>= ${size}, the length of ${what}`, capacity);
  }
  if (!canGrow(access)) {
    throw outOfRange("capacity", `<= ${size}, the length of ${what} mapped "${access}"`, capacity);
  }
  growFile({ fd, size, capacity, path, isAllocated });
  return { capacity, isRegular };
}

function statOf(fd: number, what: string): Stats {
  try {
    return fstatSync(fd);
  } catch (error) {
    throw fromNodeError(error, `map ${what}`);
  }
}

/**
 * Checks that the system maps an open file so.
 *
 * @throws {SystemError} When it refuses; the message names what would be possible.
 */
function checkAccess(
  fd: number,
  path: string | undefined,
  access: MemoryAccess,
  what: string,
): void {
  const check = (wanted: MemoryAccess): void =>
    mapInAnyWay(wanted, (way) => platform().checkMappable({ fd, path, ...way }));
  try {
    check(access);
  } catch (error) {
    if (!hasCode(error, "EACCES") && !hasCode(error, "EPERM")) throw error;
    const { code, syscall } = error as SystemError;
    let hint = "it must be open for reading";
    try {
      if (access === "read") throw error;
      check("read");
      hint = READ_HINT;
    } catch {
      if (path !== undefined) throw error;
    }
    throw conditionError(code as "EACCES", `map ${what} "${access}" (${hint})`, syscall, path);
  }
}

function refuseUnmappable(fd: number, stats: Stats, what: string, path: string | undefined): void {
  if (stats.isDirectory()) throw conditionError("EISDIR", `map ${what}`, "open", path);
  if (stats.isFIFO() || stats.isSocket()) {
    const kind = stats.isFIFO() ? "pipe" : "socket";
    throw new NotSupportedError(`Cannot map ${what}: it is a ${kind}, not a file`);
  }
  if (stats.isFile() && platform().hasHugePages(fd, stats.blksize)) {
    throw new NotSupportedError(
      `Cannot map ${what}: it is on hugetlbfs, whose pages have ${stats.blksize} bytes; use a tmpfs that is mounted with huge=always`,
    );
  }
}

/** How a file is to grow. */
export interface Growth {
  readonly fd: number;
  /** Its length now, in bytes. */
  readonly size: number;
  /** Its length afterwards. */
  readonly capacity: number;
  readonly path: string | undefined;
  /** Whether storage for what is new is found now, or when it is written to. */
  readonly isAllocated: boolean;
}

/** Empties a file and gives it a new length; on a full file system it keeps its content. */
function replaceByZeros(growth: Growth): void {
  const { fd, path } = growth;
  // All the storage is found before the content is given up.
  extend(growth, 0);
  platform().setLength(fd, 0, `empty ${nameOf(path)}`, path);
  growFile({ ...growth, size: 0 });
}

/**
 * Makes a file longer, with storage for every new byte, all zero.
 *
 * @param fd The file, open for writing.
 * @param size Its length now, in bytes.
 * @param capacity Its length afterwards, in bytes.
 * @param path Its path, for messages.
 * @throws {SystemError} `ENOSPC`, `EFBIG`, …; the file has its old length then.
 */
export function growFile(growth: Growth): void {
  const { fd, size, path } = growth;
  clearLastPage(fd, size, path);
  extend(growth, size);
}

/**
 * Clears what was stored behind the end of a file in its last page, through a map of a longer file: `tmpfs` keeps it,
 * and would show it when the file grows.
 */
function clearLastPage(fd: number, size: number, path: string | undefined): void {
  const { pageSizeBytes } = platform();
  const lengthBytes = (pageSizeBytes - (size % pageSizeBytes)) % pageSizeBytes;
  const request = { fd, path, offsetBytes: size, lengthBytes };
  try {
    using rest = new Mapping({ ...request, protection: "readWrite", sharing: "shared" });
    const bytes = rest.bytes(0, lengthBytes);
    const isClear = bytes.every((byte) => byte === 0);
    // What is there now may be what somebody has appended in this moment.
    if (!isClear && fstatSync(fd).size === size) bytes.fill(0);
  } catch (error) {
    // Where nobody can map the file for writing, nobody has stored anything there.
    if (!(error instanceof SystemError)) throw error;
  }
}

/** Cuts the end of a file off. */
export function shortenFile({ fd, path }: Backing, bytes: number): void {
  platform().setLength(fd, bytes, `shorten ${nameOf(path)}`, path);
}

/** Gives a file its new length; what is new begins at `from`. As before when there is no room. */
function extend({ fd, size, capacity, path, isAllocated }: Growth, from: number): void {
  const system = platform();
  const attempt = `lengthen ${nameOf(path)}`;
  try {
    if (isAllocated) {
      system.allocate(fd, from, capacity - from, path);
    } else {
      system.allowHoles(fd);
      system.setLength(fd, capacity, attempt, path);
    }
  } catch (error) {
    if (fstatSync(fd).size > size) system.setLength(fd, size, attempt, path);
    throw error;
  }
}

function nameOf(path: string | undefined): string {
  return path === undefined ? "a file" : `"${path}"`;
}
