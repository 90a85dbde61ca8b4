/** Steps around segments that go wrong: what has been appended stays, and what can go on does. */
import { expect, jest, spyOn, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SystemError } from "@isthmus/core";
import { conditionError, platform } from "@isthmus/core/internal";
import { bytes } from "@isthmus/ipc";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal, type JournalSchema } from "../../src/index.ts";
import { DiskStorage } from "../../src/journal/disk-storage.ts";
import { LOCK_NAME, SEGMENT } from "../../src/journal/journal-layout.ts";
import { changeFile, SMALL, segmentsOf } from "./support/sample-journal.ts";

const OPTIONS = { schema: bytes, ...SMALL, sync: "none" } as const;
/** Two of these do not fit into a segment. */
const LONG = new Uint8Array(SMALL.segmentBytes * 0.6);
const SHORT = new Uint8Array(8);

function obstacle(code: "EMFILE" | "EIO", syscall: string): SystemError {
  return conditionError(code, "go on", syscall);
}

function sequencesOf(path: string): unknown[] {
  using journal = Journal.open(path, { access: "read" });
  return entriesIn(journal);
}

/** Sequences, and gaps as they are. */
function entriesIn(journal: Journal<JournalSchema>): unknown[] {
  return [...journal.read()].map((entry) => entry.gap ?? entry.sequence);
}

/** Two handles of a journal with one long record. */
class Pair implements Disposable {
  readonly #home = new Home();
  readonly #directory = new TemporaryDirectory();
  readonly path: string = this.#directory.file("j");
  readonly one: Journal<typeof bytes> = Journal.open(this.path, OPTIONS);
  readonly two: Journal<typeof bytes> = Journal.open(this.path, OPTIONS);

  constructor() {
    this.one.append(LONG);
    this.two.append(SHORT);
    this.one.append(SHORT);
  }

  [Symbol.dispose](): void {
    jest.restoreAllMocks();
    this.one.dispose();
    this.two.dispose();
    this.#directory[Symbol.dispose]();
    this.#home[Symbol.dispose]();
  }
}

test("a segment that cannot be opened once it has its name is found by the next append", () => {
  using pair = new Pair();
  const { one, two, path } = pair;
  // No look at the file is due for want of time.
  spyOn(Date, "now").mockReturnValue(Date.now());
  one.append(SHORT);
  spyOn(DiskStorage.prototype, "openForWriting").mockImplementationOnce(() => {
    throw obstacle("EMFILE", "open");
  });
  expectCode(() => one.append(LONG), "SystemError", "EMFILE");
  expect(one.append(SHORT)).toBe(5);
  expect(two.append(SHORT)).toBe(6);
  expect(one.append(LONG)).toBe(7);
  expect(two.append(SHORT)).toBe(8);
  expect(sequencesOf(path)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("a directory that cannot be opened is no refusal of the disk", () => {
  using pair = new Pair();
  const { one, two, path } = pair;
  spyOn(platform(), "syncDirectory").mockImplementationOnce(() => {
    throw obstacle("EMFILE", "open");
  });
  expectCode(() => one.append(LONG), "SystemError", "EMFILE");
  expect(one.append(LONG)).toBe(4);
  expect(two.append(SHORT)).toBe(5);
  expect(sequencesOf(path)).toEqual([1, 2, 3, 4, 5]);
});

test("a disk that refuses a segment's name stops every handle that is open", () => {
  using pair = new Pair();
  const { one, two } = pair;
  spyOn(platform(), "syncDirectory").mockImplementationOnce((_, change) => {
    change?.();
    throw obstacle("EIO", "fsync");
  });
  expectCode(() => one.append(LONG), "SystemError", "EIO");
  expectCode(() => one.append(SHORT), "SystemError", "EIO");
  expectCode(() => two.append(SHORT), "SystemError", "EIO");
});

test("an append holds where the files cannot be counted for observers", () => {
  using pair = new Pair();
  const { one, path } = pair;
  spyOn(DiskStorage.prototype, "measure").mockImplementationOnce(() => {
    throw obstacle("EMFILE", "scandir");
  });
  expect(one.append(LONG)).toBe(4);
  expect(sequencesOf(path)).toEqual([1, 2, 3, 4]);
});

test.each([LONG, SHORT])(
  "a refused sync stops a handle that is a segment behind, whatever it appends (%#)",
  async (record) => {
    using pair = new Pair();
    const { one, two, path } = pair;
    one.append(LONG);
    // As a handle leaves it whose `fdatasync` has failed.
    changeFile(segmentsOf(path).at(-1) as string, (content) => {
      content[SEGMENT.failed] = 1;
      return undefined;
    });
    expectCode(() => two.append(record), "SystemError", "EIO");
    expectCode(() => two.append(SHORT), "SystemError", "EIO");
    await expect(two.flushed()).rejects.toThrow("EIO");
    expectCode(() => one.append(SHORT), "SystemError", "EIO");
  },
);

test("a reader whose segments were all removed since it listed them goes on with those that are there", () => {
  using pair = new Pair();
  const { one } = pair;
  for (let i = 0; i < 3; i++) one.append(LONG);
  expect(one.prune({ maxBytes: SMALL.segmentBytes })).toBe(3);
  // Once for where to begin, and once for where to go.
  const segments = spyOn(DiskStorage.prototype, "segments");
  segments.mockReturnValueOnce([1, 4]).mockReturnValueOnce([1, 4]);
  expect(entriesIn(one)).toEqual([{ from: 1, to: 5 }, 6]);
  segments.mockReturnValueOnce([1, 4]).mockReturnValueOnce([1, 4]);
  expect(one.metrics.lastSequence).toBe(6);
});

test("a journal that has taken a removed one's place is left alone by the handles of that one", () => {
  using pair = new Pair();
  const { one: old, two, path } = pair;
  rmSync(path, { recursive: true });
  using now = Journal.open(path, OPTIONS);
  now.append(SHORT);
  now.roll();
  now.append(SHORT);
  expectCode(() => old.append(LONG) + old.append(LONG), "SystemError", "ESTALE");
  expectCode(() => two.roll(), "SystemError", "ESTALE");
  expectCode(() => old.prune({ maxBytes: 1 }), "SystemError", "ESTALE");
  expect(now.append(LONG)).toBe(3);
  expect(sequencesOf(path)).toEqual([1, 2, 3]);
});

const testLock = testIf(platform().byteLocks !== undefined, "a lock that stays open");
for (const how of ["removed", "replaced"])
  testLock(`who has a lock that was ${how} appends no more`, () => {
    using pair = new Pair();
    const { one, two, path } = pair;
    const lock = join(path, LOCK_NAME);
    if (how === "removed") rmSync(lock);
    else {
      writeFileSync(`${lock}.copy`, "");
      renameSync(`${lock}.copy`, lock);
    }
    using three = Journal.open(path, OPTIONS);
    expect(three.append(SHORT)).toBe(4);
    Bun.sleepSync(2);
    for (const journal of [one, two]) {
      const { message } = expectCode(() => journal.append(SHORT), "SystemError", "ESTALE");
      expect(message).toContain("open the journal anew");
      expectCode(() => journal.roll(), "SystemError", "ESTALE");
    }
    expect(three.append(SHORT)).toBe(5);
    expect(sequencesOf(path)).toEqual([1, 2, 3, 4, 5]);
  });
