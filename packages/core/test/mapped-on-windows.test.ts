/** What differs where the system refuses to shorten a file as long as anything of it is mapped. */
import { expect } from "bun:test";
import { closeSync, openSync, readFileSync, statSync, truncateSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile, mapFile, SystemError } from "../src/index.ts";
import { Mapping } from "../src/mapping.ts";
import { platform } from "../src/native/platform.ts";
import { pattern } from "./support/bytes.ts";
import { collectUntil } from "./support/garbage.ts";

const LENGTH = 200_000;
const CONTENT = pattern(LENGTH);
const windowsTest = testIf(isWindows, "Windows");

/** Whether a file can be shortened, because nothing of it is mapped. */
function isUnmapped(path: string): boolean {
  try {
    truncateSync(path, statSync(path).size - 1);
    return true;
  } catch {
    return false;
  }
}

windowsTest("resize() refuses to shorten a file that is mapped, and says what to do", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  const view = file.createViewAccessor({ size: 100 });
  const error = expectCode(() => file.resize(150_000), SystemError, "EBUSY");
  expect(error).toMatchObject({ path, errno: 0xc000_0243 });
  expect(error.message).toContain("dispose the views");
  expect([file.capacity, statSync(path).size, view.readUint8(0)]).toEqual([
    LENGTH,
    LENGTH,
    CONTENT[0] as number,
  ]);
  view.dispose();
  file.resize(150_000);
  expect([file.capacity, statSync(path).size]).toEqual([150_000, 150_000]);
});

windowsTest("resize() makes a file longer while it is mapped, and both views show it", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  using old = file.createViewAccessor();
  file.resize(LENGTH + 100_000);
  using view = file.createViewAccessor();
  old.writeUint8(LENGTH - 1, 1);
  view.writeUint8(LENGTH, 2);
  expect([view.readUint8(LENGTH - 1), view.readUint8(LENGTH), view.readUint8(0)]).toEqual([
    1,
    2,
    CONTENT[0] as number,
  ]);
  view.flush();
  expect([...readFileSync(path).subarray(LENGTH - 1, LENGTH + 2)]).toEqual([1, 2, 0]);
});

windowsTest("a file that grows shows zeros where somebody had stored bytes behind its end", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(4100));
  const fd = openSync(path, "r+");
  const range = { fd, path, offsetBytes: 4100, lengthBytes: 4092 };
  const behind = new Mapping({ ...range, protection: "readWrite", sharing: "shared" });
  behind.bytes(0, 4092).fill(0xff);
  using file = MemoryMappedFile.createFromFile(path, { capacity: 9000 });
  using view = file.createViewAccessor();
  expect(view.bytes(4100, 4900).every((byte) => byte === 0)).toBe(true);
  behind.dispose();
  closeSync(fd);
});

windowsTest("a range that reaches behind the last page of its file is refused", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(4100));
  const fd = openSync(path, "r+");
  const map = (lengthBytes: number) =>
    new Mapping({
      fd,
      path,
      offsetBytes: 0,
      lengthBytes,
      protection: "readWrite",
      sharing: "shared",
    });
  map(8192).dispose();
  expectCode(() => map(8193), SystemError, "EINVAL");
  closeSync(fd);
  expect(isUnmapped(path)).toBe(true);
});

windowsTest("a map lets its file go as soon as it is disposed, whatever way it was mapped", () => {
  using directory = new TemporaryDirectory();
  for (const access of ["readWrite", "read", "copyOnWrite", "readExecute"] as const) {
    const path = directory.file(`${access}.bin`, CONTENT);
    {
      using file = MemoryMappedFile.createFromFile(path, { access });
      using view = file.createViewAccessor({ offset: 70_001 });
      expect([access, view.readUint8(0)]).toEqual([access, CONTENT[70_001] as number]);
      expect([access, isUnmapped(path)]).toEqual([access, false]);
    }
    expect([access, isUnmapped(path)]).toEqual([access, true]);
  }
});

windowsTest("what is forgotten is unmapped by the collector", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  (() => {
    expect(mapFile(path)[1]).toBe(CONTENT[1] as number);
    const file = MemoryMappedFile.createFromFile(path);
    expect(file.createViewAccessor().readUint8(2)).toBe(CONTENT[2] as number);
  })();
  expect(await collectUntil(() => isUnmapped(path))).toBe(true);
});

windowsTest("many maps leave no descriptor and no section behind", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  const lowestFree = (): number => {
    const fd = openSync(path, "r");
    closeSync(fd);
    return fd;
  };
  const before = lowestFree();
  for (let cycle = 0; cycle < 300; cycle++) {
    const access = cycle % 10 === 0 ? "readExecute" : "readWrite";
    using file = MemoryMappedFile.createFromFile(path, { access });
    using view = file.createViewAccessor({ offset: cycle * 100 });
    expect(view.readUint8(0)).toBe(CONTENT[cycle * 100] as number);
  }
  expect([lowestFree(), isUnmapped(path)]).toEqual([before, true]);
});

windowsTest("a range of more than 4 GiB lets all of its file go", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", "");
  const capacity = 2 ** 32 + 100_000;
  {
    using file = MemoryMappedFile.createFromFile(path, { capacity, allocate: false });
    using view = file.createViewAccessor();
    view.writeUint8(capacity - 1, 7);
    view.flush();
    expect(view.readUint8(capacity - 1)).toBe(7);
  }
  expect(isUnmapped(path)).toBe(true);
});

windowsTest("a mapped range begins at a multiple of the system's granule", () => {
  const { granuleBytes, pageSizeBytes } = platform();
  expect([granuleBytes, pageSizeBytes]).toEqual([65_536, 4096]);
});
