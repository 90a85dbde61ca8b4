/**
 * Every error that Isthmus throws on its own account. Each has a stable `code`; misuse of an argument
 * is a built-in `TypeError` or `RangeError` with one of Node's codes (see `validate.ts`).
 *
 * @module
 */

/** What an operating-system call that failed leaves behind. */
export interface SystemErrorDetails {
  /** The symbolic name of the error number, for example `"ENOENT"`. */
  readonly code: string;
  /** The error number as the operating system gave it (positive). */
  readonly errno: number;
  /** The call that failed, for example `"mmap"`. */
  readonly syscall: string;
  /** The file concerned, where there is one. */
  readonly path?: string | undefined;
}

/**
 * The operating system refused a call. `code` says why, in the names of `errno(3)`.
 *
 * @example Tell a missing file from a forbidden one
 * ```ts
 * import { MemoryMappedFile, SystemError } from "@isthmus/core";
 *
 * try {
 *   using file = MemoryMappedFile.createFromFile("/no/such/file");
 * } catch (error) {
 *   if (!(error instanceof SystemError)) throw error;
 *   console.log(error.code); // "ENOENT"
 * }
 * ```
 */
export class SystemError extends Error {
  override readonly name: string = "SystemError";
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;

  /**
   * @param message What was attempted, on what, and why it failed.
   * @param details The failed call as the operating system reported it.
   * @param options The error that led to this one, as `cause`.
   */
  constructor(message: string, details: SystemErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.code = details.code;
    this.errno = details.errno;
    this.syscall = details.syscall;
    this.path = details.path;
  }
}

/** An object was used after its `dispose()`, or after its memory was transferred away. */
export class DisposedError extends Error {
  override readonly name: string = "DisposedError";
  readonly code = "ERR_DISPOSED";

  /**
   * @param what The kind of object, as a user knows it, for example `"ViewAccessor"`.
   * @param why What has ended its use.
   */
  constructor(what: string, why = "it has been disposed") {
    super(`Cannot use this ${what}: ${why}`);
  }
}

/** The object or the operating system cannot do this at all, whatever the arguments. */
export class NotSupportedError extends Error {
  override readonly name: string = "NotSupportedError";
  readonly code = "ERR_NOT_SUPPORTED";
}

/** A bounded wait came to its end before what it waited for. */
export class TimeoutError extends Error {
  override readonly name: string = "TimeoutError";
  readonly code = "ETIMEDOUT";
}

/** A shared segment does not hold what its reader expects; the message names the field that differs. */
export class CorruptSegmentError extends Error {
  override readonly name: string = "CorruptSegmentError";
  readonly code = "ERR_CORRUPT_SEGMENT";
}

/** The file under a mapping is shorter than the mapping: another process truncated it. */
export class FileTruncatedError extends Error {
  override readonly name: string = "FileTruncatedError";
  readonly code = "ERR_FILE_TRUNCATED";
}

/** The process at the other end has ended, so that what was asked of it will not be answered. */
export class PeerDiedError extends Error {
  override readonly name: string = "PeerDiedError";
  readonly code = "ERR_PEER_DIED";
}
