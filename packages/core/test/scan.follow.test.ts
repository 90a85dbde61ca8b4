/** `MemoryMappedFile.follow()`: every line once, whatever happens to the file. */
import { describe, expect, spyOn, test } from "bun:test";
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { isLinux, isWindows, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import {
  type FollowEvent,
  MemoryMappedFile,
  NotSupportedError,
  SystemError,
} from "../src/index.ts";
import { doWithout, platform } from "../src/native/platform.ts";
import type { NameChange, NameLog } from "../src/native/platform-interface.ts";

type Followed = AsyncGenerator<unknown, void>;

/** The next few values. */
async function take(followed: Followed, count: number): Promise<unknown[]> {
  const values: unknown[] = [];
  while (values.length < count) values.push((await followed.next()).value);
  return values;
}

/** Follows `fixtures/rotating-writer.ts` to its end. */
async function followWriter(
  count: number,
  perFile: number,
  kept?: string,
): Promise<(string | FollowEvent)[]> {
  using directory = new TemporaryDirectory();
  const path = directory.file("log", "");
  const lines = MemoryMappedFile.follow(path, { from: 0 });
  const script = join(import.meta.dir, "fixtures", "rotating-writer.ts");
  const options = [path, String(count), String(perFile), ...(kept === undefined ? [] : [kept])];
  const command = [process.execPath, script, ...options];
  const writer = Bun.spawn(command, { stdin: "pipe", stdout: "inherit", stderr: "inherit" });
  try {
    const seen: (string | FollowEvent)[] = [];
    for await (const line of lines) {
      if (line === "the end") break;
      seen.push(line);
      if (kept !== undefined || typeof line === "string") continue;
      writer.stdin.write("\n");
      writer.stdin.flush();
    }
    expect(await writer.exited).toBe(0);
    return seen;
  } finally {
    writer.kill();
  }
}

/** Tells of a change a while after it has happened, or when there is another one: one process makes them all. */
function toldLate(log: NameLog): NameLog {
  let last: NameChange | undefined;
  let dueMs = 0;
  return {
    take: () => {
      const held = last === undefined ? [] : [last];
      const changes = [...held, ...(log.take() ?? [])];
      if (changes.length > held.length) dueMs = performance.now() + 12;
      last = performance.now() < dueMs ? changes.pop() : undefined;
      return changes;
    },
    close: () => log.close(),
  };
}

/** The numbers of the lines that begin with a word. */
function numbersIn(lines: readonly (string | FollowEvent)[], word: string): number[] {
  const found = lines.filter((line) => typeof line === "string" && line.startsWith(`${word} `));
  return found.map((line) => Number((line as string).split(" ")[1]));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

const rotatingTest = testIf(!isWindows, "a system that renames a file over an open one");

describe("follow()", () => {
  test("yields what is there and what is appended, and waits for the end of a line", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "one\r\ntwo\nthr");
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const lines = file.follow({ from: 0 });
    expect(await take(lines, 2)).toEqual(["one", "two"]);
    const next = lines.next();
    appendFileSync(path, "ee");
    appendFileSync(path, " ä\n\nfour\n");
    expect((await next).value).toBe("three ä");
    expect(await take(lines, 2)).toEqual(["", "four"]);
    await lines.return();
  });

  test("with places: each line is where it says, whatever its bytes and its end are", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", Buffer.from("one\r\n\nt\xff\xfeo\r\r\n", "latin1"));
    const lines = MemoryMappedFile.follow(path, { from: "start", positions: true });
    expect(await take(lines, 3)).toEqual([
      { line: "one", offset: 0, end: 5 },
      { line: "", offset: 5, end: 6 },
      { line: "t\ufffd\ufffdo\r", offset: 6, end: 13 },
    ]);
    const next = lines.next();
    appendFileSync(path, "x".repeat(300_000));
    appendFileSync(path, "\r\nlast\n");
    const { value } = await next;
    if (value === undefined || "event" in value) throw new Error("no line");
    expect([value.offset, value.end]).toEqual([13, 300_015]);
    expect(await take(lines, 1)).toEqual([{ line: "last", offset: 300_015, end: 300_020 }]);
    await lines.return();
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const again = file.follow({ from: value.end, positions: true });
    expect(await take(again, 1)).toEqual([{ line: "last", offset: 300_015, end: 300_020 }]);
    await again.return();
  });

  test("with places: a line that loses its end to a truncation ends where its file did", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "one\nhalf\r");
    const lines = MemoryMappedFile.follow(path, { from: "start", positions: true });
    expect(await take(lines, 1)).toEqual([{ line: "one", offset: 0, end: 4 }]);
    const next = lines.next();
    await Bun.sleep(50);
    truncateSync(path, 0);
    expect((await next).value).toEqual({ line: "half\r", offset: 4, end: 9 });
    expect(await take(lines, 1)).toEqual([{ event: "truncated", path, position: 9 }]);
    appendFileSync(path, "two\n");
    expect(await take(lines, 1)).toEqual([{ line: "two", offset: 0, end: 4 }]);
    await lines.return();
  });

  test("with places or without, the lines are the same", async () => {
    using directory = new TemporaryDirectory();
    const words = ["", "\r", "a\r\n", "\n", "ä\xff", "\r\r\n", "long".repeat(99), "\xe4\n"];
    const text = Array.from({ length: 4000 }, (_, at) => words[((at * at + at) % 8) ^ (at % 3)]);
    const path = directory.file("log", "");
    writeFileSync(path, Buffer.from(`${text.join("")}\nthe end\n`, "latin1"));
    const plain: string[] = [];
    for await (const line of MemoryMappedFile.follow(path, { from: "start" })) {
      if (typeof line !== "string") continue;
      plain.push(line);
      if (line === "the end") break;
    }
    let behind = 0;
    const placed: string[] = [];
    for await (const line of MemoryMappedFile.follow(path, { from: "start", positions: true })) {
      if ("event" in line) continue;
      expect(line.offset).toBe(behind);
      behind = line.end;
      placed.push(line.line);
      if (line.line === "the end") break;
    }
    expect(placed).toEqual(plain);
  });

  // Bun's watcher leaves out what happens to a file so soon after it has told of it.
  test("what is appended within a millisecond of the last line comes without another one", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "");
    const lines = MemoryMappedFile.follow(path, { from: 0 });
    let next = lines.next();
    for (let round = 0; round < 20; round++) {
      for (const line of ["one", "two", "three"]) {
        appendFileSync(path, `${line}\n`);
        expect((await next).value).toBe(line);
        next = lines.next();
        // It has read to the end, and sleeps.
        await new Promise((resolve) => setImmediate(resolve));
      }
      // Longer than anything is left out.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    appendFileSync(path, "end\n");
    expect((await next).value).toBe("end");
    await lines.return();
  });

  test("from the end, only what comes; from a byte, what is behind it; also of an empty file", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "");
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const fromEmpty = file.follow();
    const first = fromEmpty.next();
    await Bun.sleep(1);
    appendFileSync(path, "old\n");
    expect((await first).value).toBe("old");
    using again = MemoryMappedFile.createFromFile(path, { access: "read" });
    const fromEnd = again.follow({ from: "end" });
    const next = fromEnd.next();
    await Bun.sleep(1);
    appendFileSync(path, "new\n");
    expect((await next).value).toBe("new");
    expect((await again.follow({ from: 2 }).next()).value).toBe("d");
    for (const each of [fromEmpty, fromEnd]) await each.return();
  });

  test("a file that is emptied and written anew is told as truncated", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "one\nunfinished");
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const lines = file.follow({ from: 0 });
    expect(await take(lines, 1)).toEqual(["one"]);
    const rest = take(lines, 3);
    await Bun.sleep(1);
    truncateSync(path, 0);
    await Bun.sleep(50);
    appendFileSync(path, "again\n");
    expect(await rest).toEqual(["unfinished", { event: "truncated", path, position: 14 }, "again"]);
    await lines.return();
  });

  test("a rotated file is read to its end, then the new one from its start", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "one\n");
    const lines = MemoryMappedFile.follow(path, { from: 0 });
    expect(await take(lines, 1)).toEqual(["one"]);
    const rest = take(lines, 4);
    await Bun.sleep(1);
    appendFileSync(path, "two\nlast");
    renameSync(path, `${path}.1`);
    writeFileSync(path, "three\n");
    expect(await rest).toEqual(["two", "last", { event: "rotated", path, position: 12 }, "three"]);
    const late = take(lines, 1);
    appendFileSync(`${path}.1`, "late\n");
    expect(await late).toEqual(["late"]);
    await lines.return();
  });

  for (const [system, lacks] of [
    ["tells of names", []],
    ["does not tell of names", ["name logs"]],
  ] as const) {
    rotatingTest(
      `nothing is lost or told twice at rotations where the system ${system}`,
      async () => {
        doWithout(lacks);
        try {
          const seen = await followWriter(2000, 100);
          const events = seen.filter((line) => typeof line !== "string").map(({ event }) => event);
          expect(events).toEqual(Array(20).fill("rotated"));
          expect(numbersIn(seen, "line")).toEqual(upTo(2000));
          expect(numbersIn(seen, "late")).toHaveLength(20);
          expect(numbersIn(seen, "later")).toHaveLength(20);
        } finally {
          doWithout([]);
        }
      },
    );
  }

  testIf(isLinux, "Linux, which tells of names")(
    "nothing is lost when it rotates faster than it is followed, and keeps its files",
    async () => {
      const seen = await followWriter(6000, 20, "all");
      const events = seen.filter((line) => typeof line !== "string").map(({ event }) => event);
      expect(events).toEqual(Array(300).fill("rotated"));
      expect(numbersIn(seen, "line")).toEqual(upTo(6000));
      expect(numbersIn(seen, "late")).toHaveLength(300);
      expect(numbersIn(seen, "later")).toHaveLength(300);
    },
  );

  testIf(isLinux, "Linux, which tells of names")(
    "nothing is lost when the system tells of new names late",
    async () => {
      const real = platform().nameLog as (directory: string) => NameLog;
      const late = spyOn(platform(), "nameLog" as never) as ReturnType<typeof spyOn>;
      late.mockImplementation(((directory: string) => toldLate(real(directory))) as never);
      try {
        const seen = await followWriter(6000, 20, "all");
        const events = seen.filter((line) => typeof line !== "string").map(({ event }) => event);
        expect(events).toEqual(Array(300).fill("rotated"));
        expect(numbersIn(seen, "line")).toEqual(upTo(6000));
      } finally {
        late.mockRestore();
      }
    },
  );

  rotatingTest("what is lost because files are deleted too early is told", async () => {
    const seen = await followWriter(6000, 20, "3");
    let [last, isMissed] = [-1, false];
    for (const line of seen) {
      if (typeof line !== "string") isMissed ||= line.event === "missed";
      else if (line.startsWith("line ")) {
        const number = Number(line.split(" ")[1]);
        expect(number).toBeGreaterThan(last);
        if (number !== last + 1) expect([number, isMissed]).toEqual([number, true]);
        [last, isMissed] = [number, false];
      }
    }
    expect(last).toBe(5999);
  });

  test("a file that has been written anew, and is longer than before, is told as truncated", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "one\ntwo\n");
    const lines = MemoryMappedFile.follow(path, { from: 0 });
    expect(await take(lines, 2)).toEqual(["one", "two"]);
    const fd = openSync(path, "r+");
    ftruncateSync(fd, 0);
    writeSync(fd, "three\nfour\nfive\n");
    closeSync(fd);
    const truncated = { event: "truncated", path, position: 8 };
    expect(await take(lines, 4)).toEqual([truncated, "three", "four", "five"]);
    await lines.return();
  });

  test("a file that is not there is waited for on request", async () => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "later");
    const missing = (): unknown => MemoryMappedFile.follow(path);
    expectCode(missing, SystemError, "ENOENT");
    const lines = MemoryMappedFile.follow(path, { wait: true });
    const first = lines.next();
    await Bun.sleep(5);
    writeFileSync(path, "here\n");
    expect((await first).value).toBe("here");
    await lines.return();
  });

  test("a directory has no lines", async () => {
    using directory = new TemporaryDirectory();
    const lines = MemoryMappedFile.follow(directory.path);
    const { path } = await expectRejection(lines.next(), SystemError, "EISDIR");
    expect(path).toBe(directory.path);
  });

  test("a signal ends it, also while it waits, and everything is given back", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "one\n");
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const aborting = new AbortController();
    const lines = file.follow({ from: 0, signal: aborting.signal });
    expect(await take(lines, 1)).toEqual(["one"]);
    const waiting = lines.next();
    setTimeout(() => aborting.abort(new Error("enough")), 5);
    expect(await waiting.catch(String)).toBe("Error: enough");
    expect(await lines.next()).toEqual({ value: undefined, done: true });
    const wrong = (): unknown => file.follow({ from: "middle" as "end" });
    expectCode(wrong, TypeError, "ERR_INVALID_ARG_TYPE");
    expect(wrong).toThrow(`a byte, "start" or "end"`);
    using memory = MemoryMappedFile.createNew(null, 10);
    expectCode(() => memory.follow(), NotSupportedError, "ERR_NOT_SUPPORTED");
  });

  const linkTest = testIf(!isWindows, "symbolic links");

  linkTest(
    "what a symbolic link leads to is followed where it is, by way of another link",
    async () => {
      using here = new TemporaryDirectory();
      using between = new TemporaryDirectory();
      using there = new TemporaryDirectory();
      const path = join(here.path, "log");
      const middle = join(between.path, "current");
      const target = there.file("log", "one\n");
      symlinkSync(target, middle);
      symlinkSync(middle, path);
      const lines = MemoryMappedFile.follow(path, { from: 0 });
      expect(await take(lines, 1)).toEqual(["one"]);
      const steps: readonly [change: () => void, expected: readonly unknown[]][] = [
        [() => appendFileSync(target, "two\n"), ["two"]],
        [
          () => {
            renameSync(target, `${target}.1`);
            writeFileSync(target, "three\n");
          },
          [{ event: "rotated", path, position: 8 }, "three"],
        ],
        [() => appendFileSync(target, "four\n"), ["four"]],
        [
          () => {
            const other = between.file("other", "five\n");
            symlinkSync(other, `${middle}.new`);
            renameSync(`${middle}.new`, middle);
          },
          [{ event: "rotated", path, position: 11 }, "five"],
        ],
        [() => appendFileSync(target, "late\n"), ["late"]],
        [() => appendFileSync(join(between.path, "other"), "six\n"), ["six"]],
      ];
      for (const [change, expected] of steps) {
        const next = take(lines, expected.length);
        // Asleep by then, also behind the look that follows each finding.
        await Bun.sleep(30);
        change();
        expect(await next).toEqual([...expected]);
      }
      await lines.return();
    },
  );

  linkTest(
    "a symbolic link into a directory that is made later is looked at once a second",
    async () => {
      using here = new TemporaryDirectory();
      const path = join(here.path, "log");
      symlinkSync("later/log", path);
      const warn = spyOn(process, "emitWarning").mockImplementation(() => undefined);
      try {
        const lines = MemoryMappedFile.follow(path, { wait: true });
        const next = lines.next();
        await Bun.sleep(30);
        mkdirSync(join(here.path, "later"));
        writeFileSync(join(here.path, "later", "log"), "one\n");
        expect((await next).value).toBe("one");
        expect(warn).toHaveBeenCalledTimes(1);
        await lines.return();
      } finally {
        warn.mockRestore();
      }
    },
  );

  test("two of one directory do not disturb each other", async () => {
    using directory = new TemporaryDirectory();
    const paths = ["a", "b"].map((name) => directory.file(name, ""));
    const all = paths.map((path) => MemoryMappedFile.follow(path));
    const firsts = all.map((lines) => lines.next());
    await Bun.sleep(5);
    for (const path of paths) appendFileSync(path, `${path}\n`);
    expect((await Promise.all(firsts)).map(({ value }) => value)).toEqual(paths);
    await all[0]?.return();
    const second = all[1]?.next();
    await Bun.sleep(5);
    appendFileSync(paths[1] ?? "", "still\n");
    expect((await second)?.value).toBe("still");
    await all[1]?.return();
  });
});
