/** Shared memory that is full: whoever makes a segment of the store is told what would need less. */
import { expect } from "bun:test";
import { struct, u32 } from "@isthmus/ipc";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { testIf } from "@isthmus/testing/requirement";
import { canMount, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { RateLimiter, SharedCache, SharedCounters, SharedTable } from "../src/index.ts";

const LARGE = 2 ** 21;

/** Each kind, made larger than the file system, and the option that makes it smaller. */
const CREATORS: readonly (readonly [string, string, () => Disposable])[] = [
  ["cache", "capacityBytes", () => SharedCache.createNew("a", { capacityBytes: LARGE })],
  [
    "cache",
    "capacityBytes",
    () => RateLimiter.createNew("a", { limit: 1, perMs: 1000, capacityBytes: LARGE }),
  ],
  ["counters", "capacityBytes", () => SharedCounters.createNew("a", { capacityBytes: LARGE })],
  ["table", "length", () => SharedTable.createNew("a", struct({ n: u32 }), { length: LARGE })],
];

testIf(canMount, "the right to mount a tmpfs")("names the option that asks for less", () => {
  using disk = new SmallFileSystem("size=1m");
  using home = new Home(disk.path);
  for (const [kind, option, create] of CREATORS) {
    const { message } = expectCode(create, "SystemError", "ENOSPC");
    expect(message).toStartWith(`Cannot create the ${kind} "a" in "${home.path}": cannot `);
    expect(message).toEndWith(`or ask for less (${option})`);
    expect(home.names()).toEqual([]);
  }
});
