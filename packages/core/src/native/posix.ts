/**
 * The {@link Platform} of every POSIX system, over one description of the system.
 *
 * @module
 */
import { fstatSync, statfsSync, writeSync } from "node:fs";
import type { SystemError } from "../errors.ts";
import { abiTag } from "./abi.ts";
import { createBusGuard } from "./bus-guard.ts";
import { conditionError, fromNodeError, systemError } from "./errno.ts";
import { toArrayBuffer } from "./ffi.ts";
import { type Libc, loadLibc } from "./libc.ts";
import { exceededLimit, type MemoryLimit } from "./memory-limit.ts";
import type { Address, MapRequest, MemoryAdvice, Platform, Protection } from "./platform.ts";
import { LOCK, MAP, type PosixSystem, PROT } from "./posix-system.ts";

const PROTECTION: Readonly<Record<Protection, number>> = {
  read: PROT.read,
  readWrite: PROT.read | PROT.write,
  readExecute: PROT.read | PROT.execute,
  readWriteExecute: PROT.read | PROT.write | PROT.execute,
};

/**
 * `toArrayBuffer` with all its parameters: the type declarations of Bun 1.4 leave out the last two.
 * Bun calls the deallocator, a native function, with the buffer's address and `context`.
 */
const wrapMemory = toArrayBuffer as unknown as (
  address: number,
  byteOffset: number,
  byteLength: number,
  context?: number,
  deallocator?: number,
) => ArrayBuffer;

/** How many zero bytes one write carries where files cannot be preallocated. */
const ZERO_FILL_BYTES = 1 << 20;

/**
 * Makes the platform for a system.
 *
 * @param system The system's constants and library names.
 * @returns The calls, bound to the loaded C library.
 */
export function createPosixPlatform(system: PosixSystem): Platform {
  const libc = loadLibc(system);
  const pageSizeBytes = libc.call.getpagesize();
  let guard: ReturnType<typeof createBusGuard> | undefined;
  const busGuard = () => {
    guard ??= createBusGuard(libc, system, pageSizeBytes);
    return guard;
  };
  return {
    pageSizeBytes,
    abiTag: abiTag(system.abi.library),
    ...memoryCalls(libc, system),
    ...fileCalls(libc, system),
    guard: (range) => busGuard().watch(range),
    canGuard: () => busGuard().canWatch,
  };
}

type MemoryCalls = Pick<
  Platform,
  | "map"
  | "unmap"
  | "ownedBuffer"
  | "borrowedBuffer"
  | "sync"
  | "advise"
  | "residency"
  | "lock"
  | "unlock"
>;

function memoryCalls(libc: Libc, system: PosixSystem): MemoryCalls {
  const { call, addresses } = libc;
  const checked = (result: number, attempt: string, syscall: string): void => {
    if (result !== 0) throw systemError(attempt, syscall, libc.errno());
  };
  return {
    map: (request) => map(libc, system, request),
    // SAFETY: the caller owns the whole range and no buffer refers to it.
    unmap: (address, length) => checked(call.munmap(address, length), "unmap memory", "munmap"),
    // SAFETY: the deallocator's (bytes, context) are munmap's (address, length): the range is unmapped once,
    // by whoever holds the memory last, on any thread. The context is a plain number, never followed.
    ownedBuffer: (address, length) => wrapMemory(address, 0, length, length, addresses.munmap),
    // SAFETY: the caller detaches the buffer before the range goes away.
    borrowedBuffer: (address, length) => wrapMemory(address, 0, length),
    sync: (address, length, mode) =>
      checked(call.msync(address, length, system.msync[mode]), "flush memory", "msync"),
    advise: (address, length, advice, isWritable) =>
      advise(libc, system, address, length, advice, isWritable),
    // SAFETY: mincore writes one byte per page; passing the array itself keeps its address current.
    residency: (address, pageCount, into) =>
      checked(
        call.mincore(address, pageCount * call.getpagesize(), into),
        "ask which pages are in memory",
        "mincore",
      ),
    lock: (address, length, withoutCopying) => {
      // mlock writes to every page of a private writable mapping in advance, so that each becomes a copy.
      const onFault = withoutCopying ? system.mlockOnFault : undefined;
      if (onFault !== undefined) advise(libc, system, address, length, "populate", false);
      const result =
        onFault === undefined ? call.mlock(address, length) : call.mlock2(address, length, onFault);
      if (result === 0) return;
      const attempt = `lock ${length} bytes in memory`;
      const syscall = onFault === undefined ? "mlock" : "mlock2";
      throw systemError(attempt, syscall, libc.errno(), undefined, undefined, LOCK_LIMIT);
    },
    unlock: (address, length) => checked(call.munlock(address, length), "unlock memory", "munlock"),
  };
}

function map(libc: Libc, system: PosixSystem, request: MapRequest): Address {
  const isPrivate = request.sharing === "private";
  const flags = isPrivate ? MAP.private | system.mapNoReserve : MAP.shared;
  // SAFETY: without MAP_FIXED the kernel chooses a free range, so nothing that exists is replaced.
  const result = libc.call.mmap(
    0,
    request.lengthBytes,
    PROTECTION[request.protection],
    flags,
    request.fd,
    request.fileOffsetBytes,
  );
  // MAP_FAILED is the one pointer that does not fit a number: it arrives as the BigInt 2^64 - 1.
  if (typeof result === "number") return result as Address;
  const what = request.path === undefined ? "map memory" : `map file "${request.path}"`;
  throw systemError(what, "mmap", libc.errno(), request.path);
}

function advise(
  libc: Libc,
  system: PosixSystem,
  address: Address,
  lengthBytes: number,
  advice: MemoryAdvice,
  isWritable: boolean,
): boolean {
  const key = advice === "populate" && isWritable ? "populateWrite" : advice;
  const value = system.advice[key];
  // SAFETY: every advice in the tables leaves the content of the range as it is; the caller sees to it
  // that "dontNeed" is never given for a private mapping, whose changes it would drop.
  return value !== undefined && libc.call.madvise(address, lengthBytes, value) === 0;
}

/** Why `mlock` fails, by any of its codes, on memory that is mapped. */
const LOCK_LIMIT =
  "this process may not lock so much (see `ulimit -l`; Linux also limits mappings, vm.max_map_count), or a full disk has no room for some of it";

type FileCalls = Pick<
  Platform,
  | "allocate"
  | "beginSync"
  | "hasHugePages"
  | "tryLockFile"
  | "duplicate"
  | "openCopiedUp"
  | "createMemoryFile"
>;

function fileCalls(libc: Libc, system: PosixSystem): FileCalls {
  const { call } = libc;
  return {
    allocate: (fd, offset, length, path) => allocate(libc, system, fd, offset, length, path),
    // What fails in it is told by the next call that waits for the disk.
    beginSync: (fd, offset, length) =>
      system.syncFileRangeWrite !== undefined &&
      call.sync_file_range(fd, offset, length, system.syncFileRangeWrite) === 0,
    hasHugePages: (fd, blockBytes) =>
      system.hugePagesType !== undefined &&
      blockBytes > call.getpagesize() &&
      statfsSync(`/proc/self/fd/${fd}`).type === system.hugePagesType,
    tryLockFile: (fd, kind) => {
      for (;;) {
        if (call.flock(fd, LOCK[kind] | LOCK.nonBlocking) === 0) return true;
        const errno = libc.errno();
        if (errno === system.wouldBlock) return false;
        if (errno !== system.interrupted) throw systemError("lock a file", "flock", errno);
      }
    },
    duplicate: (fd) => {
      const { duplicateCloexec } = system;
      const copy =
        duplicateCloexec === undefined ? call.dup(fd) : call.fcntl(fd, duplicateCloexec, 0);
      if (copy < 0) throw systemError(`use file descriptor ${fd}`, "dup", libc.errno());
      return copy;
    },
    openCopiedUp: (fd) => system.openCopiedUp?.(fd),
    createMemoryFile: (label) => {
      if (system.memfdCloexec === undefined) return undefined;
      const fd = call.memfd_create(label, system.memfdCloexec);
      if (fd < 0) throw systemError("create anonymous memory", "memfd_create", libc.errno());
      return fd;
    },
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
  if (system.hasFallocate) {
    for (;;) {
      // posix_fallocate returns the error number instead of setting errno.
      const errno = libc.call.posix_fallocate(fd, offsetBytes, lengthBytes);
      if (errno === 0) return;
      if (errno === system.interrupted) continue;
      if (system.cannotAllocate.includes(errno)) break;
      throw systemError(attempt, "posix_fallocate", errno, path);
    }
  }
  fillWithZeros(fd, offsetBytes, lengthBytes, attempt);
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

/** Allocates by writing, only behind the present end of the file: what is there already stays as it is. */
function fillWithZeros(
  fd: number,
  offsetBytes: number,
  lengthBytes: number,
  attempt: string,
): void {
  try {
    const end = offsetBytes + lengthBytes;
    const zeros = new Uint8Array(Math.min(ZERO_FILL_BYTES, lengthBytes));
    let position = Math.max(offsetBytes, fstatSync(fd).size);
    while (position < end) {
      position += writeSync(fd, zeros, 0, Math.min(zeros.length, end - position), position);
    }
  } catch (error) {
    throw fromNodeError(error, attempt);
  }
}
