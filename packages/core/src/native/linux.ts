/**
 * Linux, with glibc or musl, on x64 and arm64. Values from the kernel's `asm-generic` headers, which
 * both CPUs share.
 *
 * @module
 */
import { closeSync, constants, openSync, readFileSync, readSync, statfsSync } from "node:fs";
import type { SystemCall } from "./libc.ts";
import { linuxByteLocks, linuxFutex } from "./linux-calls.ts";
import { linuxMutexes } from "./linux-mutex.ts";
import { linuxNameLogs } from "./linux-name-log.ts";
import { linuxProcesses } from "./linux-processes.ts";
import type { Platform } from "./platform-interface.ts";
import { createPosixPlatform } from "./posix.ts";
import type { PosixSystem } from "./posix-system.ts";

const MAP_ANONYMOUS = 0x20;
const OVERLAYFS_MAGIC = 0x794c7630;

const LINUX_CALLS: readonly SystemCall[] = [
  "posix_fallocate",
  "posix_fadvise",
  "memfd_create",
  "mlock2",
  "sync_file_range",
  "lseek",
  "fcntl",
  "read",
  "inotify_init1",
  "inotify_add_watch",
  "inotify_rm_watch",
  "syscall",
  "pthread_mutexattr_init",
  "pthread_mutexattr_settype",
  "pthread_mutexattr_setpshared",
  "pthread_mutexattr_setrobust",
  "pthread_mutex_init",
  "pthread_mutex_lock",
  "pthread_mutex_trylock",
  "pthread_mutex_unlock",
  "pthread_mutex_consistent",
];

/**
 * Whether this process runs on musl. Both C libraries may be installed side by side, and a second one
 * loaded into a running process does not work, so the executable's own ELF interpreter decides.
 */
function runsOnMusl(): boolean {
  const header = Buffer.alloc(4096);
  const fd = openProgram();
  try {
    readSync(fd, header, 0, header.length, 0);
  } finally {
    closeSync(fd);
  }
  return header.includes("/ld-musl-");
}

/** Opens the file of this program, also when it was removed since it started, as by an upgrade. */
function openProgram(): number {
  try {
    return openSync(process.execPath, "r");
  } catch {
    return openSync("/proc/self/exe", "r");
  }
}

/** Opens the file anew by its descriptor, which also finds one that has been renamed or has no name any more. */
function openCopiedUp(fd: number): number | undefined {
  const path = `/proc/self/fd/${fd}`;
  try {
    if (statfsSync(path).type !== OVERLAYFS_MAGIC) return undefined;
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined; // this process may not open it any more: what it had goes on
  }
}

/** How many mappings a process may have. */
function mappingLimit(): number | undefined {
  try {
    return Number(readFileSync("/proc/sys/vm/max_map_count", "utf8")) || undefined;
  } catch {
    return undefined; // no /proc here
  }
}

/** Makes the platform of Linux. */
export function linux(): Platform {
  return createPosixPlatform(describeLinux());
}

/** Describes Linux for `posix.ts`. */
export function describeLinux(): PosixSystem {
  const isMusl = runsOnMusl();
  const isArm = process.arch === "arm64";
  const library = isMusl ? "musl" : "glibc";
  return {
    // Before glibc 2.34 mutexes are in libpthread, which leads to the rest as well.
    libc: isMusl
      ? [`libc.musl-${isArm ? "aarch64" : "x86_64"}.so.1`]
      : ["libc.so.6", "libpthread.so.0"],
    calls: LINUX_CALLS,
    library,
    errnoCall: "__errno_location",
    mapAnonymous: MAP_ANONYMOUS,
    mapNoReserve: 0x4000,
    msync: { sync: 4, async: 1 },
    advice: {
      random: 1,
      sequential: 2,
      willNeed: 3,
      dontNeed: 4,
      hugePage: 14,
      populate: 22, // MADV_POPULATE_READ, Linux 5.14
      populateWrite: 23,
      collapse: 25, // Linux 6.1
    },
    wouldBlock: 11,
    interrupted: 4,
    cannotAllocate: [22, 95], // EINVAL, EOPNOTSUPP: musl passes on what glibc would emulate
    readsMappings: true, // both are the page cache
    duplicateCloexec: 1030,
    openCopiedUp,
    memfdCloexec: 1,
    mlockOnFault: 1,
    syncFileRangeWrite: 2,
    seekData: { whence: 3, hole: 4, nothing: 6, dontNeed: 4 }, // SEEK_DATA, SEEK_HOLE, ENXIO
    hugePagesType: 0x958458f6,
    busGuard: {
      SIGNAL_BUS: "7",
      SIGINFO_ADDRESS_OFFSET: "16",
      FLAG_SIGINFO: "4",
      FLAG_ONSTACK: "0x08000000",
      MAP_ANONYMOUS: String(MAP_ANONYMOUS),
      ACTION_FIELDS: "unsigned long mask[16]; int flags; void *restorer;",
      SYSCALL_FSTAT: isArm ? "80" : "5",
      SYSCALL_FSTATFS: isArm ? "44" : "138",
      SYSCALL_MADVISE: isArm ? "233" : "28",
      STAT_MODE_OFFSET: isArm ? "16" : "24",
      ADVICE_POPULATE: "22",
      TMPFS_MAGIC: "0x01021994",
    },
    monotonicClock: 1,
    canLockPipes: true,
    futex: linuxFutex,
    byteLocks: linuxByteLocks,
    robustMutexes: (libc) => linuxMutexes(libc, library),
    nameLogs: linuxNameLogs,
    processes: linuxProcesses,
    mappingLimit: mappingLimit(),
  };
}
