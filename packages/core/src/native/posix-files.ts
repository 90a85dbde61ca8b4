/**
 * Files, their locks, and the directory of names on every POSIX system.
 *
 * @module
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  statfsSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { SystemError } from "../errors.ts";
import { conditionError, fromNodeError, systemError } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { exceededLimit, type MemoryLimit } from "./memory-limit.ts";
import type { Address, DataRange, FileCalls, NameCalls } from "./platform-interface.ts";
import { posixFileNames } from "./posix-file-names.ts";
import { LOCK, type PosixSystem } from "./posix-system.ts";
import { engine } from "./runtime.ts";
import { fillWithZeros } from "./zero-fill.ts";

const SHARED_MEMORY = "/dev/shm";
const WRITABLE_BY_OTHERS = 0o022;

/** Makes the calls on open files. */
export function fileCalls(libc: Libc, system: PosixSystem): FileCalls {
  const { call } = libc;
  return {
    setLength: (fd, length, attempt, path) => {
      try {
        ftruncateSync(fd, length);
      } catch (error) {
        // Bun refuses 4 PiB and more itself.
        if (error instanceof RangeError) throw conditionError("EFBIG", attempt, "ftruncate", path);
        throw fromNodeError(error, attempt);
      }
    },
    allocate: (fd, offset, length, path) => allocate(libc, system, fd, offset, length, path),
    // What fails in it is told by the next call that waits for the disk.
    beginSync: (fd, offset, length) =>
      system.syncFileRangeWrite !== undefined &&
      call.sync_file_range(fd, offset, length, system.syncFileRangeWrite) === 0,
    nextData: (fd, offset) => nextData(libc, system, fd, offset),
    forgetUnchanged: (fd, offset) => {
      const advice = system.seekData?.dontNeed;
      if (advice !== undefined) call.posix_fadvise(fd, offset, 0, advice);
    },
    hasHugePages: (fd, blockBytes) =>
      system.hugePagesType !== undefined &&
      blockBytes > call.getpagesize() &&
      statfsSync(`/proc/self/fd/${fd}`).type === system.hugePagesType,
    duplicate: (fd) => {
      const { duplicateCloexec } = system;
      const copy =
        duplicateCloexec === undefined ? call.dup(fd) : call.fcntl(fd, duplicateCloexec, 0);
      if (copy < 0) throw systemError(`use file descriptor ${fd}`, "dup", libc.errno());
      return forNodeFs(libc, copy);
    },
    ownDescriptor: descriptorOwner(libc),
    openCopiedUp: (fd) => system.openCopiedUp?.(fd),
    allowHoles: () => {},
    syncDirectory: (path, change) => {
      try {
        const fd = openSync(path, "r");
        try {
          change?.();
          fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
      } catch (error) {
        throw fromNodeError(error, `write the names in "${path}" to the disk`);
      }
    },
    syncsMappings: true,
    readsMappings: system.readsMappings ?? false,
    createMemoryFile: (label) => {
      if (system.memfdCloexec === undefined) return undefined;
      const fd = call.memfd_create(label, system.memfdCloexec);
      if (fd < 0) throw systemError("create anonymous memory", "memfd_create", libc.errno());
      return forNodeFs(libc, fd);
    },
  };
}

/** A descriptor that `node:fs` takes, for one that a native call has made. */
function forNodeFs({ call }: Libc, fd: number): number {
  if (engine.reopen === undefined) return fd;
  try {
    return engine.reopen(fd);
  } finally {
    call.close(fd);
  }
}

/** See `FileCalls.ownDescriptor`. */
function descriptorOwner(libc: Libc): FileCalls["ownDescriptor"] {
  const { ownedBuffer } = engine;
  if (ownedBuffer === undefined) return undefined;
  const close = libc.addressOf("close");
  return (fd) => {
    if (fd === 0) return undefined;
    // SAFETY: the deallocator's first parameter is close's descriptor, and nobody ever looks at the memory "at" it: the buffer
    // does not leave this closure. It is closed once, by whoever lets go of the buffer last, on any thread.
    const owner = ownedBuffer(fd as Address, 1, close, fd);
    return { [Symbol.dispose]: () => void owner.transfer(0) };
  };
}

/** Takes a lock on an open file; see `LockCalls.tryLockFile`. */
export function tryLockFile(
  libc: Libc,
  system: PosixSystem,
  fd: number,
  kind: "shared" | "exclusive",
): boolean {
  for (;;) {
    if (libc.call.flock(fd, LOCK[kind] | LOCK.nonBlocking) === 0) return true;
    const errno = libc.errno();
    if (errno === system.wouldBlock) return false;
    if (errno !== system.interrupted) throw systemError("lock a file", "flock", errno);
  }
}

/** The rules of the directory of names: the user's own in `/dev/shm`, else in the directory of temporary files. */
export function nameCalls(): NameCalls {
  return {
    defaultDirectory: () => {
      const parent = existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir();
      return join(parent, `isthmus-${userInfo().uid}`);
    },
    objectionTo: ({ uid, mode }) => {
      const own = process.getuid?.() ?? uid;
      if (uid !== own) return `it belongs to user ${uid}, not ${own}`;
      if ((mode & WRITABLE_BY_OTHERS) === 0) return undefined;
      const digits = (mode & 0o7777).toString(8).padStart(4, "0");
      return `others may write to it (mode ${digits}, must be 0700)`;
    },
    objectionToName: undefined,
    fileNames: posixFileNames,
  };
}

function allocate(
  libc: Libc,
  system: PosixSystem,
  fd: number,
  offsetBytes: number,
  lengthBytes: number,
  path: string | undefined,
): void {
  const attempt = `allocate ${lengthBytes} bytes${path === undefined ? "" : ` for "${path}"`}`;
  const limit = exceededLimit(fd, offsetBytes, lengthBytes);
  if (limit !== undefined) throw beyond(limit, attempt, path);
  if (system.calls.includes("posix_fallocate")) {
    for (;;) {
      // posix_fallocate returns the error number instead of setting errno.
      const errno = libc.call.posix_fallocate(fd, offsetBytes, lengthBytes);
      if (errno === 0) return;
      if (errno === system.interrupted) continue;
      if (system.cannotAllocate.includes(errno)) break;
      throw systemError(attempt, "posix_fallocate", errno, path);
    }
  }
  // Only behind the present end of the file: what is there already stays as it is.
  const start = Math.max(offsetBytes, fstatSync(fd).size);
  fillWithZeros(fd, start, offsetBytes + lengthBytes, attempt);
}

function nextData(
  { call, errno }: Libc,
  { seekData }: PosixSystem,
  fd: number,
  offset: number,
): DataRange | undefined {
  const unknown = { start: offset, end: Infinity };
  if (seekData === undefined) return unknown;
  const found = call.lseek(fd, offset, seekData.whence);
  // Behind the last byte that was ever written; any other error says nothing.
  if (typeof found === "bigint") return errno() === seekData.nothing ? undefined : unknown;
  const start = Math.max(found ?? 0, offset);
  const end = call.lseek(fd, start, seekData.hole);
  return { start, end: typeof end === "number" ? end : Infinity };
}

/** The kernel would end this process instead of refusing. */
function beyond(
  { path: file, maxBytes, availableBytes }: MemoryLimit,
  attempt: string,
  path: string | undefined,
): SystemError {
  const why = `the memory limit of this container or control group, ${maxBytes} bytes in ${file}, leaves ${availableBytes}; raise it, as by docker run --memory or limits.memory of Kubernetes`;
  return conditionError("ENOSPC", `${attempt} (${why})`, "posix_fallocate", path);
}
