import { describe, expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { mappingLines, mappingsOf } from "@isthmus/testing/process-state";
import { isLinux, isWindows, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { SystemError } from "../src/index.ts";
import { Mapping } from "../src/mapping.ts";
import { platform } from "../src/native/platform.ts";
import { WINDOW_BYTES } from "../src/windows.ts";
import { expectDisposed } from "./support/disposed.ts";

const SHARED = { protection: "readWrite", sharing: "shared" } as const;
/** Where the first window ends that begins 100 bytes after a page. */
const BORDER = WINDOW_BYTES - 100;
const LONG = WINDOW_BYTES + 10_000;

/** An open file of holes. */
function openSparse(lengthBytes: number) {
  const directory = new TemporaryDirectory();
  const path = directory.file("data.bin", "");
  const fd = openSync(path, "r+");
  ftruncateSync(fd, lengthBytes);
  const dispose = () => {
    closeSync(fd);
    directory[Symbol.dispose]();
  };
  return { fd, path, [Symbol.dispose]: dispose };
}

/** Addresses that this process has taken, without memory. */
function emptyRoomBytes(): number {
  return mappingLines(" ---p ").reduce((sum, line) => {
    const [start = "", end = ""] = line.split(" ", 1)[0]?.split("-") ?? [];
    return sum + Number.parseInt(end, 16) - Number.parseInt(start, 16);
  }, 0);
}

describe("Mapping", () => {
  test("of an empty range maps nothing and is valid", () => {
    using file = openSparse(100);
    const mapping = new Mapping({ ...file, ...SHARED, offsetBytes: 50, lengthBytes: 0 });
    expect([mapping.lengthBytes, mapping.pointerOffset, mapping.isDisposed]).toEqual([0, 0, false]);
    expect(mapping.bytes(0, 0).length).toBe(0);
    expect(mapping.residentBytes(0, 0)).toBe(0);
    mapping.copy(0, new Uint8Array(0), true);
    mapping.dispose();
    expect(mapping.isDisposed).toBe(true);
    expectDisposed(() => mapping.bytes(0, 0));
  });

  test("reports what the system refuses", () => {
    using file = openSparse(100);
    const request = { ...file, ...SHARED, offsetBytes: 0 };
    const tooLong = isWindows ? "EINVAL" : "ENOMEM";
    expectCode(() => new Mapping({ ...request, lengthBytes: 2 ** 50 }), SystemError, tooLong);
    const closed = { ...request, fd: 9999, lengthBytes: 1 };
    expectCode(() => new Mapping(closed), SystemError, "EBADF");
    const error = expectCode(() => platform().checkMappable(closed), SystemError, "EBADF");
    expect(error.path).toBe(file.path);
  });

  testIf(isLinux, "Linux")("checkMappable() leaves nothing mapped", () => {
    using file = openSparse(100);
    platform().checkMappable({ ...file, ...SHARED });
    expect(mappingsOf(file.path)).toBe(0);
  });

  testIf(platform().hugePageBytes > 0, "huge pages that can be made of others")(
    "that is gatherable lies as the file's huge pages do, and keeps what it holds and nothing else",
    () => {
      const huge = platform().hugePageBytes;
      using file = openSparse(4 * huge);
      const rounds = 6;
      const before = emptyRoomBytes();
      for (let round = 0; round < rounds; round++) {
        const range = { offsetBytes: round * 4096, lengthBytes: 2 * huge - 100 };
        using mapping = new Mapping({ ...file, ...SHARED, ...range, isGatherable: true });
        const [line = ""] = mappingLines(file.path);
        expect((Number.parseInt(line, 16) - range.offsetBytes) % huge).toBe(0);
        const data = mapping.bytes(0, range.lengthBytes).fill(round);
        mapping.gatherPages(0, range.lengthBytes);
        expect(data.every((byte) => byte === round)).toBe(true);
      }
      expect(emptyRoomBytes() - before).toBeLessThan((rounds * huge) / 2);
    },
  );

  test("refuses everything after disposal, and may be disposed again", () => {
    using file = openSparse(100);
    const mapping = new Mapping({ ...file, ...SHARED, offsetBytes: 0, lengthBytes: 100 });
    mapping.dispose();
    mapping.dispose();
    mapping[Symbol.dispose]();
    expectDisposed(() => mapping.copy(0, new Uint8Array(1), false));
    expectDisposed(() => mapping.sync(0, 1, "sync", 0));
    expectDisposed(() => mapping.advise(0, 1, "random"));
    expectDisposed(() => mapping.residentBytes(0, 1));
    expectDisposed(() => mapping.lock(0, 1));
    expectDisposed(() => mapping.unlock(0, 1));
    expect(mapping.fault).toBeUndefined();
  });
});

describe("Mapping of more than 4 GiB", () => {
  const mapLong = (fd: number, path: string) =>
    new Mapping({ fd, path, ...SHARED, offsetBytes: 100, lengthBytes: LONG });

  test("has a window for every 4 GiB", () => {
    using file = openSparse(LONG + 100);
    using mapping = mapLong(file.fd, file.path);
    expect(mapping.windows.map((window) => window.byteLength)).toEqual([WINDOW_BYTES, 10_100]);
  });

  test("copies across the border of two windows", () => {
    using file = openSparse(LONG + 100);
    using mapping = mapLong(file.fd, file.path);
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
    for (const before of [0, 1, 500, 999, 1000]) {
      mapping.copy(BORDER - before, bytes, true);
      const copy = new Uint8Array(1000);
      mapping.copy(BORDER - before, copy, false);
      expect(copy).toEqual(bytes);
      expect(mapping.bytes(BORDER - before, 1000)).toEqual(bytes);
    }
  });

  test("gives bytes() over the border that are the windows' own", () => {
    using file = openSparse(LONG + 100);
    const mapping = mapLong(file.fd, file.path);
    const across = mapping.bytes(BORDER - 2, 4);
    const before = mapping.bytes(BORDER - 2, 2);
    const behind = mapping.bytes(BORDER, 2);
    across.set([1, 2, 3, 4]);
    expect([...before, ...behind]).toEqual([1, 2, 3, 4]);
    mapping.dispose();
    expect([across.length, before.length, behind.length]).toEqual([0, 0, 0]);
  });

  test("gives at most 4 GiB at a time", () => {
    using file = openSparse(LONG + 100);
    using mapping = mapLong(file.fd, file.path);
    for (const offset of [0, 1, 9999, 10_000]) {
      expect(mapping.bytes(offset, WINDOW_BYTES).length).toBe(WINDOW_BYTES);
      const tooLong = () => mapping.bytes(offset, WINDOW_BYTES + 1);
      expectCode(tooLong, RangeError, "ERR_OUT_OF_RANGE");
    }
    expect(mapping.bytes(LONG, 0).length).toBe(0);
  });

  testIf(isLinux, "Linux")(
    "keeps its pages while a buffer over the border is transferred away",
    () => {
      using file = openSparse(LONG + 100);
      const mapping = mapLong(file.fd, file.path);
      const across = mapping.bytes(BORDER - 2, 4);
      across.set([1, 2, 3, 4]);
      const moved = across.buffer.transfer();
      mapping.dispose();
      expect([...new Uint8Array(moved)]).toEqual([1, 2, 3, 4]);
      expect(mapping.isDisposed).toBe(true);
    },
  );
});

test("Mapping hides the page that its range begins in", () => {
  using file = openSparse(100_000);
  const { granuleBytes } = platform();
  for (const offsetBytes of [0, 1, granuleBytes - 1, granuleBytes, granuleBytes + 1]) {
    using mapping = new Mapping({ ...file, ...SHARED, offsetBytes, lengthBytes: 10_000 });
    expect(mapping.pointerOffset).toBe(offsetBytes % granuleBytes);
    expect(mapping.bytes(0, 10_000).byteOffset).toBe(mapping.pointerOffset);
  }
});
