/** What a mutex is made of is its creator's choice: everybody obeys it, or refuses the segment. */
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { doWithout, platform, SECTION } from "@isthmus/core/internal";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { timeoutWakesMax } from "@isthmus/testing/patience";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import {
  Consumer,
  json,
  listSegments,
  NamedEvent,
  NamedMutex,
  NamedSemaphore,
  observe,
  Producer,
  SharedStruct,
  struct,
  u32,
} from "../../src/index.ts";
import { MUTEX, STRATEGY } from "../../src/sync/mutex-layout.ts";
import { SegmentBytes } from "../shared-struct/support/segment-bytes.ts";
import { Home } from "./support/home.ts";
import { Participant, participants } from "./support/participant.ts";

const ROUNDS = 2000;

afterEach(() => doWithout([]));

const hasRobust = platform().robustMutexes !== undefined;
const testRobust = testIf(hasRobust, "robust mutexes");
const testForeign = testIf(isLinux, "a system with two C libraries");

/** Runs a program with a kernel that seems not to have `get_robust_list`, as qemu's user mode has not. */
const WITHOUT_ROBUST_LISTS = [
  "python3",
  join(import.meta.dir, "fixtures", "without_call.py"),
  process.arch === "arm64" ? "100" : "274",
];
const canForbid =
  Bun.which("python3") !== null &&
  Bun.spawnSync([...WITHOUT_ROBUST_LISTS, "true"], { stderr: "ignore" }).success;

/** The words of a live segment's mutex section. */
function mutexWords(home: Home, name: string): Int32Array {
  const { buffer, byteOffset, length } = new SegmentBytes(`${home.path}/${name}`).section("mutex");
  return new Int32Array(buffer, byteOffset, length / 4);
}

/** Opens a mutex that was made by a system without robust ones, on one that has them. */
function createWithoutRobust(name: string): NamedMutex {
  doWithout(["robust mutexes"]);
  const mutex = NamedMutex.createNew(name);
  doWithout([]);
  return mutex;
}

/** The words of both C libraries of Linux on this CPU. */
const ABIS: Readonly<Record<string, number>> =
  process.arch === "arm64"
    ? { glibc: 0x0030_0102, musl: 0x0028_0202 }
    : { glibc: 0x0028_0101, musl: 0x0028_0201 };
const OWN = platform().abiTag === ABIS["musl"] ? "musl" : "glibc";
const FOREIGN = OWN === "musl" ? "glibc" : "musl";

/** Makes segments look as if they had been made on the other C library. */
function makeForeign(home: Home, names: readonly string[]): void {
  for (const name of names) {
    new DataView(Bun.mmap(home.file(name)).buffer).setUint32(20, ABIS[FOREIGN] as number, true);
  }
}

const Count = struct({ count: u32 });

/** What is locked, by its kind: how it is made, and opened. */
const LOCKING: Readonly<Record<string, (name: string) => Disposable>> = {
  mutex: (name) => NamedMutex.createNew(name),
  semaphore: (name) => NamedSemaphore.createNew(name, { returnOnDeath: true }),
  struct: (name) => SharedStruct.createNew(name, Count),
};
const OPENING = {
  mutex: () => NamedMutex.createOrOpen("mutex"),
  semaphore: () => NamedSemaphore.openExisting("semaphore"),
  struct: () => SharedStruct.openExisting("struct", Count),
};

describe("the strategy of a mutex", () => {
  testRobust("is robust where there are robust mutexes, else an owner word", () => {
    using home = new Home();
    using _robust = NamedMutex.createNew("robust");
    using _word = createWithoutRobust("word");
    const [robust, word] = ["robust", "word"].map((name) => mutexWords(home, name));
    expect(robust?.[MUTEX.strategy]).toBe(STRATEGY.robustMutex);
    expect(word?.[MUTEX.strategy]).toBe(STRATEGY.ownerWord);
    expect(word?.subarray(0, MUTEX.owner).some((value) => value !== 0)).toBe(false);
  });

  testIf(canForbid, "Linux and python3")(
    "is an owner word where the kernel does not know which mutexes a thread holds",
    async () => {
      using home = new Home();
      await using owner = new Participant("participant", null, WITHOUT_ROBUST_LISTS);
      await owner.call("acquire", "m");
      expect(mutexWords(home, "m")[MUTEX.strategy]).toBe(STRATEGY.ownerWord);
      using mutex = NamedMutex.openExisting("m");
      await owner.kill();
      expect(mutex.acquire({ timeoutMs: 200_000 }).abandoned).toBe(true);
    },
  );

  testForeign("is obeyed by processes that would have chosen the other one", async () => {
    using home = new Home();
    using counter = MemoryMappedFile.createNew("m-counter", 4);
    using view = counter.createViewAccessor();
    using mutex = createWithoutRobust("m");
    await using stack = new AsyncDisposableStack();
    const [first, second] = participants(stack, 2) as [Participant, Participant];
    doWithout(["robust mutexes"]);
    const third = stack.use(new Participant());
    doWithout([]);
    const all = [first, second, third];
    await Promise.all(all.map((participant) => participant.call("raise", "m", ROUNDS, "mixed")));
    expect(view.readInt32(0)).toBe(3 * ROUNDS);
    for (const participant of all) {
      await participant.call("acquire", "m");
      const words = mutexWords(home, "m");
      const owner = words[MUTEX.owner] as number;
      expect((words[MUTEX.holder] as number) & 0xff).toBe(owner);
      expect(observe("m").mutex?.owner).toMatchObject({ pid: participant.pid, isAlive: true });
      await participant.kill();
      const lock = mutex.acquire();
      expect(lock.abandoned).toBe(true);
      lock.release();
    }
    expect(home.cell("m").timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(ROUNDS));
  });

  testRobust(
    "that a system has not is ERR_NOT_SUPPORTED there, before anything is touched",
    async () => {
      using _home = new Home();
      using mutex = NamedMutex.createNew("m");
      doWithout(["robust mutexes"]);
      await using participant = new Participant();
      const opening = participant.call("mutex", "openExisting", "m");
      await expectRejection(opening, "NotSupportedError", "ERR_NOT_SUPPORTED");
      expect(observe("m").participants).toHaveLength(1);
      mutex.acquire().release();
    },
  );

  testForeign(
    "is an owner word for a creator with ISTHMUS_MUTEX=portable, for all that lock",
    () => {
      using home = new Home();
      using stack = new DisposableStack();
      try {
        process.env["ISTHMUS_MUTEX"] = "sturdy";
        const error = expectCode(
          () => NamedMutex.createNew("m"),
          "TypeError",
          "ERR_INVALID_ARG_VALUE",
        );
        expect(error.message).toContain("ISTHMUS_MUTEX");
        process.env["ISTHMUS_MUTEX"] = "portable";
        for (const [name, create] of Object.entries(LOCKING)) {
          stack.use(create(name));
          expect(mutexWords(home, name)[MUTEX.strategy]).toBe(STRATEGY.ownerWord);
        }
      } finally {
        delete process.env["ISTHMUS_MUTEX"];
      }
      makeForeign(home, Object.keys(LOCKING));
      for (const open of Object.values(OPENING)) open().dispose();
    },
  );

  testRobust(
    "of another C library is ERR_NOT_SUPPORTED, in words, before anything is touched",
    () => {
      using home = new Home();
      using stack = new DisposableStack();
      for (const [name, create] of Object.entries(LOCKING)) stack.use(create(name));
      makeForeign(home, Object.keys(LOCKING));
      for (const [name, open] of Object.entries(OPENING)) {
        const { message } = expectCode(open, "NotSupportedError", "ERR_NOT_SUPPORTED");
        expect(message).toContain(
          `"${name}": its mutex was made by a process on ${FOREIGN}; this one is on ${OWN}`,
        );
        expect(message).toContain("ISTHMUS_MUTEX=portable");
        expect(observe(name).participants).toHaveLength(1);
        expect(observe(name).kind).toBe(name as never);
      }
    },
  );

  testForeign("does not matter where nobody locks, nor to those who look on", () => {
    using home = new Home();
    using stack = new DisposableStack();
    const counting = stack.use(NamedSemaphore.createNew("counting", { initial: 1 }));
    stack.use(NamedEvent.createNew("event"));
    stack.use(Producer.createNew("channel", { schema: json }));
    const names = ["counting", "event", "channel"];
    makeForeign(home, names);
    using semaphore = NamedSemaphore.openExisting("counting");
    semaphore.wait({ timeoutMs: 0 });
    expect(counting.count).toBe(0);
    NamedEvent.openExisting("event").dispose();
    Consumer.openExisting("channel", { schema: json }).dispose();
    const kinds = listSegments().map(({ kind, error }) => [kind, error]);
    expect(kinds).toEqual([
      ["channel", undefined],
      ["semaphore", undefined],
      ["event", undefined],
    ]);
  });

  test("that nobody knows is ERR_CORRUPT_SEGMENT, before anything is touched", () => {
    using home = new Home();
    const schema = struct({ count: u32 });
    using _mutex = NamedMutex.createNew("mutex");
    using _semaphore = NamedSemaphore.createNew("semaphore");
    using _shared = SharedStruct.createNew("struct", schema);
    const openings: Readonly<Record<string, () => Disposable>> = {
      mutex: () => NamedMutex.openExisting("mutex"),
      semaphore: () => NamedSemaphore.createOrOpen("semaphore"),
      struct: () => SharedStruct.openExisting("struct", schema),
    };
    const descriptors = () => (existsSync("/dev/fd") ? readdirSync("/dev/fd").length : 0);
    for (const [name, open] of Object.entries(openings)) {
      open()[Symbol.dispose]();
      const before = descriptors();
      for (const strategy of [0, 3, -1]) {
        home.patch(name, SECTION.mutex, MUTEX.strategy, strategy);
        const error = expectCode(open, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
        expect(error.message).toContain(`"${name}"`);
        expect(error.message).toContain(`found ${strategy >>> 0}`);
      }
      expect(observe(name).participants).toHaveLength(1);
      expect(descriptors()).toBe(before);
    }
  });

  test("of an owner word: since when, and that a lock overwritten by others is EPERM to release", () => {
    using home = new Home();
    const before = Date.now();
    using mutex = createWithoutRobust("m");
    const lock = mutex.acquire();
    const { sinceMs } = mutex.owner ?? { sinceMs: Number.NaN };
    expect(sinceMs).toBeWithin(before, Date.now() + 1);
    home.patch("m", SECTION.mutex, MUTEX.holder, 0);
    expectCode(() => lock.release(), "SystemError", "EPERM");
    using again = mutex.acquire();
    expect(again.abandoned).toBe(false);
  });

  test("of an owner word: a task whose lock was overwritten keeps no other task from its turn", async () => {
    using home = new Home();
    using mutex = createWithoutRobust("m");
    const lock = await mutex.acquireAsync();
    const next = mutex.acquireAsync({ timeoutMs: 200_000 });
    home.patch("m", SECTION.mutex, MUTEX.holder, 0);
    expectCode(() => lock.release(), "SystemError", "EPERM");
    (await next).release();
    mutex.acquire().release();
  });
});
