/** Pipes of one process each, on systems where pipes can be locked and where they cannot. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { closeSync, lstatSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { collectAbandoned } from "../../src/named/collect.ts";
import { makePipe, removePipe } from "../../src/named/pipe.ts";
import { doWithout, type Lack, platform } from "../../src/native/platform.ts";

const LACKS: Readonly<Record<string, readonly Lack[]>> = {
  "a pipe that is locked": [],
  "a pipe with a locked file beside it": ["pipe locks"],
};

/** Names of the files in a directory, in order. */
function filesOf(home: TemporaryDirectory): string[] {
  return readdirSync(home.path).sort();
}

for (const [system, lacks] of Object.entries(LACKS)) {
  describe(system, () => {
    beforeAll(() => doWithout(lacks));
    afterAll(() => doWithout([]));

    const names = lacks.length === 0 ? [".pipe"] : [".pipe", ".pipe.lock"];

    test("is there while its maker lives, whoever collects, and goes with everything", () => {
      using home = new TemporaryDirectory();
      const path = join(home.path, ".pipe");
      const pipe = makePipe(path);
      if (pipe === undefined) throw new Error("nobody removes it here");
      expect(lstatSync(path).isFIFO()).toBe(true);
      expect(collectAbandoned(home.path)).toEqual([]);
      expect(filesOf(home)).toEqual(names);
      removePipe(pipe);
      expect(filesOf(home)).toEqual([]);
    });

    test("is collected when its maker has died", () => {
      using home = new TemporaryDirectory();
      for (const fd of makePipe(join(home.path, ".pipe"))?.fds ?? []) closeSync(fd);
      expect(filesOf(home)).toEqual(names);
      collectAbandoned(home.path);
      expect(filesOf(home)).toEqual([]);
    });

    test("that is removed in the middle of its making is not taken for made", () => {
      using home = new TemporaryDirectory();
      const path = join(home.path, ".pipe");
      const real = platform().tryLockFile;
      const spy = spyOn(platform(), "tryLockFile").mockImplementation((fd, kind) => {
        spy.mockRestore();
        unlinkSync(join(home.path, names.at(-1) as string));
        return real(fd, kind);
      });
      const before = readdirSync("/dev/fd").length;
      try {
        expect(makePipe(path)).toBeUndefined();
      } finally {
        spy.mockRestore();
      }
      expect(readdirSync("/dev/fd")).toHaveLength(before);
      expect(filesOf(home)).toEqual([]);
      const pipe = makePipe(path);
      expect(pipe?.path).toBe(path);
      if (pipe !== undefined) removePipe(pipe);
    });
  });
}

describe("a pipe with a locked file beside it", () => {
  beforeAll(() => doWithout(["pipe locks"]));
  afterAll(() => doWithout([]));

  test("is held before it is there: a collector never finds it without its lock", () => {
    using home = new TemporaryDirectory();
    const found: string[] = [];
    const calls = platform();
    const real = calls.makeFifo;
    const spy = spyOn(calls, "makeFifo").mockImplementation((path) => {
      found.push(...collectAbandoned(home.path));
      real(path);
      found.push(...collectAbandoned(home.path));
    });
    try {
      const pipe = makePipe(join(home.path, ".pipe"));
      expect([found, filesOf(home)]).toEqual([[], [".pipe", ".pipe.lock"]]);
      if (pipe !== undefined) removePipe(pipe);
    } finally {
      spy.mockRestore();
    }
  });
});
