/**
 * macOS, on x64 and arm64. Values from the public SDK headers; not yet run on a Mac.
 *
 * @module
 */
import type { PosixSystem } from "./posix-system.ts";

const MAP_ANON = 0x1000;

/** Describes macOS for `posix.ts`. */
export function darwin(): PosixSystem {
  return {
    name: "darwin",
    libc: ["libSystem.B.dylib"],
    abi: { library: "macOS" },
    errnoSymbol: "__error",
    mapAnonymous: MAP_ANON,
    mapNoReserve: 0x40,
    msync: { sync: 0x10, async: 1 },
    advice: { random: 1, sequential: 2, willNeed: 3, dontNeed: 4 },
    wouldBlock: 35,
    interrupted: 4,
    // Preallocation is a variadic fcntl here, which FFI passes wrongly on arm64 (arguments belong on the stack).
    hasFallocate: false,
    cannotAllocate: [],
    busGuard: {
      SIGNAL_BUS: "10",
      SIGINFO_ADDRESS_OFFSET: "24",
      FLAG_SIGINFO: "0x40",
      FLAG_ONSTACK: "1",
      MAP_ANONYMOUS: String(MAP_ANON),
      ACTION_FIELDS: "unsigned int mask; int flags;",
    },
  };
}
