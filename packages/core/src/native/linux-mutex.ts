/**
 * The robust, process-shared mutex of Linux's C libraries.
 *
 * @module
 */
import { CorruptSegmentError, DisposedError } from "../errors.ts";
import { mutexBytesOf } from "./abi.ts";
import { systemError } from "./errno.ts";
import type { Libc, LibcCalls } from "./libc.ts";
import type {
  Address,
  MemoryOwner,
  MutexOutcome,
  MutexPlace,
  RobustMutexes,
  SharedMutex,
} from "./platform-interface.ts";
import { engine } from "./runtime.ts";

/**
 * Error numbers that are outcomes here. `DEADLK` is one more way to be busy: glibc says it when the mutex holds the
 * number of this thread, which in another PID namespace (a container) is another thread's.
 */
const E = { BUSY: 16, DEADLK: 35, OWNERDEAD: 130 } as const;

const PTHREAD_MUTEX_ERRORCHECK = 2;
const PTHREAD_PROCESS_SHARED = 1;
const PTHREAD_MUTEX_ROBUST = 1;
/** A `pthread_mutexattr_t`: here, so that it is not collected between two calls. */
const ATTRIBUTES = new Uint8Array(new ArrayBuffer(64));
/** Enough for the mutex of either C library. */
const MUTEX_BYTES_MAX = 64;

/** Where in a mutex its type is, in bytes; it never changes once the mutex is made. */
const TYPE_OFFSET = { glibc: 16, musl: 0 } as const;

/** The time of the last tick: read without entering the kernel, and without asking the hardware. */
const CLOCK_REALTIME_COARSE = 5;

const GET_ROBUST_LIST: Readonly<Record<string, number>> = { x64: 274, arm64: 100 };

/** How mutexes of this library begin their life, and how to recognise them. */
interface MutexKind {
  readonly calls: LibcCalls;
  /** Where the word is that says what kind of mutex it is, in bytes. */
  readonly typeOffset: number;
  /** Its value in every mutex that `init` makes. */
  readonly type: number;
}

/**
 * The mutexes of this process; undefined where its kernel does not know which mutexes a thread holds, as qemu's user mode
 * does not: the death of their owner would leave them locked for ever, although they seem to work.
 */
export function linuxMutexes(
  { call: calls }: Libc,
  library: "glibc" | "musl",
): RobustMutexes | undefined {
  if (!hasRobustLists(calls)) return undefined;
  const typeOffset = TYPE_OFFSET[library];
  const sample = new Int32Array(new ArrayBuffer(MUTEX_BYTES_MAX));
  initMutex(calls, engine.addressOf(sample) as Address);
  const kind: MutexKind = { calls, typeOffset, type: sample[typeOffset / 4] as number };
  return {
    mutexBytes: mutexBytesOf(library),
    mutex: (owner, place) => new LinuxMutex(kind, owner, place),
  };
}

/** Whether the kernel keeps a list of the robust mutexes that this thread holds, and so can hand them on at its end. */
function hasRobustLists(calls: LibcCalls): boolean {
  const number = GET_ROBUST_LIST[process.arch];
  if (number === undefined) return false;
  const results = new Uint8Array(new ArrayBuffer(16));
  const address = engine.addressOf(results);
  // SAFETY: the kernel writes an address and a length, of 8 bytes each; the array is used below, so it lives until then.
  const result = calls.syscall(number, 0, address, address + 8, 0, 0, 0);
  return result === 0 && results.length > 0;
}

/** Thread functions return the error number instead of setting errno. */
function check(code: number, syscall: string): void {
  if (code !== 0) throw systemError("use a shared mutex", syscall, code);
}

function initMutex(calls: LibcCalls, address: Address): void {
  const attributes = engine.addressOf(ATTRIBUTES);
  check(calls.pthread_mutexattr_init(attributes), "pthread_mutexattr_init");
  check(
    calls.pthread_mutexattr_settype(attributes, PTHREAD_MUTEX_ERRORCHECK),
    "pthread_mutexattr_settype",
  );
  check(
    calls.pthread_mutexattr_setpshared(attributes, PTHREAD_PROCESS_SHARED),
    "pthread_mutexattr_setpshared",
  );
  check(
    calls.pthread_mutexattr_setrobust(attributes, PTHREAD_MUTEX_ROBUST),
    "pthread_mutexattr_setrobust",
  );
  check(calls.pthread_mutex_init(address, attributes), "pthread_mutex_init");
}

/** As `clock_gettime` does. */
function writeTime(timespec: Int32Array): void {
  const now = Date.now();
  const seconds = Math.floor(now / 1000);
  timespec[0] = seconds;
  timespec[1] = 0;
  timespec[2] = (now - seconds * 1000) * 1e6;
  timespec[3] = 0;
}

/**
 * One mutex in a mapping. Its two hot methods call the C library directly, and have no private names and little code
 * (decision 8): what they would be split into is no longer compiled into the caller's loop.
 */
class LinuxMutex implements SharedMutex {
  private readonly calls: LibcCalls;
  private readonly address: Address;
  private readonly stampAddress: Address;
  private readonly clock = CLOCK_REALTIME_COARSE;
  /** Where the time of the last locking is written by JavaScript; undefined where the C library does it. */
  private readonly stamp: Int32Array | undefined;
  /** The word that says what kind of mutex it is; gone, as all of the mapping, once that is disposed. */
  private readonly type: Int32Array;
  private readonly expectedType: number;
  readonly #owner: MemoryOwner;

  constructor({ calls, typeOffset, type }: MutexKind, owner: MemoryOwner, place: MutexPlace) {
    const { buffer, byteOffset } = place.bytes;
    this.calls = calls;
    this.#owner = owner;
    this.address = place.address;
    this.stampAddress = place.stampAddress;
    const stampOffset = byteOffset + place.stampAddress - place.address;
    this.stamp = engine.areCallsSlow ? new Int32Array(buffer, stampOffset, 4) : undefined;
    this.type = new Int32Array(buffer, byteOffset + typeOffset, 1);
    this.expectedType = type;
  }

  init(): void {
    if (this.#owner.isDisposed) throw new DisposedError("mapping");
    initMutex(this.calls, this.address);
  }

  tryLock(): MutexOutcome {
    // With some values of a type that somebody has overwritten, the C library ends the process (measured).
    if (this.type[0] !== this.expectedType) throw this.unusable();
    // SAFETY: the mapping is there, as its type word is, and stays while the mutex is locked.
    const code = this.calls.pthread_mutex_trylock(this.address);
    if (code !== 0) return this.notSimplyLocked(code);
    if (this.stamp === undefined) this.calls.clock_gettime(this.clock, this.stampAddress);
    else writeTime(this.stamp);
    return "acquired";
  }

  unlock(): void {
    if (this.type[0] !== this.expectedType) throw this.unusable();
    const code = this.calls.pthread_mutex_unlock(this.address);
    if (code !== 0) this.failToUnlock(code);
  }

  private notSimplyLocked(code: number): MutexOutcome {
    if (code === E.BUSY || code === E.DEADLK) return "busy";
    if (code !== E.OWNERDEAD) {
      throw systemError("lock a shared mutex", "pthread_mutex_trylock", code);
    }
    check(this.calls.pthread_mutex_consistent(this.address), "pthread_mutex_consistent");
    this.calls.clock_gettime(this.clock, this.stampAddress);
    return "abandoned";
  }

  /**
   * A mutex that somebody has overwritten while it was held stays in the C library's list of what this thread
   * holds, and the list leads through the mapping: so that is never unmapped.
   */
  private failToUnlock(code: number): never {
    this.#owner.keepMapped();
    throw systemError("unlock a shared mutex", "pthread_mutex_unlock", code);
  }

  private unusable(): Error {
    if (this.#owner.isDisposed) return new DisposedError("mapping");
    this.#owner.keepMapped();
    const hex = (type: number | undefined): string => `0x${((type ?? 0) >>> 0).toString(16)}`;
    return new CorruptSegmentError(
      `Cannot use a shared mutex: its type must be ${hex(this.expectedType)}: found ${hex(this.type[0])}`,
    );
  }
}
