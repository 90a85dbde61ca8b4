/**
 * Opening the file of a map: modes, access, capacity, growth, and leaving nothing behind on failure.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import { accessRules, MEMORY_ACCESS, type MemoryAccess } from "./access.ts";
import { Backing } from "./backing.ts";
import { NotSupportedError, SystemError } from "./errors.ts";
import { conditionError, fromNodeError } from "./native/errno.ts";
import { platform } from "./native/platform.ts";
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  invalidType,
  invalidValue,
  outOfRange,
} from "./validate.ts";
import { mapPages } from "./view.ts";

/** What happens when the file exists or does not. */
export type FileMode = "open" | "openOrCreate" | "create" | "createNew";

const FILE_MODES: readonly FileMode[] = ["open", "openOrCreate", "create", "createNew"];

/** A file to map: a path, a `file:` URL, a `Bun.file`, an open descriptor, or an object that has one. */
export type FileReference = string | URL | Blob | number | { readonly fd: number };

/** How to map a file. */
export interface FileOptions {
  /**
   * `"open"` (default): it must exist. `"openOrCreate"`: created when missing. `"create"`: created, or emptied
   * when it exists. `"createNew"`: must not exist (`EEXIST`).
   */
  readonly mode?: FileMode | undefined;
  /** What the map may do. Default `"readWrite"`. */
  readonly access?: MemoryAccess | undefined;
  /** Length of the map in bytes. 0 or absent: the file's. Larger than the file: the file grows to it. */
  readonly capacity?: number | undefined;
}

/** An open file, ready to be mapped. */
export interface OpenedFile {
  readonly backing: Backing;
  readonly access: MemoryAccess;
  readonly capacity: number;
}

interface Request {
  readonly path: string;
  readonly mode: FileMode;
  readonly access: MemoryAccess;
  readonly capacity: number;
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
  const checked = checkOptions("options", options);
  const mode = checkOneOf("mode", checked.mode ?? "open", FILE_MODES);
  const capacity = checkInteger("capacity", checked.capacity ?? 0);
  const access = checkOneOf("access", checked.access ?? "readWrite", MEMORY_ACCESS);
  if (typeof reference === "number") {
    if (mode !== "open") throw invalidValue("mode", '"open" for a file descriptor', mode);
    return openDescriptor(reference, access, capacity);
  }
  return openPath({ path: reference, mode, access, capacity });
}

function resolveReference(file: FileReference): string | number {
  if (typeof file === "number") return checkInteger("file", file, 0, 0x7fff_ffff);
  if (typeof file === "string") return checkPath(file);
  if (file instanceof URL) return checkPath(fileURLToPath(file));
  if (file instanceof Blob) {
    const { name } = file as Blob & { readonly name?: string };
    if (typeof name === "string") return checkPath(name);
    throw invalidValue("file", "a Bun.file with a path (pass a descriptor itself)", file);
  }
  if (typeof file === "object" && file !== null && typeof file.fd === "number") {
    return checkInteger("file.fd", file.fd, 0, 0x7fff_ffff);
  }
  throw invalidType("file", "a path, a file: URL, a Bun.file or a file descriptor", file);
}

function checkPath(path: string): string {
  if (path === "") throw invalidValue("file", "a path that is not empty", path);
  if (path.includes("\0")) throw invalidValue("file", "a path without a NUL character", path);
  return path;
}

function openDescriptor(given: number, access: MemoryAccess, capacity: number): OpenedFile {
  const path = undefined;
  const fd = platform().duplicate(given);
  try {
    const size = fitToCapacity({ fd, path, access, capacity, what: `file descriptor ${given}` });
    return { backing: mappable({ fd, path, access }), access, capacity: size };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Finds out now, not when the first view is made, whether the system maps this file so: a descriptor may be
 * open for less, and a device may refuse. A regular file opened by its path has passed that test already.
 */
function mappable({ fd, path, access }: Pick<FitRequest, "fd" | "path" | "access">): Backing {
  const isRegular = fstatSync(fd).isFile();
  if (!isRegular || path === undefined)
    mapPages({ fd, path, offsetBytes: 0, lengthBytes: 1 }, access).dispose();
  return new Backing({ fd, path, isRegular });
}

function openPath(request: Request): OpenedFile {
  const { path, access } = request;
  const { fd, isNew } = openOrCreate(request);
  try {
    const size = fitToCapacity({ fd, path, access, capacity: request.capacity, what: `"${path}"` });
    return { backing: mappable({ fd, path, access }), access, capacity: size };
  } catch (error) {
    closeSync(fd);
    if (isNew) unlinkSync(path);
    throw error;
  }
}

/** Opens the file as its mode says, having refused first whatever could only fail later. */
function openOrCreate(request: Request): { fd: number; isNew: boolean } {
  const { path, mode, capacity } = request;
  if (mode === "open") return { fd: open(request), isNew: false };
  if (mode === "createNew") return { fd: create(request), isNew: true };
  if (mode === "create") checkCanCreate(request);
  for (;;) {
    try {
      const fd = open(request);
      if (mode === "create" && fstatSync(fd).isFile()) ftruncateSync(fd, 0);
      return { fd, isNew: false };
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
    if (capacity === 0) throw emptyFile(`"${path}"`);
    try {
      return { fd: create(request), isNew: true };
    } catch (error) {
      // Somebody else created it in between: it exists now, so open it after all.
      if (!hasCode(error, "EEXIST")) throw error;
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof SystemError && error.code === code;
}

function create(request: Request): number {
  checkCanCreate(request);
  return open(request, constants.O_CREAT | constants.O_EXCL);
}

/** A new file is empty: it needs a length and a map that may give it one. */
function checkCanCreate({ path, access, capacity }: Request): void {
  if (capacity === 0) throw emptyFile(`"${path}"`);
  if (!canGrow(access)) {
    throw outOfRange(
      "capacity",
      `<= 0, the length of the new file "${path}" mapped "${access}"`,
      capacity,
    );
  }
}

/** Whether a map of this access may make its file longer. */
function canGrow(access: MemoryAccess): boolean {
  return access !== "read" && access !== "readExecute";
}

function open(request: Request, flags = 0): number {
  const { path, access, capacity } = request;
  const attempt = `open "${path}"`;
  // Non-blocking, so that a pipe without a writer is refused instead of waited for.
  const common = flags | constants.O_NONBLOCK | constants.O_NOCTTY;
  const writes = accessRules(access).writesFile || request.mode === "create" || flags !== 0;
  try {
    const fd = openSync(path, common | (writes ? constants.O_RDWR : constants.O_RDONLY), 0o666);
    if (writes || !canGrow(access) || capacity <= fstatSync(fd).size) return fd;
    // A copy-on-write map longer than its file: only now must the file be writable.
    closeSync(fd);
    return openSync(path, common | constants.O_RDWR);
  } catch (error) {
    throw refineOpenError(fromNodeError(error, attempt), path);
  }
}

/** A socket cannot be opened at all, which the system reports as a missing device. */
function refineOpenError(error: unknown, path: string): unknown {
  if (!(error instanceof SystemError) || error.code !== "ENXIO") return error;
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true
    ? new NotSupportedError(`Cannot map "${path}": it is a socket, not a file`, { cause: error })
    : error;
}

function emptyFile(what: string): RangeError {
  return outOfRange("capacity", `> 0 to map ${what}, which is empty or new`, 0);
}

/** What `fitToCapacity` looks at. */
interface FitRequest {
  readonly fd: number;
  readonly path: string | undefined;
  readonly access: MemoryAccess;
  readonly capacity: number;
  readonly what: string;
}

/** Refuses what cannot be mapped, grows the file where asked to, and returns the length of the map. */
function fitToCapacity({ fd, path, access, capacity, what }: FitRequest): number {
  const stats = statOf(fd, what);
  refuseUnmappable(stats, what, path);
  if (!stats.isFile()) {
    if (capacity === 0) throw outOfRange("capacity", `> 0 to map the device ${what}`, capacity);
    return capacity;
  }
  const { size } = stats;
  if (capacity === 0 && size === 0) throw emptyFile(what);
  if (capacity === 0 || capacity === size) return size;
  if (capacity < size) {
    throw outOfRange("capacity", `>= ${size}, the length of ${what}`, capacity);
  }
  if (!canGrow(access)) {
    throw outOfRange("capacity", `<= ${size}, the length of ${what} mapped "${access}"`, capacity);
  }
  growFile(fd, size, capacity, path);
  return capacity;
}

function statOf(fd: number, what: string): Stats {
  try {
    return fstatSync(fd);
  } catch (error) {
    throw fromNodeError(error, `map ${what}`);
  }
}

function refuseUnmappable(stats: Stats, what: string, path: string | undefined): void {
  if (stats.isDirectory()) throw conditionError("EISDIR", `map ${what}`, "open", path);
  if (stats.isFIFO() || stats.isSocket()) {
    const kind = stats.isFIFO() ? "pipe" : "socket";
    throw new NotSupportedError(`Cannot map ${what}: it is a ${kind}, not a file`);
  }
}

/**
 * Makes a file longer, with storage for every new byte.
 *
 * @param fd The file, open for writing.
 * @param size Its length now, in bytes.
 * @param capacity Its length afterwards, in bytes.
 * @param path Its path, for messages.
 * @throws {SystemError} `ENOSPC`, `EFBIG`, …; the file has its old length then.
 */
export function growFile(
  fd: number,
  size: number,
  capacity: number,
  path: string | undefined,
): void {
  try {
    platform().allocate(fd, size, capacity - size, path);
  } catch (error) {
    if (fstatSync(fd).size > size) ftruncateSync(fd, size);
    throw error;
  }
}
