/**
 * FreeBSD 13 and later, on x64 and arm64. Values from the public headers; not yet run on FreeBSD.
 *
 * @module
 */
import type { PosixSystem } from "./posix-system.ts";

const MAP_ANON = 0x1000;

/** Describes FreeBSD for `posix.ts`. */
export function freebsd(): PosixSystem {
  return {
    name: "freebsd",
    libc: ["libc.so.7"],
    abi: { library: "FreeBSD" },
    errnoSymbol: "__error",
    mapAnonymous: MAP_ANON,
    mapNoReserve: 0,
    msync: { sync: 0, async: 1 },
    advice: { random: 1, sequential: 2, willNeed: 3, dontNeed: 4 },
    wouldBlock: 35,
    interrupted: 4,
    hasFallocate: true,
    cannotAllocate: [22, 45], // EINVAL (ZFS), EOPNOTSUPP
    duplicateCloexec: 17,
    memfdCloexec: 1,
    busGuard: {
      SIGNAL_BUS: "10",
      SIGINFO_ADDRESS_OFFSET: "24",
      FLAG_SIGINFO: "0x40",
      FLAG_ONSTACK: "1",
      MAP_ANONYMOUS: String(MAP_ANON),
      ACTION_FIELDS: "int flags; unsigned int mask[4];",
    },
  };
}
