/** Whose turn it is: a word that everybody maps, and the kernel, which says who is dead. */
import { expect } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { doWithout, type Lack, platform } from "../../../core/src/native/platform.ts";
import { Journal } from "../../src/index.ts";
import { LOCK, LOCK_SLOTS, LOCK_VERSION } from "../../src/journal/journal-layout.ts";
import { LockFile } from "../../src/journal/lock-file.ts";
import { NUMBERS } from "./support/sample-journal.ts";

const { byteLocks } = platform();
const open = (path: string) =>
  new LockFile(path, byteLocks as NonNullable<typeof byteLocks>, () => false);
const testLocks = testIf(byteLocks !== undefined, "locks on bytes");
/** Of the mutexes: who has them. */
const HOLDERS = [LOCK.mutex + 100, LOCK.syncMutex + 100] as const;
const holders = (path: string) => HOLDERS.map((at) => readFileSync(path).readUInt32LE(at));

testLocks("LockFile gives the turn to one at a time, and to the next when its owner dies", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("lock");
  const one = open(path);
  using two = open(path);
  expect([one.tryTake(), two.tryTake(), one.tryTake()]).toEqual([true, false, false]);
  one.give();
  expect([two.tryTake(), one.tryTake()]).toEqual([true, false]);
  expectCode(() => one.give(), "SystemError", "EPERM");
  two.give();
  expect(one.tryTake()).toBe(true);
  // Its descriptor is closed, as by a death; whoever gets its slot is somebody else.
  one[Symbol.dispose]();
  using three = open(path);
  expect([three.tryTake(), two.tryTake()]).toEqual([true, false]);
  three.give();
  expect(holders(path)).toEqual([0, 0]);
});

testLocks(
  "LockFile tells whether somebody else has had the turn meanwhile, who may have died in it",
  () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("lock");
    using one = open(path);
    const two = open(path);
    const turn = (file: LockFile) => {
      expect(file.tryTake()).toBe(true);
      file.give();
      return file.isContinued;
    };
    expect([turn(one), turn(one)]).toEqual([false, true]);
    expect([turn(two), turn(two), turn(one), turn(one)]).toEqual([false, true, false, true]);
    expect(two.tryTake()).toBe(true);
    expect(one.tryTake()).toBe(false);
    two[Symbol.dispose]();
    expect(turn(one)).toBe(false);
    // Another life in the same slot.
    using three = open(path);
    expect([turn(three), turn(one), turn(one)]).toEqual([false, false, true]);
  },
);

testLocks("LockFile lets one of a group sync, and another one when that dies doing it", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("lock");
  const one = open(path);
  using two = open(path);
  let synced = 0;
  const sync = () => {
    synced++;
  };
  const dies = () => {
    expect(holders(path)).toEqual([0, expect.any(Number)]);
    one[Symbol.dispose]();
    two.group.flush(() => synced > 0, sync);
  };
  expect(() => one.group.flush(() => synced > 0, dies)).toThrow();
  expect(synced).toBe(1);
  expect(holders(path)).toEqual([0, 0]);
});

testLocks("LockFile lets the others of a group sync when the one who does is stopped", () => {
  const before = process.env["ISTHMUS_TEST_LACKS"];
  for (const lacks of [[], ["futexes"]] as const) {
    doWithout(lacks);
    using directory = new TemporaryDirectory();
    const path = directory.file("lock");
    using one = open(path);
    using two = open(path);
    const synced: string[] = [];
    const isDone = () => synced.length > 0;
    one.group.flush(isDone, () => {
      two.group.flush(isDone, () => synced.push("two"));
      synced.push("one");
    });
    expect(synced).toEqual(["two", "one"]);
    expect(holders(path)).toEqual([0, 0]);
  }
  doWithout((before?.split(",") ?? []) as Lack[]);
});

testLocks("LockFile takes nothing from a file that is another's, or nonsense", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("lock");
  open(path)[Symbol.dispose]();
  const content = readFileSync(path);
  expect(content.length).toBe(LOCK.slots);
  const changed = (at: number, value: number) => {
    const other = Buffer.from(content);
    other.writeUInt32LE(value, at);
    writeFileSync(path, other);
    return open(path);
  };
  for (const holder of [LOCK_SLOTS + 1, 0x7fff, 0xffff_ffff]) {
    using nonsense = changed(HOLDERS[0], holder);
    expectCode(() => nonsense.tryTake(), "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
  }
  // Somebody of an earlier life, before the machine was started again or the directory copied.
  using left = changed(HOLDERS[0], 5 | (77 << 15));
  expect(left.tryTake()).toBe(true);
  for (const version of [LOCK_VERSION - 1, LOCK_VERSION + 1]) {
    const reopen = () => changed(LOCK.version, version);
    expectCode(reopen, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
  }
});

testLocks(
  "LockFile takes no turn once its file has been cut off, also when that is long again",
  () => {
    using directory = new TemporaryDirectory();
    for (const isLongAgain of [false, true]) {
      const path = directory.file(`lock-${isLongAgain}`);
      using one = open(path);
      expect(one.tryTake()).toBe(true);
      one.give();
      truncateSync(path);
      using two = isLongAgain ? open(path) : undefined;
      for (let turn = 0; turn < 2; turn++) {
        expectCode(() => one.tryTake(), "FileTruncatedError", "ERR_FILE_TRUNCATED");
      }
      using three = open(path);
      expect(two?.tryTake() ?? three.tryTake()).toBe(true);
    }
  },
);

testLocks("a journal whose lock has been cut off appends nothing", () => {
  using _home = new Home();
  using directory = new TemporaryDirectory();
  const path = directory.file("j");
  using one = Journal.open(path, NUMBERS);
  one.append(1);
  truncateSync(`${path}/lock`);
  expectCode(() => one.append(2), "FileTruncatedError", "ERR_FILE_TRUNCATED");
  using two = Journal.open(path, NUMBERS);
  expect(two.append(2)).toBe(2);
  expectCode(() => one.append(3), "FileTruncatedError", "ERR_FILE_TRUNCATED");
  expect([...two.read()].map(({ value }) => value)).toEqual([1, 2]);
});

testLocks("LockFile refuses one more than it has slots for", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("lock");
  const all = Array.from({ length: LOCK_SLOTS }, () => open(path));
  try {
    expectCode(() => open(path), "SystemError", "EAGAIN");
    all.pop()?.[Symbol.dispose]();
    open(path)[Symbol.dispose]();
  } finally {
    for (const one of all) one[Symbol.dispose]();
  }
});
