/**
 * Windows' libraries: the one place that loads them, and turns what their calls return into errors.
 *
 * Calls of `ntdll.dll` are preferred: they return their status, while the error of others must be asked for afterwards, when
 * the runtime may have made a call of its own.
 *
 * @module
 */
import { NotSupportedError, SystemError } from "../errors.ts";
import type { Library, Signature, Signatures } from "./engine.ts";
import { reasonOf } from "./errno.ts";
import { engine } from "./runtime.ts";

/** A call that returns an `NTSTATUS`. A handle is passed as `"i64"`: that of this process is -1. */
export const status = (...args: Signature["args"]): Signature => ({ args, returns: "i32" });

/** Such a call that may go on when it has returned: it begins with file, event, routine, context and result. */
export const fileStatus = (...args: Signature["args"]): Signature =>
  status("i64", "i64", "pointer", "pointer", "pointer", ...args);

/** The handle that every process has for itself. */
export const THIS_PROCESS = -1;

/**
 * Functions of one of Windows' libraries, loaded when they are first asked for: other systems import these modules, too.
 *
 * @param library Its name, or the path of this program for what that exports.
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED`, when asked, if the library or one of the functions is not there.
 */
export function systemLibrary<Calls>(
  library: string,
  signatures: Signatures,
): () => Library<Calls> {
  let loaded: Library<Calls> | undefined;
  return () => {
    loaded ??= load(library, signatures);
    return loaded;
  };
}

function load<Calls>(library: string, signatures: Signatures): Library<Calls> {
  try {
    return engine.load<Calls>(library, signatures);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new NotSupportedError(`Cannot load ${library}: ${why}`);
  }
}

/**
 * Memory of this room's own that calls read and write. It is used by one call after the other, never across them.
 *
 * ```text
 *   0  16  IO_STATUS_BLOCK
 *  16   8  a handle, an address, a length or an offset
 *  24   8  another one
 *  32   8  another one
 *  64 192  what else a call takes or returns
 * ```
 */
export class Scratch {
  readonly view: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(256));
  /** Where it is, as long as this object. */
  readonly address: number = engine.addressOf(this.view);

  /** Writes a 64-bit number; returns where it is. */
  put(offset: number, value: number): number {
    this.view.setBigInt64(offset, BigInt(value), true);
    return this.address + offset;
  }

  /**
   * Writes a UNICODE_STRING of 16 bytes: length u16, room u16, address u64 at 8. Returns where it is.
   *
   * @param text Of {@link wide}; to be in use until the call has returned.
   */
  putText(offset: number, text: Uint8Array): number {
    this.view.setUint16(offset, text.length - 2, true);
    this.view.setUint16(offset + 2, text.length, true);
    this.put(offset + 8, engine.addressOf(text));
    return this.address + offset;
  }

  /** Reads a 64-bit number, below 2^53. */
  take(offset: number): number {
    return Number(this.view.getBigUint64(offset, true));
  }
}

/** A text as the system's calls take it, UTF-16 that ends with a zero, in memory that stays where it is. */
export function wide(text: string): Uint8Array {
  const bytes = Buffer.from(`${text}\0`, "utf16le");
  const own = new Uint8Array(new ArrayBuffer(bytes.length));
  own.set(bytes);
  return own;
}

/** Status values that are outcomes here, or that stand for an error number of POSIX (`ntstatus.h`). */
export const STATUS = {
  success: 0,
  timeout: 0x102,
  pending: 0x103,
  bufferOverflow: 0x80000005,
  endOfFile: 0xc0000011,
  invalidHandle: 0xc0000008,
  conflictingAddresses: 0xc0000018,
  invalidViewSize: 0xc000001f,
  accessDenied: 0xc0000022,
  objectNameNotFound: 0xc0000034,
  objectNameCollision: 0xc0000035,
  objectPathNotFound: 0xc000003a,
  fileLockConflict: 0xc0000054,
  lockNotGranted: 0xc0000055,
  noSuchFile: 0xc000000f,
  notDirectory: 0xc0000103,
  notSupported: 0xc00000bb,
  mappedFileSizeZero: 0xc000011e,
  tooManyOpenFiles: 0xc000011f,
  userMappedFile: 0xc0000243,
} as const;

const CODES: ReadonlyMap<number, string> = new Map([
  [STATUS.timeout, "ETIMEDOUT"],
  [STATUS.invalidHandle, "EBADF"],
  [0xc000000d, "EINVAL"], // INVALID_PARAMETER
  [STATUS.noSuchFile, "ENOENT"],
  [0xc0000010, "ENOTSUP"], // INVALID_DEVICE_REQUEST
  [0xc0000017, "ENOMEM"], // NO_MEMORY
  [STATUS.conflictingAddresses, "EINVAL"],
  [STATUS.invalidViewSize, "EINVAL"],
  [0xc0000020, "ENODEV"], // INVALID_FILE_FOR_SECTION
  [STATUS.accessDenied, "EACCES"],
  [0xc0000024, "ENODEV"], // OBJECT_TYPE_MISMATCH
  [STATUS.objectNameNotFound, "ENOENT"],
  [STATUS.objectNameCollision, "EEXIST"],
  [STATUS.objectPathNotFound, "ENOENT"],
  [0xc0000040, "EFBIG"], // SECTION_TOO_BIG
  [0xc0000043, "EBUSY"], // SHARING_VIOLATION
  [0xc0000044, "EDQUOT"], // QUOTA_EXCEEDED
  [0xc000004e, "EACCES"], // SECTION_PROTECTION
  [STATUS.fileLockConflict, "EAGAIN"],
  [STATUS.lockNotGranted, "EAGAIN"],
  [0xc0000056, "ENOENT"], // DELETE_PENDING
  [0xc000007f, "ENOSPC"], // DISK_FULL
  [0xc000009a, "ENOMEM"], // INSUFFICIENT_RESOURCES
  [0xc00000a1, "ENOMEM"], // WORKING_SET_QUOTA
  [0xc00000a2, "EROFS"], // MEDIA_WRITE_PROTECTED
  [0xc00000ba, "EISDIR"], // FILE_IS_A_DIRECTORY
  [STATUS.notSupported, "ENOTSUP"],
  [STATUS.notDirectory, "ENOTDIR"],
  [STATUS.mappedFileSizeZero, "EINVAL"],
  [STATUS.tooManyOpenFiles, "EMFILE"],
  [0xc0000121, "EACCES"], // CANNOT_DELETE
  [0xc000012d, "ENOMEM"], // COMMITMENT_LIMIT
  [0xc000014b, "EPIPE"], // PIPE_BROKEN
  [0xc0000185, "EIO"], // IO_DEVICE_ERROR
  [0xc0000220, "EINVAL"], // MAPPED_ALIGNMENT
  [STATUS.userMappedFile, "EBUSY"],
]);

/** Whether a call succeeded: warnings and errors have the highest bit. */
export function succeeded(result: number): boolean {
  return result >= 0;
}

/**
 * The typed error for a call that returned a status.
 *
 * @param attempt What could not be done, completing "Cannot …".
 * @param syscall The call.
 * @param result What it returned.
 * @param path The file concerned.
 * @param reason Why it failed and what to do next, where the caller knows better than the code's own reason.
 */
export function statusError(
  attempt: string,
  syscall: string,
  result: number,
  path?: string | undefined,
  reason?: string,
): SystemError {
  const errno = result >>> 0;
  const code = CODES.get(errno) ?? "UNKNOWN";
  const why = reason ?? reasonOf(code);
  const call = `${syscall}, 0x${errno.toString(16)}`;
  return new SystemError(
    `Cannot ${attempt}: ${code}${why === undefined ? "" : `, ${why}`} (${call})`,
    {
      code,
      errno,
      syscall,
      path,
    },
  );
}

/** Throws the error for a status unless the call succeeded. */
export function checkStatus(
  attempt: string,
  syscall: string,
  result: number,
  path?: string | undefined,
): void {
  if (!succeeded(result)) throw statusError(attempt, syscall, result, path);
}
