/**
 * Turns `SIGBUS` on watched ranges into a flag that TypeScript can see; `bus-guard.c` is its other half.
 *
 * Layout of the table that both share (little-endian, units of 64 bytes; what is not named here is the handler's own):
 *
 * ```text
 *  header   0: used u32 | 4: page_size u32
 *  slot n   0: start u64 | 8: end u64 | 16: cause u32 | 24: position u64      at 64 * (n + 1)
 * ```
 *
 * @module
 */
import { closeSync, mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine, Library } from "./engine.ts";
import { FAULT_SEEN } from "./fault-flag.ts";
import type { Libc } from "./libc.ts";
import type { FaultCause, GuardedRange, RangeGuard } from "./platform-interface.ts";
import { MAP, type PosixSystem, PROT } from "./posix-system.ts";
import { engine } from "./runtime.ts";

const SLOT_WORDS = 16;
const CAUSE_WORD = 4;
const POSITION_WORD = 6;
const USED_WORD = 0;
/** Linux allows a process 65,530 mappings by default; there are never more ranges to watch than mappings. */
const SLOT_COUNT_DEFAULT = 1 << 16;
const TWO_POW_32 = 2 ** 32;

/** The memory of one `ArrayBuffer` at most: a longer range has several, which go one by one. */
const BUFFER_BYTES_MAX = TWO_POW_32;

/** Where `mincore` writes: here, so that it is never collected. */
const PAGE_STATE = new Uint8Array(new ArrayBuffer(1));

/** What the numbers in a slot's cause mean: `enum cause` of the handler, from 1 on. */
const CAUSES: readonly FaultCause[] = ["truncated", "noSpace", "device", "unknown"];

/** Watches ranges. */
export interface BusGuard {
  /** Whether it watches anything. */
  readonly canWatch: boolean;
  /** Begins to watch a range, or returns undefined where that is not possible. */
  watch(range: GuardedRange): RangeGuard | undefined;
}

/**
 * Compiles and installs the signal handler: a few milliseconds, once per thread that maps a file.
 *
 * @returns The guard; one that watches nothing, after a warning, where the runtime has no compiler for this machine.
 */
export function createBusGuard(libc: Libc, system: PosixSystem, pageSizeBytes: number): BusGuard {
  const { compile, ownedBuffer } = engine;
  if (compile === undefined || ownedBuffer === undefined) {
    return unavailable("this runtime has no C compiler");
  }
  const slotCount = system.mappingLimit ?? SLOT_COUNT_DEFAULT;
  const tableBytes = (slotCount + 1) * SLOT_WORDS * 4;
  // SAFETY: anonymous memory that is never unmapped: the handler may read it at any time.
  const table = libc.call.mmap(
    0,
    tableBytes,
    PROT.read | PROT.write,
    MAP.private | system.mapAnonymous | system.mapNoReserve,
    -1,
    0,
  );
  if (typeof table !== "number") return unavailable("no memory for its table");
  try {
    compiled = compileText(libc, system, compile);
    const handler = install(libc, compiled, table, pageSizeBytes);
    // SAFETY: the buffer is in use for as long as this thread may map anything; that it is released then, also
    // when a worker is terminated in the middle of something, takes the thread's handler out of use.
    const buffer = ownedBuffer(table, tableBytes, handler.retire, table);
    return slotGuard(new Int32Array(buffer), slotCount, handler.watch, probe(libc, pageSizeBytes));
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error));
  }
}

function unavailable(why: string): BusGuard {
  warn(why);
  return { canWatch: false, watch: () => undefined };
}

function warn(why: string): void {
  process.emitWarning(
    `Isthmus cannot guard this thread against SIGBUS (${why}): a file that is truncated while it is mapped ends the process`,
    { code: "ISTHMUS_UNGUARDED" },
  );
}

/** The functions of `bus-guard.c`. Addresses are numbers: all are below 2^53. */
interface Handler {
  /** Returns 0 unless it fails. `seen` is where it notes that there was a fault. */
  install(
    table: number,
    pageSizeBytes: number,
    seen: number,
    mmap: number,
    munmap: number,
    sigaction: number,
    syscall: number,
  ): number;
  watch(
    slot: number,
    address: number,
    lengthBytes: number,
    fd: number,
    fileOffsetBytes: number,
  ): void;
  /** Undoes it all; only its address is passed on. */
  retire(table: number, context: number): void;
}

/** Keeps the compiled code alive: the kernel holds its address. */
let compiled: Library<Handler> | undefined;

type Compile = NonNullable<Engine["compile"]>;

/** @throws {Error} When it cannot be done: no compiler for this machine, no place for its source. */
function compile(path: string, system: PosixSystem, run: Compile): Library<Handler> {
  return run<Handler>({
    path,
    defines: system.busGuard,
    signatures: {
      install: {
        args: ["pointer", "u32", "pointer", "pointer", "pointer", "pointer", "pointer"],
        returns: "i32",
      },
      watch: { args: ["u32", "u64", "u64", "i32", "u64"], returns: "void" },
      retire: { args: ["pointer", "pointer"], returns: "void" },
    },
  });
}

/** The compiler reads files only: gives it one in memory, or in a directory that nobody else may enter. */
function compileText(libc: Libc, system: PosixSystem, run: Compile): Library<Handler> {
  const { source }: typeof import("./bus-guard-source.ts") = require("./bus-guard-source.ts");
  if (system.memfdCloexec !== undefined) {
    const fd = libc.call.memfd_create("isthmus-bus-guard", system.memfdCloexec);
    if (fd >= 0) {
      try {
        writeSync(fd, source);
        return compile(`/proc/self/fd/${fd}`, system, run);
      } finally {
        closeSync(fd);
      }
    }
  }
  const directory = mkdtempSync(join(tmpdir(), "isthmus-"));
  try {
    const path = join(directory, "bus-guard.c");
    writeFileSync(path, source);
    return compile(path, system, run);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @returns The function that begins a watch, and the address of the one that undoes it all.
 * @throws {Error} When the system refuses.
 */
function install(
  libc: Libc,
  { call, addressOf }: Library<Handler>,
  table: number,
  pageSizeBytes: number,
) {
  const failed = call.install(
    table,
    pageSizeBytes,
    engine.addressOf(FAULT_SEEN),
    libc.addressOf("mmap"),
    libc.addressOf("munmap"),
    libc.addressOf("sigaction"),
    libc.addressOf("syscall"),
  );
  if (failed !== 0) throw new Error("sigaction was refused");
  return { watch: call.watch, retire: addressOf("retire") };
}

/** Makes the question whether any memory of a range is still mapped. */
function probe(libc: Libc, pageSizeBytes: number): (range: GuardedRange) => boolean {
  const stateAddress = engine.addressOf(PAGE_STATE);
  return ({ address, lengthBytes }) => {
    for (let offset = 0; offset < lengthBytes; offset += BUFFER_BYTES_MAX) {
      // SAFETY: mincore looks at a page without touching it, and writes one byte into the array.
      if (libc.call.mincore(address + offset, pageSizeBytes, stateAddress) === 0) return true;
    }
    return false;
  };
}

function slotGuard(
  words: Int32Array,
  slotCount: number,
  watch: Handler["watch"],
  isThere: (range: GuardedRange) => boolean,
): BusGuard {
  const free: number[] = [];
  /** The ranges of all guards that are neither released nor collected, by slot. */
  const live = new Map<number, GuardedRange>();
  /** The ranges of others, whose memory was transferred to somebody who may still use it. */
  const leftBehind = new Map<number, GuardedRange>();
  let isFull = false;
  const release = (slot: number): void => {
    const base = wordOf(slot);
    const hadFault = words[base + CAUSE_WORD] !== 0;
    live.delete(slot);
    leftBehind.delete(slot);
    // The end goes first: from then on the range is empty for a handler on another thread.
    words.fill(0, base + 2, base + SLOT_WORDS);
    words.fill(0, base, base + 2);
    free.push(slot);
    if (hadFault && !anyFault(words)) FAULT_SEEN[0] = 0;
  };
  const leave = (slot: number): void => {
    const range = live.get(slot) as GuardedRange;
    live.delete(slot);
    // What is there may be another mapping's by now.
    if (isThere(range) && ![...live.values()].some((other) => overlap(range, other))) {
      leftBehind.set(slot, range);
    } else {
      release(slot);
    }
  };
  /** Ends the watches over memory that has gone since, and over what is another mapping's by now. */
  const endLeftBehind = (isOver: (range: GuardedRange) => boolean): void => {
    for (const [slot, range] of leftBehind) if (isOver(range)) release(slot);
  };
  const takeSlot = (): number => {
    const next = words[USED_WORD] as number;
    if (free.length === 0 && next >= slotCount) endLeftBehind((range) => !isThere(range));
    return free.pop() ?? next;
  };
  // A mapping that nobody disposed is unmapped by the collector, unless its memory belongs to somebody else by now.
  const abandoned = new FinalizationRegistry<number>(leave);
  return {
    canWatch: true,
    watch(range) {
      endLeftBehind((left) => overlap(left, range));
      const slot = takeSlot();
      if (slot >= slotCount) {
        if (!isFull) warn(`it watches ${slotCount} ranges already`);
        isFull = true;
        return undefined;
      }
      const { address, lengthBytes, fd, fileOffsetBytes } = range;
      watch(slot, address, lengthBytes, fd, fileOffsetBytes);
      live.set(slot, range);
      const base = wordOf(slot);
      const guard: RangeGuard = {
        get fault() {
          const cause = CAUSES[(words[base + CAUSE_WORD] as number) - 1];
          if (cause === undefined) return undefined;
          const low = (words[base + POSITION_WORD] as number) >>> 0;
          const high = words[base + POSITION_WORD + 1] as number;
          return { cause, position: high * TWO_POW_32 + low };
        },
        release() {
          if (abandoned.unregister(guard)) release(slot);
        },
        leave() {
          if (abandoned.unregister(guard)) leave(slot);
        },
      };
      abandoned.register(guard, slot, guard);
      return guard;
    },
  };
}

function overlap(one: GuardedRange, two: GuardedRange): boolean {
  return one.address < two.address + two.lengthBytes && two.address < one.address + one.lengthBytes;
}

function wordOf(slot: number): number {
  return (slot + 1) * SLOT_WORDS;
}

function anyFault(words: Int32Array): boolean {
  for (let slot = 0; slot < (words[USED_WORD] as number); slot++) {
    if (words[wordOf(slot) + CAUSE_WORD] !== 0) return true;
  }
  return false;
}
