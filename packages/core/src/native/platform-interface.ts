/**
 * What an operating system must bring, and all that the floors above may ask of it. Numbers that differ between systems
 * (constants, error numbers, struct layouts) stay below this interface. What `node:fs` does alike on every system
 * is not in it. This file imports nothing; `platform.ts` chooses who implements it.
 *
 * @module
 */

/** A memory address. Only `mapping.ts` may hold one; it means nothing once the region is unmapped. */
export type Address = number & { readonly __address: unique symbol };

/** What may be done with the pages of a mapping. */
export type Protection = "read" | "readWrite" | "readExecute" | "readWriteExecute";

/** Advice on how a range will be used; see `posix_madvise(3)` and `madvise(2)`. */
export type MemoryAdvice =
  | "sequential"
  | "random"
  | "willNeed"
  | "dontNeed"
  | "hugePage"
  | "populate";

/** A request to map memory. */
export interface MapRequest {
  /** Length in bytes, > 0. */
  readonly lengthBytes: number;
  readonly protection: Protection;
  /** `"shared"`: writes reach the file and every process. `"private"`: writes stay in this mapping. */
  readonly sharing: "shared" | "private";
  /** The open file to map. */
  readonly fd: number;
  /** Where in the file the mapping begins; a multiple of the granule. */
  readonly fileOffsetBytes: number;
  /** The file's name, for error messages. */
  readonly path: string | undefined;
  /** Whether it is to lie where `MemoryCalls.gatherPages` can do something for it. */
  readonly isGatherable?: boolean;
}

/** Mapped memory. Every call throws `SystemError` when refused. */
export interface MemoryCalls {
  /** Size of a memory page in bytes. */
  readonly pageSizeBytes: number;

  /** Where in a file a mapping may begin: at multiples of so many bytes, which is a multiple of the page size. */
  readonly granuleBytes: number;

  /** Maps a range of an open file and returns where it begins. */
  map(request: MapRequest): Address;

  /** Checks that an open file can be mapped so, were it empty or not, without leaving anything mapped. */
  checkMappable(request: Pick<MapRequest, "fd" | "path" | "protection" | "sharing">): void;

  /** Unmaps a range that no buffer of `ownedBuffer` covers. */
  unmap(address: Address, lengthBytes: number): void;

  /**
   * Wraps mapped memory in an `ArrayBuffer` that owns it: the range is unmapped exactly once, when the
   * buffer's memory is released, be it by `buffer.transfer(0)` or by the garbage collector. Absent where the runtime
   * has no such buffers.
   */
  readonly ownedBuffer: ((address: Address, lengthBytes: number) => ArrayBuffer) | undefined;

  /** Wraps mapped memory without owning it; the caller detaches the buffer before the range is unmapped. */
  borrowedBuffer(address: Address, lengthBytes: number): ArrayBuffer;

  /**
   * Writes changed pages back to the file: waits for the disk (`"sync"`) or only begins (`"async"`).
   *
   * @param fd The file, open for writing.
   */
  sync(address: Address, lengthBytes: number, mode: "sync" | "async", fd: number): void;

  /** Passes advice on. Returns false when this system does not know it or cannot follow it here. */
  advise(address: Address, lengthBytes: number, advice: MemoryAdvice, isWritable: boolean): boolean;

  /** How many bytes a huge page has; 0 where the system has none to gather pages in. */
  readonly hugePageBytes: number;

  /**
   * Moves what is in the pages of a shared mapping to huge pages, of which the CPU knows more at a time where they are. Takes
   * whole ones only, and the memory of all of each. A read or a write by others meanwhile waits.
   *
   * @returns False where the system has none, or no room in one piece.
   */
  gatherPages(address: Address, lengthBytes: number): boolean;

  /** One byte per page of the range, non-zero where the page is in memory. */
  residency(address: Address, pageCount: number, into: Uint8Array): void;

  /**
   * Locks a range into memory: it is not paged out until unlocked or unmapped. With `withoutCopying`,
   * for private mappings, the pages stay those of the file where the system can do that.
   */
  lock(address: Address, lengthBytes: number, withoutCopying: boolean): void;

  /** Undoes `lock`. */
  unlock(address: Address, lengthBytes: number): void;

  /**
   * Watches a mapped range for accesses to what has no storage (`SIGBUS`): behind the end of its file, on a full
   * disk or a broken one. They then read as zero instead of ending the process. Returns undefined where the watch
   * cannot be set up.
   *
   * @param range What was mapped where; the file may be closed at any time.
   */
  guard(range: GuardedRange): RangeGuard | undefined;

  /** Whether `guard` can watch on this thread; finding that out sets it up. */
  canGuard(): boolean;
}

/** A range of a file that has been mapped. */
export interface GuardedRange extends Pick<MapRequest, "fd" | "fileOffsetBytes" | "lengthBytes"> {
  readonly address: Address;
}

/** `"noSpace"`: a store for which the file system had no room. `"unknown"`: ask for the file's length. */
export type FaultCause = "truncated" | "noSpace" | "device" | "unknown";

/** The first access to a range that could not be carried out. */
export interface Fault {
  readonly cause: FaultCause;
  /** Where it was, in bytes from the start of the range. */
  readonly position: number;
}

/** A watch over one mapped range; see {@link MemoryCalls.guard}. */
export interface RangeGuard {
  /** The first access that was caught; undefined when there was none. Look only when `FAULT_SEEN` says so. */
  readonly fault: Fault | undefined;
  /** Ends the watch; called about when the range is unmapped. */
  release(): void;
  /** Leaves the watch to itself, for memory that was transferred away: it ends when that has been unmapped. */
  leave(): void;
}

/** A range of a file, in bytes; its end is the first offset behind it. */
export interface DataRange {
  readonly start: number;
  readonly end: number;
}

/** Open files. Every call throws `SystemError` when refused. */
export interface FileCalls {
  /**
   * Makes a file longer, by zeros, or shorter.
   *
   * @param attempt What could not be done when that is refused, as to shorten a mapped file is on some systems (`EBUSY`).
   */
  setLength(fd: number, lengthBytes: number, attempt: string, path: string | undefined): void;

  /** Allocates storage for a range of a file, growing it where needed: `ENOSPC` now, never `SIGBUS` later. */
  allocate(fd: number, offsetBytes: number, lengthBytes: number, path: string | undefined): void;

  /**
   * Begins to write changed pages of a range of a file to the disk, without waiting for it.
   *
   * @returns False where the system has no such call, or refuses it: `sync` does what is possible there.
   */
  beginSync(fd: number, offsetBytes: number, lengthBytes: number): boolean;

  /**
   * The next range of a file in which there may be bytes that are not zero: what is before it is a hole, or has never been written.
   *
   * @returns Everything from the offset on where the system does not tell; undefined when nothing comes any more.
   */
  nextData(fd: number, offsetBytes: number): DataRange | undefined;

  /**
   * Has the system forget the pages of a file from an offset on that are in memory and not changed: to `nextData` what was read ahead looks
   * as if it were there. Does nothing where the system does not tell what is there.
   */
  forgetUnchanged(fd: number, offsetBytes: number): void;

  /** Whether an open file has pages of its own size (hugetlbfs), by its `st_blksize`: nothing here fits those. */
  hasHugePages(fd: number, blockBytes: number): boolean;

  /** Another descriptor of the same open file, not inherited by child processes where the system can. */
  duplicate(fd: number): number;

  /**
   * Makes an object that closes a descriptor, once: when it is disposed, or in the collection that finds it. Returns undefined
   * for a descriptor that cannot be given away so; absent where the runtime tells of what it has collected in a later turn of
   * the event loop only.
   */
  readonly ownDescriptor: ((fd: number) => Disposable | undefined) | undefined;

  /**
   * Opens a file for reading once more where a file system (overlayfs) may have copied it since: then this descriptor
   * maps the copy, and the given one what it was copied from. Returns undefined on any other file system.
   */
  openCopiedUp(fd: number): number | undefined;

  /** Lets a file that is going to grow have no storage where nothing is written, on systems where it is not so anyway. */
  allowHoles(fd: number): void;

  /**
   * Returns when the names in a directory are on the disk.
   *
   * @param change Changes some first, when the directory is open: where it cannot be opened, nothing is changed. Throws `SystemError`s.
   */
  syncDirectory(path: string, change?: () => void): void;

  /** Whether syncing a file also writes what was changed through its mappings. */
  readonly syncsMappings: boolean;

  /** Whether reading a file shows at once what was stored through its mappings. */
  readonly readsMappings: boolean;

  /** A file of size 0 that lives in memory or goes with its last descriptor, or undefined where the system has none. */
  createMemoryFile(label: string): number | undefined;
}

/** How a wait on a futex ended. */
export type FutexOutcome = "woken" | "changed" | "timeout" | "interrupted";

/** How an attempt to lock a robust mutex ended; `"abandoned"`: locked, and its last owner died holding it. */
export type MutexOutcome = "acquired" | "abandoned" | "busy";

/** As much of a mapping as what lives in it needs to know. */
export interface MemoryOwner {
  readonly isDisposed: boolean;
  /** Leaves the memory mapped when the mapping is disposed, because native code still refers to it. */
  keepMapped(): void;
}

/** Where a mutex is. */
export interface MutexPlace {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly address: Address;
  /** Where to write the time of locking, as a `struct timespec`. */
  readonly stampAddress: Address;
}

/** A robust mutex in shared memory. It ends with its mapping: `DisposedError` from then on. */
export interface SharedMutex {
  /** Makes a mutex out of zero bytes, before anybody else can see them. */
  init(): void;
  /**
   * Tries to lock for this thread, and notes when. An abandoned mutex is marked consistent at once; one that this
   * thread itself has locked is busy.
   *
   * @throws {CorruptSegmentError} When somebody has made something else of it.
   */
  tryLock(): MutexOutcome;
  /**
   * Unlocks what this thread has locked.
   *
   * @throws {SystemError} When it has not, or somebody has overwritten it since.
   */
  unlock(): void;
}

/** Robust mutexes that processes share. */
export interface RobustMutexes {
  /** Size of a mutex in bytes. */
  readonly mutexBytes: number;

  /** The mutex that is, or will be, at a place in a mapping. */
  mutex(owner: MemoryOwner, place: MutexPlace): SharedMutex;
}

/** Locks on single bytes that belong to an open file, and disturb no other lock on it. */
export interface ByteLocks {
  /**
   * Locks one byte of an open file for this open file alone, without waiting. The kernel unlocks it when the
   * last copy of the descriptor closes, so that it tells who is alive.
   */
  tryLock(fd: number, offset: number): boolean;

  /** Locks one byte as `tryLock` does, but together with others who share it. */
  tryShare(fd: number, offset: number): boolean;

  /** Unlocks a byte. */
  unlock(fd: number, offset: number): void;

  /**
   * Whether anybody but this open file has a byte locked. A system that cannot be asked tries to lock it for a moment, in
   * which others try in vain, and who else asks is told yes: ask for no byte that this open file has locked.
   */
  isLocked(fd: number, offset: number): boolean;
}

/** Locks, by which the kernel tells who is alive. */
export interface LockCalls {
  /** Takes a lock on an open file without waiting; the kernel drops it when the last copy of `fd` closes. */
  tryLockFile(fd: number, kind: "shared" | "exclusive"): boolean;

  /** Absent where there are none, or where they and `tryLockFile` exclude each other. */
  readonly byteLocks: ByteLocks | undefined;

  /** Absent where an owner's death would leave such a mutex locked for ever. */
  readonly robustMutexes: RobustMutexes | undefined;
}

/** Words in shared memory to sleep on. */
export interface FutexCalls {
  /**
   * Sleeps while a 32-bit word in shared memory has the expected value, in any process.
   *
   * @param timeoutMs How long at most, in milliseconds. This thread runs nothing else meanwhile.
   */
  futexWait(address: Address, expected: number, timeoutMs: number): FutexOutcome;

  /** Wakes up to `count` threads that sleep on a word, or all of them. */
  futexWake(address: Address, count: number): void;
}

/** How threads of different processes wait for each other. */
export interface WaitCalls {
  /** Absent where a word wakes threads of one process only: there a thread sleeps until its bell is rung. */
  readonly futexes: FutexCalls | undefined;

  /** Nanoseconds of a clock that never goes back and is the same for every process of the machine. */
  monotonicNs(): number;
}

/** Which side of a pipe is opened. Who has both keeps it from ending. */
export type FifoEnd = "read" | "write" | "both";

/**
 * Pipes that are found by a path: others write into one to wake an event loop, and another one ends when the process
 * that keeps it open does. No call waits.
 */
export interface FifoCalls {
  /** Whether pipes can be locked as files can. */
  readonly canLockPipes: boolean;

  /** Creates a pipe for this user only; throws `SystemError`, `EEXIST` when there is one. */
  makeFifo(path: string): void;

  /** Opens a pipe; undefined when there is none, or for writing, when nobody reads it. */
  openFifo(path: string, end: FifoEnd): number | undefined;

  /** Writes a byte; false when nobody reads the pipe any more. One that is full has been rung already. */
  ringFifo(fd: number): boolean;

  /** Takes out what is in a pipe; false when nobody has it open for writing any more, so that it has ended. */
  emptyFifo(fd: number): boolean;
}

/** A pipe that this thread has made and nobody finds by a path. It ends with the process. */
export interface ThreadPipe {
  /**
   * Sleeps until it is rung, or has been rung since the last sleep. This thread runs nothing else meanwhile.
   *
   * @param timeoutMs How long at most, in milliseconds.
   * @returns Whether it was rung.
   */
  sleep(timeoutMs: number): boolean;
  /** Ends it. */
  close(): void;
}

/** Reads a pipe through the event loop, which is kept alive until the reader is closed. */
export interface PipeReader {
  /** Takes what is there, as soon as there is any. `done`: the pipe has ended, or the reader was cancelled. */
  read(): Promise<{ readonly done: boolean }>;
  cancel(): Promise<void>;
  /** Called once, when reading has ended. */
  close(): void;
}

/** Rings a pipe of somebody else. */
export interface PipeRinger {
  /** Wakes its reader, and whoever sleeps at it; false when its maker is gone. */
  ring(): boolean;
  close(): void;
}

/** Pipes that have a name of their own instead of a path in the file system. What is said of a name holds for all users. */
export interface ThreadPipes {
  /** Makes one of this name, which no other one has ever had. */
  make(name: string): ThreadPipe;
  /** Begins to read this thread's own, or to watch for the end of another's. */
  read(name: string): PipeReader;
  /** Undefined when there is none. */
  open(name: string): PipeRinger | undefined;
}

/** What tells two files from each other. */
export interface FileIdentity {
  readonly dev: number | bigint;
  readonly ino: number | bigint;
}

/** How files get and lose their names. Errors are those of `node:fs`, or typed ones. */
export interface FileNames {
  /** Which file a descriptor is of. */
  identify(fd: number): FileIdentity;

  /** Which file a path leads to; undefined when there is none. */
  lookUp(path: string): FileIdentity | undefined;

  /**
   * Gives a finished file its name: one more, or instead of the one that it has. Throws `EEXIST`, and changes nothing, when that
   * is taken.
   */
  publish(aside: string, path: string): void;

  /** Removes the name of a file that may be open, and mapped: it is free at once. Throws `ENOENT` when there is none. */
  remove(path: string): void;
}

/** Where named memory is, and who may put files there. */
export interface NameCalls {
  /** Path of the directory, unless the user names another one. It need not exist. */
  defaultDirectory(): string;

  /** Why a directory of this owner and mode must not be used: others could swap a file in it. */
  objectionTo(directory: { readonly uid: number; readonly mode: number }): string | undefined;

  /** What is wrong with a name, as that of a file; absent where any name will do that has no separator. */
  readonly objectionToName: ((name: string) => string | undefined) | undefined;

  readonly fileNames: FileNames;
}

/** One change of the names in a directory. */
export interface NameChange {
  /** A move has two halves: a name has left, another one has come, each in its directory. */
  readonly type: "made" | "deleted" | "left" | "came";
  readonly name: string;
  /** Which move it is a half of: both halves have the same number. 0: none. */
  readonly move: number;
}

/** What happens to the names in a directory, in order, since it was asked for. */
export interface NameLog {
  /** Takes what has not been taken yet; undefined when that was more than the system keeps. */
  take(): readonly NameChange[] | undefined;
  /** Ends it. */
  close(): void;
}

/** What the system tells of directories. */
export interface DirectoryCalls {
  /**
   * Begins a log of a directory's names; it returns undefined when the system has no room for another one. Absent where no
   * system call tells both halves of a move.
   */
  readonly nameLog: ((directory: string) => NameLog | undefined) | undefined;
}

/** What the system tells of other processes of this user. */
export interface ProcessCalls {
  /** Undefined where there is no such process, or the system does not tell. */
  processState(pid: number): ProcessState | undefined;

  /**
   * The files right in a directory that processes have open for writing, by the path that they had or still have. None
   * where the system does not tell.
   *
   * @param directory Without symbolic links.
   */
  openFilesIn(directory: string): OpenFile[];
}

/** What a process does. */
export interface ProcessState {
  /** When it started, in ticks since boot, above 0: with its number it names the process while the system runs. */
  readonly startTicks: number;
  /** Whether it is stopped, by a signal or a debugger. */
  readonly isStopped: boolean;
}

/** One open file of a process. */
export interface OpenFile {
  readonly pid: number;
  /** The path that it had or still has, as the system tells it. */
  readonly path: string;
  /** Whether it has lost that path. */
  readonly isRemoved: boolean;
  /** By which path it can be opened from here. */
  readonly link: string;
}

/** One operating system. What not every system has may be absent, and the floors above do without. */
export interface Platform
  extends MemoryCalls,
    FileCalls,
    LockCalls,
    WaitCalls,
    FifoCalls,
    NameCalls,
    DirectoryCalls,
    ProcessCalls {
  /** CPU, C library and size of a mutex in one word: processes share a robust mutex only when it is equal. */
  readonly abiTag: number;

  /** By which others wake a thread here. Absent where `FifoCalls` makes pipes that have a path. */
  readonly threadPipes: ThreadPipes | undefined;
}
