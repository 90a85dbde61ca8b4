/** `MemoryMappedFile.follow()`: every line once, whatever happens to the file. */
import { describe, expect, test } from "bun:test";
import { appendFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import {
  type FollowEvent,
  MemoryMappedFile,
  NotSupportedError,
  SystemError,
} from "../src/index.ts";
import { expectError } from "./support/expect-error.ts";

type Followed = AsyncGenerator<string | FollowEvent, void>;

/** The next few values. */
async function take(followed: Followed, count: number): Promise<unknown[]> {
  const values: unknown[] = [];
  while (values.length < count) values.push((await followed.next()).value);
  return values;
}

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

  test("nothing is lost or told twice while a writer rotates all the time", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "");
    const lines = MemoryMappedFile.follow(path, { from: 0 });
    const [count, perFile] = [2000, 100];
    const script = join(import.meta.dir, "fixtures", "rotating-writer.ts");
    const command = [process.execPath, script, path, String(count), String(perFile)];
    const writer = Bun.spawn(command, { stdin: "pipe", stdout: "inherit", stderr: "inherit" });
    try {
      const seen: string[] = [];
      let rotations = 0;
      for await (const line of lines) {
        if (typeof line !== "string") {
          rotations++;
          writer.stdin.write("\n");
          writer.stdin.flush();
        } else if (line === "the end") break;
        else seen.push(line);
      }
      expect(await writer.exited).toBe(0);
      const numbered = Array.from({ length: count }, (_, line) => `line ${line} of ${count}`);
      expect(seen.filter((line) => line.startsWith("line"))).toEqual(numbered);
      const late = seen.filter((line) => line.startsWith("late"));
      expect([late.length, new Set(late).size]).toEqual([40, 40]);
      expect(rotations).toBe(count / perFile);
    } finally {
      writer.kill();
    }
  });

  test("a file that is not there is waited for on request", async () => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "later");
    const missing = (): unknown => MemoryMappedFile.follow(path);
    expectError(missing, SystemError, "ENOENT");
    const lines = MemoryMappedFile.follow(path, { wait: true });
    const first = lines.next();
    await Bun.sleep(5);
    writeFileSync(path, "here\n");
    expect((await first).value).toBe("here");
    await lines.return();
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
    const wrong = (): unknown => file.follow({ from: "start" as "end" });
    expectError(wrong, TypeError, "ERR_INVALID_ARG_TYPE");
    using memory = MemoryMappedFile.createNew(null, 10);
    expectError(() => memory.follow(), NotSupportedError, "ERR_NOT_SUPPORTED");
  });

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
