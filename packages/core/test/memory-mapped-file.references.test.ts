import { expect, test } from "bun:test";
import { appendFileSync, closeSync, openSync, readSync, symlinkSync, unlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { expectCode } from "@isthmus/testing/expect-code";
import { areClosedOnExec } from "@isthmus/testing/process-state";
import { canLink, isLinux, isWindows, LINKS, testIf, wine } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { type FileReference, MemoryMappedFile, SystemError } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

const CONTENT = pattern(5000);

function contentOf(reference: FileReference): Uint8Array {
  using file = MemoryMappedFile.createFromFile(reference, { access: "read" });
  using view = file.createViewAccessor();
  return view.bytes().slice();
}

test("MemoryMappedFile.createFromFile() maps an absolute path", () => {
  using directory = new TemporaryDirectory();
  expect(contentOf(directory.file("data.bin", CONTENT))).toEqual(CONTENT);
});

test("MemoryMappedFile.createFromFile() maps a relative path", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  expect(contentOf(relative(process.cwd(), path))).toEqual(CONTENT);
});

test("MemoryMappedFile.createFromFile() maps a path of many scripts", () => {
  using directory = new TemporaryDirectory();
  expect(
    contentOf(directory.file(`ein Näme 文件 🦊 #%${isWindows ? "" : "?"}.bin`, CONTENT)),
  ).toEqual(CONTENT);
});

test("MemoryMappedFile.createFromFile() maps a file: URL with escapes", () => {
  using directory = new TemporaryDirectory();
  const url = pathToFileURL(directory.file("a b#c.bin", CONTENT));
  expect(url.href).toContain("a%20b%23c.bin");
  expect(contentOf(url)).toEqual(CONTENT);
});

test("MemoryMappedFile.createFromFile() maps a Bun.file of a path and of a URL", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  expect(contentOf(Bun.file(path))).toEqual(CONTENT);
  expect(contentOf(Bun.file(pathToFileURL(path)))).toEqual(CONTENT);
});

test.each([
  [4, 8],
  [4, 5004],
  [4, undefined],
  [-4, undefined],
  [0, 4],
  [0, 0],
] as const)(
  "MemoryMappedFile.createFromFile() refuses a part of a Bun.file: %p to %p",
  (from, to) => {
    using directory = new TemporaryDirectory();
    const part = Bun.file(directory.file("data.bin", CONTENT)).slice(from, to);
    const { message } = expectCode(() => contentOf(part), TypeError, "ERR_INVALID_ARG_VALUE");
    expect(message).toContain("part");
  },
);

test("MemoryMappedFile.createFromFile() takes a part of a Bun.file that is all of it", () => {
  using directory = new TemporaryDirectory();
  const whole = Bun.file(directory.file("data.bin", CONTENT));
  for (const part of [whole.slice(), whole.slice(0, 5000)])
    expect(contentOf(part)).toEqual(CONTENT);
});

test("MemoryMappedFile.createFromFile() takes the same Bun.file again when the file has grown", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  const file = Bun.file(path);
  expect(contentOf(file).length).toBe(5000);
  appendFileSync(path, "more");
  expect(contentOf(file).length).toBe(5004);
  expect((await file.bytes()).length).toBe(5004);
});

testIf(canLink, LINKS)("MemoryMappedFile.createFromFile() follows symbolic links", () => {
  using directory = new TemporaryDirectory();
  const link = directory.file("link");
  symlinkSync(directory.file("data.bin", CONTENT), link);
  expect(contentOf(link)).toEqual(CONTENT);
});

test("MemoryMappedFile.createFromFile() maps a descriptor, which stays the caller's", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  const fd = openSync(path, "r+");
  const file = MemoryMappedFile.createFromFile(fd);
  const view = file.createViewAccessor();
  view.dispose();
  file.dispose();
  const byte = new Uint8Array(1);
  expect(readSync(fd, byte, 0, 1, 7)).toBe(1);
  expect(byte[0]).toBe(CONTENT[7]!);
  closeSync(fd);
});

test("MemoryMappedFile.createFromFile() goes on with a descriptor that the caller closes", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  const fd = openSync(path, "r+");
  using file = MemoryMappedFile.createFromFile(fd);
  closeSync(fd);
  // Takes the number that became free: a map that still used it would see this file.
  const other = openSync(directory.file("other.bin", "other"), "r");
  using view = file.createViewAccessor();
  expect(view.bytes().slice()).toEqual(CONTENT);
  expect(file.refresh()).toBe(CONTENT.length);
  closeSync(other);
});

test("MemoryMappedFile.createFromFile() does not move the offset of a descriptor", () => {
  using directory = new TemporaryDirectory();
  const fd = openSync(directory.file("data.bin", CONTENT), "r+");
  readSync(fd, new Uint8Array(10), 0, 10, null);
  using file = MemoryMappedFile.createFromFile(fd, { capacity: 6000 });
  using view = file.createViewAccessor();
  expect(view.bytes(0, 10).slice()).toEqual(CONTENT.slice(0, 10));
  const next = new Uint8Array(1);
  readSync(fd, next, 0, 1, null);
  expect(next[0]).toBe(CONTENT[10]!);
  closeSync(fd);
});

test("MemoryMappedFile.createFromFile() maps a FileHandle", async () => {
  using directory = new TemporaryDirectory();
  const handle = await open(directory.file("data.bin", CONTENT), "r");
  try {
    expect(contentOf(handle)).toEqual(CONTENT);
  } finally {
    await handle.close();
  }
});

test("MemoryMappedFile.createFromFile() refuses a FileHandle that has been closed", async () => {
  using directory = new TemporaryDirectory();
  const handle = await open(directory.file("data.bin", CONTENT), "r");
  await handle.close();
  expect(() => contentOf(handle)).toThrow(Error);
});

testIf(
  wine === undefined,
  `Windows itself (${wine} keeps the name of a removed file until it is closed)`,
)("MemoryMappedFile.createFromFile() goes on with a file that is removed", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  unlinkSync(path);
  using view = file.createViewAccessor();
  view.writeUint8(0, 42);
  view.flush();
  file.resize(10_000);
  using longer = file.createViewAccessor();
  expect(longer.readUint8(0)).toBe(42);
  expect(longer.capacity).toBe(10_000);
  expectCode(() => MemoryMappedFile.createFromFile(path), SystemError, "ENOENT");
});

testIf(isLinux, "Linux")(
  "MemoryMappedFile does not leave its descriptors to programs that this one starts",
  () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    const other = directory.file("other.bin", CONTENT);
    const fd = openSync(other, "r+");
    using byPath = MemoryMappedFile.createFromFile(path);
    using byDescriptor = MemoryMappedFile.createFromFile(fd);
    using anonymous = MemoryMappedFile.createNew(null, 10);
    closeSync(fd);
    expect([path, other, "memfd:isthmus"].map(areClosedOnExec)).toEqual([true, true, true]);
    expect([byPath.capacity, byDescriptor.capacity, anonymous.capacity]).toEqual([5000, 5000, 10]);
  },
);

test("MemoryMappedFile.createFromFile() refuses a descriptor that is not open", () => {
  using directory = new TemporaryDirectory();
  const fd = openSync(directory.file("data.bin", CONTENT), "r");
  closeSync(fd);
  const error = expectCode(() => MemoryMappedFile.createFromFile(fd), SystemError, "EBADF");
  expect(error.message).toContain(String(fd));
});

test("MemoryMappedFile.createFromFile() refuses a descriptor with any mode but open", () => {
  using directory = new TemporaryDirectory();
  const fd = openSync(directory.file("data.bin", CONTENT), "r+");
  for (const mode of ["openOrCreate", "create", "createNew"] as const) {
    const action = () => MemoryMappedFile.createFromFile(fd, { mode });
    expectCode(action, TypeError, "ERR_INVALID_ARG_VALUE");
  }
  MemoryMappedFile.createFromFile(fd, { mode: "open" }).dispose();
  closeSync(fd);
});

test.each([
  ["an empty path", "", TypeError, "ERR_INVALID_ARG_VALUE"],
  ["a path with a NUL", "/tmp/with\0nul", TypeError, "ERR_INVALID_ARG_VALUE"],
  ["a URL with a NUL", new URL("file:///tmp/%00"), TypeError, "ERR_INVALID_ARG_VALUE"],
  ["a URL of the Web", new URL("https://example.com/a"), TypeError, "ERR_INVALID_ARG_VALUE"],
  // On Windows it is a folder that the host shares.
  ...(isWindows
    ? []
    : ([
        ["a URL of a host", new URL("file://host/a"), TypeError, "ERR_INVALID_ARG_VALUE"],
      ] as const)),
  ["a URL with a %2f", new URL("file:///tmp/a%2fb"), TypeError, "ERR_INVALID_ARG_VALUE"],
  ["a Blob in memory", new Blob(["content"]), TypeError, "ERR_INVALID_ARG_VALUE"],
  ["a negative descriptor", -1, RangeError, "ERR_OUT_OF_RANGE"],
  ["a descriptor with a fraction", 1.5, RangeError, "ERR_OUT_OF_RANGE"],
  ["NaN", Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
  ["a descriptor of 2^31", 2 ** 31, RangeError, "ERR_OUT_OF_RANGE"],
  ["an object with a negative fd", { fd: -1 }, RangeError, "ERR_OUT_OF_RANGE"],
  ["an object whose fd is a string", { fd: "3" }, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["null", null, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["undefined", undefined, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["a boolean", true, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["a BigInt", 3n, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["an empty object", {}, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["an array", [], TypeError, "ERR_INVALID_ARG_TYPE"],
  ["a Buffer", Buffer.from("/tmp"), TypeError, "ERR_INVALID_ARG_TYPE"],
  ["a function", () => "/tmp", TypeError, "ERR_INVALID_ARG_TYPE"],
])("MemoryMappedFile.createFromFile() refuses %s as a file", (_label, value, type, code) => {
  const action = () => MemoryMappedFile.createFromFile(value as FileReference);
  expectCode(action, type, code);
});

test("MemoryMappedFile.createFromFile() refuses a File, whose name is no path", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  const action = () => MemoryMappedFile.createFromFile(new File(["content"], path));
  expectCode(action, TypeError, "ERR_INVALID_ARG_VALUE");
});

test("MemoryMappedFile.createFromFile() refuses a Bun.file of a descriptor and says what to do", () => {
  const action = () => MemoryMappedFile.createFromFile(Bun.file(0));
  const error = expectCode(action, TypeError, "ERR_INVALID_ARG_VALUE");
  expect(error.message).toContain("descriptor");
});

test("MemoryMappedFile.createFromFile() checks its arguments before it touches the file", () => {
  const missing = "/no/such/directory/data.bin";
  const attempts = [{ mode: "append" }, { access: "write" }, { capacity: -1 }] as object[];
  for (const options of attempts) {
    expect(() => MemoryMappedFile.createFromFile(missing, options)).not.toThrow("ENOENT");
    expect(() => MemoryMappedFile.createFromFile(missing, options)).toThrow("received");
  }
});

test("new MemoryMappedFile() is refused with a stable code", () => {
  const construct = () => Reflect.construct(MemoryMappedFile, []);
  expectCode(construct, TypeError, "ERR_INVALID_ARG_TYPE");
});

testIf(!isWindows, "the errors of POSIX")(
  "MemoryMappedFile.createFromFile() says of a Bun.file what it says of its path",
  () => {
    using directory = new TemporaryDirectory();
    const inside = join(directory.file("data.bin", CONTENT), "x");
    const tooLong = directory.file("x".repeat(300));
    for (const [path, code] of [
      [inside, "ENOTDIR"],
      [tooLong, "ENAMETOOLONG"],
    ] as const) {
      expectCode(() => contentOf(Bun.file(path)), SystemError, code);
    }
  },
);
