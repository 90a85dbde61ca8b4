/**
 * From error numbers to typed errors: the only table of its kind in the project.
 *
 * @module
 */
import { constants } from "node:os";
import { SystemError, type SystemErrorDetails } from "../errors.ts";

/**
 * Names of this system's error numbers, and those that Node's table leaves out. Where a number has two names,
 * the first in the alphabet counts: EAGAIN for EWOULDBLOCK, ENOTSUP for EOPNOTSUPP, as in Node.
 */
function nameErrors(): ReadonlyMap<number, string> {
  return new Map([
    ...(process.platform === "linux"
      ? ([
          [130, "EOWNERDEAD"],
          [131, "ENOTRECOVERABLE"],
        ] as const)
      : []),
    ...Object.entries(constants.errno)
      .map(([name, errno]) => [errno, name] as const)
      .sort(([, first], [, second]) => (first < second ? 1 : -1)),
  ]);
}

/** Made when something first fails: that takes milliseconds, which no start should. */
let names: ReadonlyMap<number, string> | undefined;

/** Why a call failed and what to do next, for the codes a user of this library meets. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EAGAIN: "it is locked, full or at its limit now",
  EBADF: "the file descriptor is closed or not open for this access",
  EBUSY: "the resource is in use",
  EDQUOT: "the user's disk quota is used up",
  EEXIST: "it already exists",
  EFBIG:
    "the size exceeds what the file system can hold, or what this process may write (see `ulimit -f`)",
  EINVAL: "the operating system does not accept these values",
  EIO: "the device reported an error",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link, or a chain of them without end",
  EMFILE: "this process has too many open files (see `ulimit -n`)",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "the system has too many open files",
  ENODEV: "this kind of file cannot be mapped",
  ENOENT: "it does not exist",
  ENOMEM: "out of memory, address space or mappings (see `ulimit -v` and vm.max_map_count)",
  ENOSPC: "no space left",
  ENOTSUP: "the file system cannot do it",
  ENOTDIR: "a part of the path is not a directory",
  ENXIO: "there is no such device, or it is a socket",
  EOVERFLOW: "the offset is too large",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  ESTALE:
    "its name no longer leads to it, and others may hold a new one of this name; dispose it and open the name anew",
  ETXTBSY: "it is a program that is running",
  ...(process.platform === "win32" && {
    EFBIG: "the size exceeds what the file system can hold",
    EMFILE: "this process has too many open files",
    ENOMEM: "out of memory, address space or room for the page file",
    EPERM: "operation not permitted, or somebody has it open or mapped",
  }),
};

/** What a system has no number for that has no such condition itself, as Windows: that of Linux. */
const UNNUMBERED: Readonly<Record<string, number>> = { ESTALE: 116 };

/** The symbolic name of an error number, or `E<number>` for one without a name here. */
export function errorCode(errno: number): string {
  names ??= nameErrors();
  return names.get(errno) ?? `E${errno}`;
}

/** Why calls fail with a code, and what to do next; undefined for codes that users hardly meet. */
export function reasonOf(code: string): string | undefined {
  return REASONS[code];
}

/**
 * The typed error for a failed call.
 *
 * @param attempt What could not be done, completing "Cannot …", for example `map file "x"`.
 * @param syscall The call that failed.
 * @param errno The error number, positive.
 * @param path The file concerned.
 * @param cause The error this one was made from.
 * @param reason Why it failed and what to do next, where the caller knows better than the code's own reason.
 */
export function systemError(
  attempt: string,
  syscall: string,
  errno: number,
  path?: string | undefined,
  cause?: unknown,
  reason: string | undefined = REASONS[errorCode(errno)],
): SystemError {
  return typedError(attempt, syscall, { errno, code: errorCode(errno), path }, cause, reason);
}

function typedError(
  attempt: string,
  syscall: string,
  details: Omit<SystemErrorDetails, "syscall">,
  cause?: unknown,
  reason: string | undefined = REASONS[details.code],
): SystemError {
  const why = reason === undefined ? "" : `, ${reason}`;
  return new SystemError(
    `Cannot ${attempt}: ${details.code}${why} (${syscall})`,
    { ...details, syscall },
    cause === undefined ? {} : { cause },
  );
}

/**
 * The typed error for a condition that Isthmus found itself, as the operating system would report it.
 *
 * @param code The code's name, for example `"EACCES"`.
 * @param syscall The call that would have failed so.
 * @param reason Why it failed and what to do next, where the code's own reason does not say it.
 */
export function conditionError(
  code: keyof typeof constants.errno,
  attempt: string,
  syscall: string,
  path?: string | undefined,
  reason?: string,
): SystemError {
  const errno = constants.errno[code] ?? UNNUMBERED[code];
  return typedError(attempt, syscall, { errno, code, path }, undefined, reason);
}

/** Turns an error of `node:fs` into a `SystemError`; anything else comes back as it is. */
export function fromNodeError(error: unknown, attempt: string): unknown {
  if (!(error instanceof Error) || error instanceof SystemError) return error;
  const { code, errno, syscall, path } = error as NodeJS.ErrnoException;
  if (typeof errno !== "number" || typeof code !== "string") return error;
  // The name is the runtime's: its numbers are libuv's own on Windows.
  const details = { errno: Math.abs(errno), code, path };
  return typedError(attempt, syscall ?? "system call", details, error);
}
