/**
 * The {@link Platform} of every POSIX system, over one description of the system.
 *
 * @module
 */
import { abiTag } from "./abi.ts";
import { type BusGuard, createBusGuard } from "./bus-guard.ts";
import { systemError } from "./errno.ts";
import { type Libc, loadLibc } from "./libc.ts";
import type {
  Address,
  MapRequest,
  MemoryAdvice,
  MemoryCalls,
  Platform,
  ProcessCalls,
  Protection,
  RobustMutexes,
} from "./platform-interface.ts";
import { fifoCalls } from "./posix-fifos.ts";
import { fileCalls, nameCalls, tryLockFile } from "./posix-files.ts";
import { HUGE_PAGE_BYTES, MAP, type PosixSystem, PROT } from "./posix-system.ts";
import { engine } from "./runtime.ts";
import { Timespec } from "./timespec.ts";

const PROTECTION: Readonly<Record<Protection, number>> = {
  read: PROT.read,
  readWrite: PROT.read | PROT.write,
  readExecute: PROT.read | PROT.execute,
  readWriteExecute: PROT.read | PROT.write | PROT.execute,
};

/**
 * Makes the platform for a system.
 *
 * @param system The system's constants and library names.
 * @returns The calls, bound to the loaded C library.
 */
export function createPosixPlatform(system: PosixSystem): Platform {
  const libc = loadLibc(system);
  let robustMutexes: { readonly made: RobustMutexes | undefined } | undefined;
  return {
    abiTag: abiTag(system.library),
    ...memoryCalls(libc, system),
    ...fileCalls(libc, system),
    tryLockFile: (fd, kind) => tryLockFile(libc, system, fd, kind),
    byteLocks: system.byteLocks?.(libc),
    get robustMutexes() {
      robustMutexes ??= { made: system.robustMutexes?.(libc) };
      return robustMutexes.made;
    },
    futexes: system.futex(libc),
    ...fifoCalls(libc, system),
    threadPipes: undefined,
    monotonicNs: monotonicClock(libc, system.monotonicClock),
    ...nameCalls(),
    nameLog: system.nameLogs?.(libc),
    ...(system.processes ?? NO_PROCESSES),
  };
}

const NO_PROCESSES: ProcessCalls = { processState: () => undefined, openFilesIn: () => [] };

/**
 * Asks the C library every time: at 23 ns, without entering the kernel, it is cheaper than `Bun.nanoseconds()` (33 ns),
 * which has another origin in every process.
 */
function monotonicClock({ call }: Libc, clock: number): () => number {
  const time = new Timespec();
  const { address } = time;
  return () => {
    // SAFETY: the structure is this closure's own and lives as long as it.
    call.clock_gettime(clock, address);
    return time.nanoseconds;
  };
}

function memoryCalls(libc: Libc, system: PosixSystem): MemoryCalls {
  const { call } = libc;
  const pageSizeBytes = call.getpagesize();
  const { ownedBuffer } = engine;
  const munmap = ownedBuffer === undefined ? 0 : libc.addressOf("munmap");
  let madeGuard: BusGuard | undefined;
  const busGuard = (): BusGuard => {
    madeGuard ??= createBusGuard(libc, system, pageSizeBytes);
    return madeGuard;
  };
  const checked = (result: number, attempt: string, syscall: string): void => {
    if (result !== 0) throw systemError(attempt, syscall, libc.errno());
  };
  return {
    pageSizeBytes,
    granuleBytes: pageSizeBytes,
    map: (request) => map(libc, system, request),
    checkMappable: (request) => {
      const probe = map(libc, system, { ...request, fileOffsetBytes: 0, lengthBytes: 1 });
      // SAFETY: nobody has been told of it.
      checked(call.munmap(probe, 1), "unmap memory", "munmap");
    },
    // SAFETY: the caller owns the whole range and no buffer refers to it.
    unmap: (address, length) => checked(call.munmap(address, length), "unmap memory", "munmap"),
    // SAFETY: the deallocator's (bytes, context) are munmap's (address, length): the range is unmapped once,
    // by whoever holds the memory last, on any thread. The context is a plain number, never followed.
    ownedBuffer: ownedBuffer && ((address, length) => ownedBuffer(address, length, munmap, length)),
    // SAFETY: the caller detaches the buffer before the range goes away.
    borrowedBuffer: (address, length) => engine.borrowedBuffer(address, length),
    sync: (address, length, mode) =>
      checked(call.msync(address, length, system.msync[mode]), "flush memory", "msync"),
    advise: (address, length, advice, isWritable) =>
      advise(libc, system, address, length, advice, isWritable),
    hugePageBytes: system.advice.collapse === undefined ? 0 : HUGE_PAGE_BYTES,
    gatherPages: (address, length) => adviseBy(libc, system.advice.collapse, address, length),
    // SAFETY: mincore writes one byte per page; the caller keeps the array where it is.
    residency: (address, pageCount, into) =>
      checked(
        call.mincore(address, pageCount * pageSizeBytes, engine.addressOf(into)),
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
    guard: (range) => busGuard().watch(range),
    canGuard: () => busGuard().canWatch,
  };
}

function map(libc: Libc, system: PosixSystem, request: MapRequest): Address {
  const isPrivate = request.sharing === "private";
  const flags = isPrivate ? MAP.private | system.mapNoReserve : MAP.shared;
  const room = request.isGatherable ? findRoom(libc, system, request) : undefined;
  // SAFETY: without MAP_FIXED the kernel chooses a free range, and with it a part of the room is replaced, which is this call's.
  const result = libc.call.mmap(
    room?.address ?? 0,
    request.lengthBytes,
    PROTECTION[request.protection],
    room === undefined ? flags : flags | MAP.fixed,
    request.fd,
    request.fileOffsetBytes,
  );
  // MAP_FAILED is the one pointer that does not fit a number: it arrives as the BigInt 2^64 - 1.
  const errno = typeof result === "number" ? 0 : libc.errno();
  for (const [address, lengthBytes] of room?.rest(errno !== 0) ?? []) {
    // SAFETY: it is of the room, and nothing is mapped there.
    if (lengthBytes > 0) libc.call.munmap(address, lengthBytes);
  }
  if (typeof result === "number") return result as Address;
  const what = request.path === undefined ? "map memory" : `map file "${request.path}"`;
  throw systemError(what, "mmap", errno, request.path);
}

/** Room to map a file in so that its huge pages, counted from its start, are those of the address. */
interface Room {
  readonly address: number;
  /** What is to be unmapped: all, or what is before and behind the file. */
  rest(isAll: boolean): readonly (readonly [address: number, lengthBytes: number])[];
}

function findRoom({ call }: Libc, system: PosixSystem, request: MapRequest): Room | undefined {
  const { lengthBytes, fileOffsetBytes } = request;
  if (system.advice.collapse === undefined || lengthBytes < HUGE_PAGE_BYTES) return undefined;
  const roomBytes = lengthBytes + HUGE_PAGE_BYTES;
  const flags = MAP.private | system.mapAnonymous | system.mapNoReserve;
  // SAFETY: without MAP_FIXED the kernel chooses a free range, so nothing that exists is replaced.
  const start: unknown = call.mmap(0, roomBytes, 0, flags, -1, 0);
  if (typeof start !== "number") return undefined;
  const leadBytes = (fileOffsetBytes - start) % HUGE_PAGE_BYTES;
  const address = start + (leadBytes < 0 ? leadBytes + HUGE_PAGE_BYTES : leadBytes);
  const page = call.getpagesize();
  const end = address + Math.ceil(lengthBytes / page) * page;
  return {
    address,
    rest: (isAll) =>
      isAll
        ? [[start, roomBytes]]
        : [
            [start, address - start],
            [end, start + Math.ceil(roomBytes / page) * page - end],
          ],
  };
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
  return adviseBy(libc, system.advice[key], address, lengthBytes);
}

function adviseBy(
  { call }: Libc,
  value: number | undefined,
  address: Address,
  lengthBytes: number,
): boolean {
  // SAFETY: every advice in the tables leaves the content of the range as it is; the caller sees to it
  // that "dontNeed" is never given for a private mapping, whose changes it would drop.
  return value !== undefined && call.madvise(address, lengthBytes, value) === 0;
}

/** Why `mlock` fails, by any of its codes, on memory that is mapped. */
const LOCK_LIMIT =
  "this process may not lock so much (see `ulimit -l`; Linux also limits mappings, vm.max_map_count), or a full disk has no room for some of it";
