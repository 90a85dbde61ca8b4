/** Memory that is disposed while somebody else still uses it: a pending call of the runtime, or a new owner. */
import { describe, expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, promises } from "node:fs";
import { devNull } from "node:os";
import { mappingsOf } from "@isthmus/testing/process-state";
import { isLinux, isWindows, testIf, truncatingTest } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile } from "../src/index.ts";
import { Mapping } from "../src/mapping.ts";
import { pattern } from "./support/bytes.ts";
import { expectDisposed } from "./support/disposed.ts";
import { collectUntil } from "./support/garbage.ts";
import { runFixture } from "./support/subprocess.ts";

const LENGTH = 1 << 20;
const CONTENT = pattern(LENGTH);
/** Linux permits a process no more mappings by default. */
const WATCHED_RANGES_MAX = 65_536;
const linuxTest = testIf(isLinux, "Linux");

describe.each([true, false])("a mapping (pinned: %p)", (isPinned) => {
  for (const isForgotten of [false, true]) {
    test.each(["writeFile", "gzip", "transfer"])(
      `that is ${isForgotten ? "forgotten" : "disposed"} keeps its memory, and the guard over it, for %s`,
      async (user) => {
        using directory = new TemporaryDirectory();
        const path = directory.file("data.bin", CONTENT);
        const input = { path, user, isPinned, isForgotten, lengthBytes: LENGTH };
        expect(await runFixture<unknown>("buffers-in-use", { input })).toEqual({
          before: CONTENT.at(-1),
          behindTheEnd: isWindows ? CONTENT.at(-1) : 0,
        });
      },
    );
  }

  linuxTest("is unmapped when the pending call has ended and its bytes are collected", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    const disposeInUse = (): Promise<void> => {
      const fd = openSync(path, "r+");
      const range = { fd, path, offsetBytes: 0, lengthBytes: LENGTH };
      const mapping = new Mapping({
        ...range,
        protection: "readWrite",
        sharing: "shared",
        isPinned,
      });
      const written = promises.writeFile(devNull, mapping.bytes(0, LENGTH));
      mapping.dispose();
      expectDisposed(() => mapping.bytes(0, 1));
      closeSync(fd);
      return written;
    };
    const written = disposeInUse();
    expect(mappingsOf(path)).toBe(1);
    await written;
    expect(await collectUntil(() => mappingsOf(path) === 0)).toBe(true);
  });
});

describe("a loop over the chunks of a map that are transferred away", () => {
  test("ends with an error, not silently", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", "line\n".repeat(1000));
    using file = MemoryMappedFile.createFromFile(path);
    let rounds = 0;
    expectDisposed(() => {
      for (const bytes of file.chunks({ size: 1000 })) {
        rounds++;
        (bytes.buffer as ArrayBuffer).transfer();
      }
    });
    expect(rounds).toBe(1);
  });

  test("may be left after that", () => {
    using directory = new TemporaryDirectory();
    using file = MemoryMappedFile.createFromFile(directory.file("data.bin", "line\n".repeat(9)));
    for (const bytes of file.chunks({ size: 1000 })) {
      const { byteOffset, length } = bytes;
      const moved = (bytes.buffer as ArrayBuffer).transfer();
      expect(new Uint8Array(moved, byteOffset, length)[0]).toBe(0x6c);
      break;
    }
  });
});

test("a loop over raw lines goes on when they are transferred away", () => {
  using directory = new TemporaryDirectory();
  using file = MemoryMappedFile.createFromFile(directory.file("data.txt", "line\n".repeat(9)));
  let lines = 0;
  for (const line of file.lines({ raw: true })) {
    const moved = (line.buffer as ArrayBuffer).transfer();
    expect(Buffer.from(moved).toString()).toBe("line");
    lines++;
  }
  expect(lines).toBe(9);
});

truncatingTest(
  "Mapping is still guarded after more windows were transferred away than can be watched at once",
  () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    const fd = openSync(path, "r+");
    const range = { fd, path, offsetBytes: 0, lengthBytes: 100 };
    const map = () => new Mapping({ ...range, protection: "readWrite", sharing: "shared" });
    for (let i = 0; i < WATCHED_RANGES_MAX + 100; i++) {
      const mapping = map();
      const moved = mapping.bytes(0, 1).buffer.transfer();
      mapping.dispose();
      moved.transfer(0); // unmaps the window
    }
    using last = map();
    ftruncateSync(fd, 0);
    expect(last.bytes(0, 1)[0]).toBe(0);
    expect(last.fault?.cause).toBe("truncated");
    closeSync(fd);
  },
);
