/**
 * What every record and every lock goes through is short enough for the compiler to take it into its caller's loop, and what
 * every job goes through makes no objects.
 */
import { describe, expect } from "bun:test";
import { join } from "node:path";
import { platform } from "@isthmus/core/internal";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { Home } from "./sync/support/home.ts";

/** Functions on a job's way. They made a kilobyte of garbage a job once, which cost more than the job. */
const JOB_STEPS: Readonly<Record<string, readonly string[]>> = {
  addOnce: ["Adding"],
  addShort: ["Adding"],
  put: ["Adding"],
  reserve: ["JobTable"],
  takeCells: ["JobRecords"],
  enter: ["JobOrder"],
  makeReady: ["JobOrder"],
  lock: ["QueueSegment"],
  tryTake: ["WorkQueue", "Taking"],
  claim: ["Claiming"],
  nextReady: ["JobOrder"],
  pushTaken: ["JobCells"],
  finish: ["Taking", "Claiming", "JobTable"],
  end: ["Claiming"],
  leaveTaken: ["JobTable"],
  freeCell: ["JobRecords"],
};

/** JavaScriptCore's limit for a function that it takes into its caller, in bytes of bytecode. */
const LIMIT_BYTES = 170;

/** What JavaScriptCore says of a program that it ran, with some of its settings. */
function saidOf(program: string, settings: Readonly<Record<string, string>>): string {
  using _home = new Home();
  const script = join(import.meta.dir, "fixtures", `${program}.ts`);
  const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, script], {
    env: { ...process.env, ...settings },
  });
  expect(exitCode).toBe(0);
  return `${stdout}${stderr}`;
}

/** What it says of the bytecode of the functions that a program ran. */
function bytecodeOf(program: string): string {
  return saidOf(program, { BUN_JSC_dumpGeneratedBytecodes: "1" });
}

/** Sizes in bytes of the functions that a program ran, by name. */
function sizesIn(program: string): ReadonlyMap<string, readonly number[]> {
  const sizes = new Map<string, number[]>();
  const line = /^(\w+)#\w+:\[[^,]+, NoneFunction(?:Call|Construct), (\d+)/gm;
  for (const [, name = "", size] of bytecodeOf(program).matchAll(line)) {
    sizes.set(name, [...(sizes.get(name) ?? []), Number(size)]);
  }
  return sizes;
}

/**
 * Expects as many short functions of each name as are listed. One of the same name elsewhere may be longer; a listed one that
 * grew is missing.
 */
function expectShort(program: string, hot: Readonly<Record<string, readonly string[]>>): void {
  const sizes = sizesIn(program);
  for (const [name, owners] of Object.entries(hot)) {
    const short = (sizes.get(name) ?? []).filter((size) => size <= LIMIT_BYTES);
    expect({ name, count: short.length }).toEqual({ name, count: owners.length });
  }
}

/** How many of the functions of each name that a program ran make no objects, however they are run. */
function objectlessIn(program: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  let name = "";
  for (const line of bytecodeOf(program).split("\n")) {
    const [, begun] = /^([#\w]+)#\w+:\[[^,]+, NoneFunction(?:Call|Construct), /.exec(line) ?? [];
    if (begun !== undefined) {
      name = begun;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    } else if (/^\[ *\d+\] (?:new_|create_(?!this))/.test(line)) {
      counts.set(name, (counts.get(name) ?? 0) - 1);
      name = "";
    }
  }
  return counts;
}

const testSizes = testIf(
  !isWindows,
  "another system: the compiler is the same, and under Wine it takes minutes to say what it does",
);

describe("what is short enough for the compiler to take it into a loop", () => {
  testSizes("send() and claim() of producers and publishers, and of their batches", () => {
    expectShort("hot-send", {
      send: ["Sender", "StructSender", "OpenBatch"],
      claim: ["Sender", "StructSender", "OpenBatch", "FixedBroadcastPublisher"],
    });
  });

  testIf(platform().robustMutexes !== undefined, "robust mutexes")(
    "locking and unlocking a free mutex",
    () => {
      expectShort("hot-lock", {
        acquire: ["NamedMutex"],
        tryAcquire: ["NamedMutex"],
        take: ["NamedMutex"],
        tryLock: ["SegmentMutex", "LinuxMutex", "ByteLocks"],
        note: ["SegmentMutex"],
        MutexLock: ["MutexLock"],
        release: ["MutexLock", "of a file"],
        unlock: ["of a thread", "SegmentMutex", "LinuxMutex", "ByteLocks"],
        fenceAndWake: ["WaitCell"],
        wakeAfterFence: ["WaitCell"],
      });
    },
  );
});

/** What the last compiler has taken into each function of a program, and into what that was taken into, by name. */
function takenIn(program: string): ReadonlyMap<string, ReadonlySet<string>> {
  const line = /^\[InlineCall\]\[FTL\] Callee: (\S+)#\w+ -> Caller: (\S+)#\w+$/gm;
  // Each step of the compilers in its turn: so the last one has come when the program ends.
  const told = { BUN_JSC_printEachDFGFTLInlineCall: "1", BUN_JSC_useConcurrentJIT: "0" };
  const taken = new Map<string, Set<string>>();
  for (const [, callee = "", caller = ""] of saidOf(program, told).matchAll(line)) {
    taken.set(caller, (taken.get(caller) ?? new Set()).add(callee));
  }
  return taken;
}

describe("what is called once for many records", () => {
  testSizes("takes in nothing of the user's, also after millions in batches", () => {
    const taken = takenIn("hot-batch");
    const batch = taken.get("batch");
    expect(batch).toContain("callApart");
    for (const name of ["fillBatch", "claim", "writePoint"]) expect(batch).not.toContain(name);
    expect(taken.get("fillBatch")).toContain("writePoint");
  });
});

describe("what makes no objects", () => {
  testSizes("adding, taking and ending a job, but for the job and its value", () => {
    const counts = objectlessIn("hot-job");
    for (const [name, owners] of Object.entries(JOB_STEPS)) {
      expect({ name, count: counts.get(name) }).toEqual({ name, count: owners.length });
    }
  });
});
