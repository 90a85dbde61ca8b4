/**
 * Handles of open files: from descriptors of `node:fs` and back, and by path where `node:fs` cannot open as it should.
 *
 * The table of descriptors belongs to the C library inside the runtime's executable, which exports libuv's functions for it;
 * another C library would have a table of its own.
 *
 * @module
 */
import { toNamespacedPath } from "node:path";
import {
  checkStatus,
  Scratch,
  STATUS,
  status,
  statusError,
  succeeded,
  systemLibrary,
  THIS_PROCESS,
  wide,
} from "./windows-system.ts";

/** An open object of the system, as a number. */
export type Handle = number & { readonly __handle: unique symbol };

interface DescriptorCalls {
  /** Returns a BigInt for what is no descriptor, or for one without a handle: -1 and -2 as 64-bit numbers. */
  uv_get_osfhandle(fd: number): number | bigint | null;
  /** Returns -1 when refused. From then on the descriptor owns the handle. */
  uv_open_osfhandle(handle: number): number;
}

interface HandleCalls {
  NtClose(handle: number): number;
  NtDuplicateObject(
    sourceProcess: number,
    source: number,
    targetProcess: number,
    into: number,
    access: number,
    attributes: number,
    options: number,
  ): number;
  NtCreateFile(
    into: number,
    access: number,
    attributes: number,
    result: number,
    allocationBytes: number,
    fileAttributes: number,
    share: number,
    disposition: number,
    options: number,
    extended: number,
    extendedBytes: number,
  ): number;
  NtSetInformationFile(
    file: number,
    result: number,
    information: number,
    bytes: number,
    kind: number,
  ): number;
  NtFlushBuffersFile(file: number, result: number): number;
}

const descriptors = systemLibrary<DescriptorCalls>(process.execPath, {
  uv_get_osfhandle: { args: ["i32"], returns: "pointer" },
  uv_open_osfhandle: { args: ["i64"], returns: "i32" },
});

const native = systemLibrary<HandleCalls>("ntdll.dll", {
  NtClose: status("i64"),
  NtDuplicateObject: status("i64", "i64", "i64", "pointer", "u32", "u32", "u32"),
  NtCreateFile: status(
    "pointer",
    "u32",
    "pointer",
    "pointer",
    "pointer",
    "u32",
    "u32",
    "u32",
    "u32",
    "pointer",
    "u32",
  ),
  NtSetInformationFile: status("i64", "pointer", "pointer", "u32", "u32"),
  NtFlushBuffersFile: status("i64", "pointer"),
});

const DUPLICATE_SAME_ACCESS = 2;

let made: Scratch | undefined;

/** This module's own memory for calls. */
function scratch(): Scratch {
  made ??= new Scratch();
  return made;
}

/**
 * The handle behind a descriptor, which stays its owner.
 *
 * @param attempt What could not be done without, for the message.
 * @throws {SystemError} `EBADF` when it is not open.
 */
export function handleOf(
  fd: number,
  attempt: string = `use file descriptor ${fd}`,
  path?: string | undefined,
): Handle {
  const handle = descriptors().call.uv_get_osfhandle(fd);
  if (typeof handle === "number" && handle > 0) return handle as Handle;
  throw statusError(attempt, "_get_osfhandle", STATUS.invalidHandle, path);
}

/**
 * Makes a descriptor that owns a handle.
 *
 * @throws {SystemError} `EMFILE` when there is none left; the handle is closed then.
 */
export function descriptorOf(handle: Handle): number {
  const fd = descriptors().call.uv_open_osfhandle(handle);
  if (fd >= 0) return fd;
  closeHandle(handle);
  throw statusError("open a file", "_open_osfhandle", STATUS.tooManyOpenFiles);
}

/** Another handle of the same open file, not inherited by child processes. */
export function duplicateHandle(handle: Handle): Handle {
  const memory = scratch();
  const { call } = native();
  const into = memory.put(16, 0);
  // SAFETY: the system writes one handle into memory of this module's own.
  const result = call.NtDuplicateObject(
    THIS_PROCESS,
    handle,
    THIS_PROCESS,
    into,
    0,
    0,
    DUPLICATE_SAME_ACCESS,
  );
  checkStatus("use a file once more", "NtDuplicateObject", result);
  return memory.take(16) as Handle;
}

/** Closes a handle that no descriptor owns. */
export function closeHandle(handle: Handle): void {
  native().call.NtClose(handle);
}

/**
 * Sets something of a file.
 *
 * @param information Where it is, in memory that is in use until the call has returned.
 * @param bytes Its length.
 * @param kind A value of `FILE_INFORMATION_CLASS`.
 * @returns The status.
 */
export function setInformation(
  file: Handle,
  information: number,
  bytes: number,
  kind: number,
): number {
  // SAFETY: the call reads the caller's memory, and writes an IO_STATUS_BLOCK into this module's own.
  return native().call.NtSetInformationFile(file, scratch().address, information, bytes, kind);
}

/** Waits until the disk has what was handed to it of a file, or of the names in a directory; returns the status. */
export function flushFile(file: Handle): number {
  // SAFETY: the call writes an IO_STATUS_BLOCK into this module's own memory.
  return native().call.NtFlushBuffersFile(file, scratch().address);
}

/** Rights to a file (`winnt.h`). */
export const ACCESS = {
  readData: 0x1,
  writeData: 0x2,
  execute: 0x20,
  readAttributes: 0x80,
  writeAttributes: 0x100,
  delete: 0x1_0000,
  synchronize: 0x10_0000,
  /** `FILE_GENERIC_READ`, `FILE_GENERIC_WRITE`. */
  read: 0x12_0089,
  write: 0x12_0116,
} as const;

/** What becomes of a file that is there, or is not: `FILE_OPEN` and the like (`winternl.h`). */
export const DISPOSITION = { open: 1, create: 2, openOrCreate: 3 } as const;

/** How a file is opened (`winternl.h`). */
export const OPTION = {
  directory: 0x1,
  synchronous: 0x20,
  notDirectory: 0x40,
  deleteOnClose: 0x1000,
  /** A link is opened itself, not what it leads to. */
  openLink: 0x20_0000,
} as const;

const SHARE_ALL = 7; // others may read, write and delete it meanwhile
const IGNORE_CASE = 0x40; // OBJ_CASE_INSENSITIVE
const ATTRIBUTE = { normal: 0x80, temporary: 0x100 } as const;

/** What to open, and how. */
export interface HandleRequest {
  /** A path, or a handle of the file, which is opened once more. */
  readonly file: string | Handle;
  /** `ACCESS` words, together. */
  readonly access: number;
  readonly disposition?: number;
  /** `OPTION` words, together. */
  readonly options?: number;
  /** Whether the system should keep it in memory as long as it can. */
  readonly isTemporary?: boolean;
}

/**
 * Opens a file, shared with everybody.
 *
 * @returns Its handle, or the negative status that the system gave.
 */
export function tryOpenHandle(request: HandleRequest): Handle | number {
  const { file, access, disposition = DISPOSITION.open, options = 0 } = request;
  const memory = scratch();
  const text = wide(typeof file === "string" ? nativePath(file) : "");
  // OBJECT_ATTRIBUTES at 80: length u32, root u64 at 8, name u64 at 16, attributes u32 at 24, two more addresses.
  memory.view.setUint32(80, 48, true);
  memory.put(88, typeof file === "string" ? 0 : file);
  memory.put(96, memory.putText(64, text));
  memory.put(104, IGNORE_CASE);
  memory.put(112, 0);
  memory.put(120, 0);
  const into = memory.put(16, 0);
  // SAFETY: all addresses are those of this module's own memory; `text` is in use until the call has returned.
  const result = native().call.NtCreateFile(
    into,
    access | ACCESS.synchronize,
    memory.address + 80,
    memory.address,
    0,
    request.isTemporary === true ? ATTRIBUTE.temporary : ATTRIBUTE.normal,
    SHARE_ALL,
    disposition,
    options | OPTION.synchronous,
    0,
    0,
  );
  if (text.length === 0 || !succeeded(result)) return result;
  return memory.take(16) as Handle;
}

/** Opens a file as {@link tryOpenHandle} does, or throws, with what was attempted. */
export function openHandle(request: HandleRequest, attempt: string): Handle {
  const opened = tryOpenHandle(request);
  if (opened >= 0) return opened as Handle;
  const path = typeof request.file === "string" ? request.file : undefined;
  throw statusError(attempt, "NtCreateFile", opened, path);
}

/** A path as the system's own calls take it. */
export function nativePath(path: string): string {
  return toNamespacedPath(path).replace(/^\\\\\?\\/, "\\??\\");
}
