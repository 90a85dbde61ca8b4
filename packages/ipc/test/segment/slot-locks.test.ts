/** The locks on slots, on systems with and without locks on bytes. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { closeSync, existsSync, openSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { collectAbandoned, doWithout, type Lack, platform } from "@isthmus/core/internal";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { type OwnSlotLocks, slotLocks } from "../../src/segment/slot-locks.ts";
import { type Change, mutate } from "../model/checker/source.ts";
import { Home } from "../sync/support/home.ts";

type Source = typeof slotLocks;

const LACKS: Readonly<Record<string, readonly Lack[]>> = {
  "slot locks on bytes": [],
  "slot locks on files of their own": ["byte locks"],
};

const EPOCH = 0xabcn;

/** Opens a segment's file as so many handles. */
class Handles implements Disposable {
  readonly path: string;
  readonly #home = new Home();
  readonly #fds: number[] = [];
  readonly #all: OwnSlotLocks[] = [];

  constructor() {
    this.path = join(this.#home.path, "segment");
  }

  open(make: Source = slotLocks): OwnSlotLocks {
    const fd = openSync(this.path, "a+");
    this.#fds.push(fd);
    const locks = make({ fd, path: this.path, epoch: EPOCH, sectionOffset: 0 });
    this.#all.push(locks);
    return locks;
  }

  /** The file of a slot, where slots have files. */
  fileOf(slot: number): string {
    return join(this.#home.path, `.slot-0000000000000abc-${slot}`);
  }

  get directory(): string {
    return this.#home.path;
  }

  [Symbol.dispose](): void {
    for (const locks of this.#all) locks.close();
    for (const fd of this.#fds) closeSync(fd);
    this.#home[Symbol.dispose]();
  }
}

for (const [system, lacks] of Object.entries(LACKS)) {
  describe(system, () => {
    beforeAll(() => doWithout(lacks));
    afterAll(() => doWithout([]));

    test("exclude other handles, are seen by them, and are free again", () => {
      using handles = new Handles();
      const [one, two] = [handles.open(), handles.open()];
      expect([two.isLockedByOther(0), one.tryLock(0), one.tryLock(0)]).toEqual([false, true, true]);
      expect([one.isLockedByOther(0), two.isLockedByOther(0)]).toEqual([false, true]);
      expect([two.tryLock(0), two.tryLock(1)]).toEqual([false, true]);
      two.unlock(0); // not its own: nothing happens
      expect(two.isLockedByOther(0)).toBe(true);
      one.unlock(0);
      expect([two.isLockedByOther(0), two.tryLock(0)]).toEqual([false, true]);
      two.close();
      expect([one.isLockedByOther(0), one.isLockedByOther(1)]).toEqual([false, false]);
    });

    test("are not disturbed by who asks, collects, or is in another segment", () => {
      using handles = new Handles();
      const [one, two] = [handles.open(), handles.open()];
      one.tryLock(0);
      for (let look = 0; look < 3; look++) expect(two.isLockedByOther(0)).toBe(true);
      expect(collectAbandoned(handles.directory)).toEqual([]);
      expect(two.isLockedByOther(0)).toBe(true);
      using others = new Handles();
      expect(others.open().tryLock(0)).toBe(true);
    });
  });
}

describe("slot locks on files of their own", () => {
  beforeAll(() => doWithout(["byte locks"]));
  afterAll(() => doWithout([]));

  test("leave no file behind, and what a death leaves is collected or used again", () => {
    using handles = new Handles();
    const [one, two] = [handles.open(), handles.open()];
    one.tryLock(0);
    expect(existsSync(handles.fileOf(0))).toBe(true);
    one.unlock(0);
    expect(existsSync(handles.fileOf(0))).toBe(false);
    for (const slot of [1, 2]) closeSync(openSync(handles.fileOf(slot), "w"));
    expect([two.isLockedByOther(1), two.tryLock(1)]).toEqual([false, true]);
    expect(collectAbandoned(handles.directory)).toEqual([".slot-0000000000000abc-2"]);
    expect(one.isLockedByOther(1)).toBe(true);
  });

  /** Locks a slot whose file somebody removes, before or after it is opened; returns whether others see the lock. */
  function lockWhileRemoved(make: Source): boolean {
    using handles = new Handles();
    const [one, two] = [handles.open(make), handles.open()];
    const real = platform().tryLockFile;
    const spy = spyOn(platform(), "tryLockFile").mockImplementation((fd, kind) => {
      spy.mockRestore();
      unlinkSync(handles.fileOf(0));
      return real(fd, kind);
    });
    try {
      return one.tryLock(0) && two.isLockedByOther(0);
    } finally {
      spy.mockRestore();
    }
  }

  /** Asks about a slot while its owner leaves and another comes: between opening the file and locking it. */
  function lookWhileTaken(make: Source): boolean {
    using handles = new Handles();
    const [one, two, three] = [handles.open(), handles.open(), handles.open(make)];
    one.tryLock(0);
    const real = platform().tryLockFile;
    const spy = spyOn(platform(), "tryLockFile").mockImplementation((fd, kind) => {
      spy.mockRestore();
      one.unlock(0);
      two.tryLock(0);
      return real(fd, kind);
    });
    try {
      return three.isLockedByOther(0);
    } finally {
      spy.mockRestore();
    }
  }

  const UNCHECKED_LOOK: Change = ["if (isSameFile(fd, path)) return false;", "return false;"];

  test("are seen when they pass from one to another in the middle of the look", () => {
    expect(lookWhileTaken(slotLocks)).toBe(true);
  });

  test("would not be if the path were not looked up again", async () => {
    const mutant = await mutate<{ slotLocks: Source }>("segment/slot-locks.ts", UNCHECKED_LOOK);
    expect(lookWhileTaken(mutant.slotLocks)).toBe(false);
  });

  const UNCHECKED: Change = ["isLocked && isSameFile(fd, path)", "isLocked"];

  test("hold when the file is removed between its opening and its locking", () => {
    expect(lockWhileRemoved(slotLocks)).toBe(true);
  });

  testIf(!isWindows, "a name that goes while its file is open")(
    "would not if the path were not looked up again",
    async () => {
      const mutant = await mutate<{ slotLocks: Source }>("segment/slot-locks.ts", UNCHECKED);
      expect(lockWhileRemoved(mutant.slotLocks)).toBe(false);
    },
  );

  testIf(!isWindows, "ln, and links that are not followed")(
    "refuse a symbolic link, and say what they could not open",
    () => {
      using handles = new Handles();
      rmSync(handles.fileOf(0), { force: true });
      const locks = handles.open();
      Bun.spawnSync(["ln", "-s", "/nowhere", handles.fileOf(0)]);
      expect(() => locks.tryLock(0)).toThrow(/ELOOP/);
    },
  );
});
