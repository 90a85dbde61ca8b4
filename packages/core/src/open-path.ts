/**
 * Opening the path of a map's file as its mode says, and saying why that cannot be done.
 *
 * @module
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { accessRules, type MemoryAccess } from "./access.ts";
import { NotSupportedError, SystemError } from "./errors.ts";
import { conditionError, fromNodeError } from "./native/errno.ts";
import { outOfRange } from "./validate.ts";

/** What happens when the file exists or does not. */
export type FileMode = "open" | "openOrCreate" | "create" | "createNew";

/** Which file to open, and how. */
export interface OpenRequest {
  readonly path: string;
  readonly mode: FileMode;
  readonly access: MemoryAccess;
  readonly capacity: number;
}

/** Opens the file as its mode says, having refused first whatever could only fail later. */
export function openPath(request: OpenRequest): { fd: number; createdPath?: string } {
  const { path, mode } = request;
  if (mode === "open") return { fd: open(request) };
  if (mode === "createNew") return { fd: create(request), createdPath: path };
  if (mode === "create") checkCanCreate(request);
  for (;;) {
    try {
      return { fd: open(request) };
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
    try {
      return { fd: create(request), createdPath: path };
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
    // Either it is a link to a file that is missing: then that one is created.
    const target = linkTarget(path);
    if (target !== undefined) return openPath({ ...request, path: target });
    // Or somebody else created it in between: it exists now, so open it after all.
  }
}

/** What a symbolic link leads to; undefined for anything else. */
export function linkTarget(path: string): string | undefined {
  try {
    const target = readlinkSync(path);
    return isAbsolute(target) ? target : `${dirname(path)}/${target}`;
  } catch {
    return undefined;
  }
}

/** Whether an error is the system's of this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof SystemError && error.code === code;
}

function create(request: OpenRequest): number {
  const { path, mode } = request;
  // Where it exists, no other capacity and no other access would help.
  if (mode === "createNew" && existsSync(path)) {
    throw conditionError("EEXIST", `open "${path}"`, "open", path);
  }
  checkCanCreate(request);
  return open(request, constants.O_CREAT | constants.O_EXCL);
}

/** A new file is empty: it needs a length and a map that may give it one. */
function checkCanCreate({ path, access, capacity }: OpenRequest): void {
  if (!canGrow(access)) {
    throw outOfRange("access", `"readWrite" or another that writes, to create "${path}"`, access);
  }
  if (capacity === 0) throw outOfRange("capacity", `> 0 to create "${path}"`, capacity);
}

/** Whether a map of this access may make its file longer. */
export function canGrow(access: MemoryAccess): boolean {
  return access !== "read" && access !== "readExecute";
}

function open(request: OpenRequest, flags = 0): number {
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
    throw refineOpenError(fromNodeError(error, attempt), request, writes);
  }
}

/** Says what the system does not: that it is a socket, or that the file may be read. */
function refineOpenError(error: unknown, { path, mode }: OpenRequest, writes: boolean): unknown {
  if (!(error instanceof SystemError)) return error;
  // A socket cannot be opened at all, which the system reports as a missing device.
  if (error.code === "ENXIO" && statSync(path, { throwIfNoEntry: false })?.isSocket() === true) {
    return new NotSupportedError(`Cannot map "${path}": it is a socket, not a file`, {
      cause: error,
    });
  }
  const isExisting = mode === "open" || mode === "openOrCreate";
  return writes && isExisting && isReadable(path)
    ? fromNodeError(error.cause, `open "${path}" for writing (${READ_HINT})`)
    : error;
}

/** What a message says of a file that may not be written. */
export const READ_HINT: string = 'it can be read: use access: "read"';

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
