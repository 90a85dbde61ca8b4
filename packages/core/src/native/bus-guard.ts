/**
 * Turns `SIGBUS` on watched ranges into a flag that TypeScript can see; `bus-guard.c` is its other half.
 *
 * Layout of the table that both share (little-endian, units of 32 bytes):
 *
 * ```text
 *  header   0: used u32 | 4: page_size u32 | 8 … 31 unused
 *  slot n   0: start u64 | 8: end u64 | 16: faults u32 | 20 … 31 unused      at 32 * (n + 1)
 * ```
 *
 * @module
 */
/// <reference path="./assets.d.ts" />
import { cc, FFIType, type Pointer, toArrayBuffer } from "bun:ffi";
import source from "./bus-guard.c" with { type: "file" };
import { FAULT_SEEN } from "./fault-flag.ts";
import type { Libc } from "./libc.ts";
import type { Address, RangeGuard } from "./platform.ts";
import { MAP, type PosixSystem, PROT } from "./posix-system.ts";

const SLOT_WORDS = 8;
const START_WORD = 0;
const END_WORD = 2;
const FAULT_WORD = 4;
const USED_WORD = 0;
/** Linux allows a process 65,530 mappings by default, so no more ranges than this can be watched. */
const SLOT_COUNT = 1 << 16;
const TABLE_BYTES = (SLOT_COUNT + 1) * SLOT_WORDS * 4;
const TWO_POW_32 = 2 ** 32;

/** Watches ranges. */
interface BusGuard {
  /** Begins to watch a range, or returns undefined where that is not possible. */
  watch(address: Address, lengthBytes: number): RangeGuard | undefined;
}

const UNAVAILABLE: BusGuard = { watch: () => undefined };

/**
 * Compiles and installs the signal handler: a few milliseconds, once per thread that maps a file.
 *
 * @returns The guard; one that watches nothing where Bun has no compiler for this machine.
 */
export function createBusGuard(libc: Libc, system: PosixSystem, pageSizeBytes: number): BusGuard {
  // SAFETY: anonymous memory that is never unmapped: the handler may read it at any time.
  const tableAddress = libc.call.mmap(
    0,
    TABLE_BYTES,
    PROT.read | PROT.write,
    MAP.private | system.mapAnonymous | system.mapNoReserve,
    -1,
    0,
  );
  if (typeof tableAddress !== "number") return UNAVAILABLE;
  const retire = install(libc, system, tableAddress, pageSizeBytes);
  if (retire === undefined) return UNAVAILABLE;
  // SAFETY: the buffer is in use for as long as this thread may map anything; that it is released then, also
  // when a worker is terminated in the middle of something, takes the thread's handler out of use.
  return slotGuard(new Int32Array(wrapTable(tableAddress, 0, TABLE_BYTES, tableAddress, retire)));
}

/** `toArrayBuffer` with a deallocator, which the type declarations of Bun 1.4 leave out. */
const wrapTable = toArrayBuffer as unknown as (
  address: number,
  byteOffset: number,
  byteLength: number,
  context: number,
  deallocator: number,
) => ArrayBuffer;

/** Keeps the compiled code alive: the kernel holds its address. */
let handler: ReturnType<typeof compile> | undefined;

function compile(system: PosixSystem) {
  return cc({
    source,
    // Nothing is linked: see bus-guard.c.
    flags: "-nostdlib",
    define: { ...system.busGuard },
    symbols: {
      install: {
        args: [FFIType.ptr, FFIType.u32, FFIType.ptr, FFIType.ptr, FFIType.ptr],
        returns: FFIType.i32,
      },
      retire: { args: [FFIType.ptr, FFIType.ptr], returns: FFIType.void },
    },
  });
}

/** Returns the address of the function that undoes it; undefined when it cannot be done. */
function install(
  libc: Libc,
  system: PosixSystem,
  tableAddress: number,
  pageSizeBytes: number,
): number | undefined {
  try {
    handler = compile(system);
  } catch {
    return undefined; // no compiler in this build of Bun: truncated files end the process, as without a guard
  }
  const { symbols } = handler;
  const { mmap, sigaction } = libc.addresses;
  const failed = symbols.install(
    tableAddress as Pointer,
    pageSizeBytes,
    FAULT_SEEN,
    mmap as Pointer,
    sigaction as Pointer,
  );
  if (failed !== 0) return undefined;
  return (symbols.retire as unknown as { readonly ptr: number }).ptr;
}

function slotGuard(words: Int32Array): BusGuard {
  const free: number[] = [];
  const release = (slot: number): void => {
    const base = wordOf(slot);
    const hadFaults = words[base + FAULT_WORD] !== 0;
    // The end goes first and comes last: in between the range is empty for a handler on another thread.
    words.fill(0, base + END_WORD, base + SLOT_WORDS);
    words.fill(0, base, base + END_WORD);
    free.push(slot);
    if (hadFaults && !anyFault(words)) FAULT_SEEN[0] = 0;
  };
  // A mapping that nobody disposed is unmapped by the collector; its slot comes back through here.
  const abandoned = new FinalizationRegistry<number>(release);
  return {
    watch(address, lengthBytes) {
      const slot = free.pop() ?? (words[USED_WORD] as number);
      if (slot >= SLOT_COUNT) return undefined;
      if (slot === words[USED_WORD]) words[USED_WORD] = slot + 1;
      const base = wordOf(slot);
      writeAddress(words, base + START_WORD, address);
      writeAddress(words, base + END_WORD, address + lengthBytes);
      const guard: RangeGuard = {
        get hasFaulted() {
          return words[base + FAULT_WORD] !== 0;
        },
        release() {
          if (abandoned.unregister(guard)) release(slot);
        },
      };
      abandoned.register(guard, slot, guard);
      return guard;
    },
  };
}

function wordOf(slot: number): number {
  return (slot + 1) * SLOT_WORDS;
}

function writeAddress(words: Int32Array, word: number, address: number): void {
  words[word] = (address % TWO_POW_32) | 0;
  words[word + 1] = Math.floor(address / TWO_POW_32);
}

function anyFault(words: Int32Array): boolean {
  for (let slot = 0; slot < (words[USED_WORD] as number); slot++) {
    if (words[wordOf(slot) + FAULT_WORD] !== 0) return true;
  }
  return false;
}
