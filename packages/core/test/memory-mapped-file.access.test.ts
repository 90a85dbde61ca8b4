import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { mappingLines } from "@isthmus/testing/process-state";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MEMORY_ACCESS } from "../src/access.ts";
import {
  type MemoryAccess,
  MemoryMappedFile,
  NotSupportedError,
  SystemError,
} from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

/** Which views each map permits, as .NET's own tests have it. */
const PERMITTED: Readonly<Record<MemoryAccess, readonly MemoryAccess[]>> = {
  readWrite: ["readWrite", "read", "copyOnWrite"],
  read: ["read", "copyOnWrite"],
  copyOnWrite: ["read", "copyOnWrite"],
  readExecute: ["read", "copyOnWrite", "readExecute"],
  readWriteExecute: ["readWrite", "read", "copyOnWrite", "readExecute", "readWriteExecute"],
};

const WRITABLE: readonly MemoryAccess[] = ["readWrite", "copyOnWrite", "readWriteExecute"];
const REACHES_FILE: readonly MemoryAccess[] = ["readWrite", "readWriteExecute"];

const PAIRS = MEMORY_ACCESS.flatMap((map) => MEMORY_ACCESS.map((view) => [map, view] as const));
const VALID = PAIRS.filter(([map, view]) => PERMITTED[map].includes(view));
const INVALID = PAIRS.filter(([map, view]) => !PERMITTED[map].includes(view));

const CONTENT = pattern(10_000);

describe("MemoryMappedFile.createViewAccessor()", () => {
  test.each(VALID)("on a %s map permits a %s view", (map, view) => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    using file = MemoryMappedFile.createFromFile(path, { access: map });
    using accessor = file.createViewAccessor({ access: view });
    expect([accessor.canRead, accessor.canWrite]).toEqual([true, WRITABLE.includes(view)]);
    expect(accessor.bytes()).toEqual(CONTENT);
    const changed = (CONTENT[5000] as number) ^ 0xff;
    if (accessor.canWrite) accessor.writeUint8(5000, changed);
    else {
      const write = () => accessor.writeUint8(5000, changed);
      expectCode(write, NotSupportedError, "ERR_NOT_SUPPORTED");
    }
    const isInFile = readFileSync(path)[5000] === changed;
    expect(isInFile).toBe(REACHES_FILE.includes(view));
  });

  test.each(INVALID)("on a %s map refuses a %s view with EACCES", (map, view) => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    using file = MemoryMappedFile.createFromFile(path, { access: map });
    const make = () => file.createViewAccessor({ access: view });
    const error = expectCode(make, SystemError, "EACCES");
    expect(error).toMatchObject({ path, syscall: "mmap" });
    expect(error.message).toContain(`"${view}"`);
    expect(error.message).toContain(`"${map}"`);
  });

  test("makes views with the map's access by default", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    for (const access of MEMORY_ACCESS) {
      using file = MemoryMappedFile.createFromFile(path, { access });
      using view = file.createViewAccessor();
      expect([file.access, view.canWrite]).toEqual([access, WRITABLE.includes(access)]);
    }
  });

  test.each([["write"], [""], ["Read"], ["readwrite"]])("refuses the access %p", (access) => {
    using file = MemoryMappedFile.createNew(null, 10);
    const make = () => file.createViewAccessor({ access: access as MemoryAccess });
    expectCode(make, TypeError, "ERR_INVALID_ARG_VALUE");
  });
});

describe("MemoryMappedFile.createViewStream()", () => {
  test.each(VALID)("on a %s map permits a %s view", (map, view) => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    using file = MemoryMappedFile.createFromFile(path, { access: map });
    using stream = file.createViewStream({ access: view });
    expect([stream.canRead, stream.canWrite]).toEqual([true, WRITABLE.includes(view)]);
    const bytes = new Uint8Array(CONTENT.length);
    expect(stream.read(bytes)).toBe(CONTENT.length);
    expect(bytes).toEqual(CONTENT);
  });

  test.each(INVALID)("on a %s map refuses a %s view with EACCES", (map, view) => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    using file = MemoryMappedFile.createFromFile(path, { access: map });
    expectCode(() => file.createViewStream({ access: view }), SystemError, "EACCES");
  });
});

test("MemoryMappedFile.createFromFile() refuses an access that is no word of it", () => {
  const attempt = (access: unknown) => () =>
    MemoryMappedFile.createFromFile("/no/such/file", { access: access as MemoryAccess });
  expectCode(attempt("write"), TypeError, "ERR_INVALID_ARG_VALUE");
  expectCode(attempt(42), TypeError, "ERR_INVALID_ARG_TYPE");
  expectCode(attempt(["read"]), TypeError, "ERR_INVALID_ARG_TYPE");
});

testIf(isLinux, "Linux")(
  "MemoryMappedFile.createViewAccessor() gives pages the protection of the access",
  () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    using file = MemoryMappedFile.createFromFile(path, { access: "readWriteExecute" });
    const protection = (access: MemoryAccess): string => {
      using view = file.createViewAccessor({ access });
      expect(view.readUint8(0)).toBe(CONTENT[0] as number);
      return mappingLines(path)[0]?.split(/\s+/)[1] ?? "";
    };
    expect(protection("readWrite")).toBe("rw-s");
    expect(protection("read")).toBe("rw-p"); // private: writes through bytes() stay in the view
    expect(protection("copyOnWrite")).toBe("rw-p");
    expect(protection("readExecute")).toBe("r-xs");
    expect(protection("readWriteExecute")).toBe("rwxs");
  },
);

test("MemoryMappedFile.createFromFile() refuses a read-only descriptor for writing, at once", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  const fd = openSync(path, "r");
  for (const access of REACHES_FILE) {
    for (const capacity of [0, CONTENT.length, 20_000]) {
      const attempt = () => MemoryMappedFile.createFromFile(fd, { access, capacity });
      expect(expectCode(attempt, SystemError, "EACCES").message).toContain('access: "read"');
    }
  }
  for (const access of ["read", "copyOnWrite", "readExecute"] as const) {
    using file = MemoryMappedFile.createFromFile(fd, { access });
    using view = file.createViewAccessor();
    expect(view.bytes()).toEqual(CONTENT);
  }
  closeSync(fd);
});

test("MemoryMappedFile.createFromFile() does not make a file longer that it then cannot map", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  const fd = openSync(path, "a"); // open for writing only, which mmap refuses
  const attempt = () => MemoryMappedFile.createFromFile(fd, { capacity: 20_000 });
  expect(expectCode(attempt, SystemError, "EACCES").message).toContain("open for reading");
  expect(statSync(path).size).toBe(CONTENT.length);
  closeSync(fd);
});

test("MemoryMappedFile.createFromFile() refuses at once a file that cannot be mapped", () => {
  const path = "/sys/kernel/mm/transparent_hugepage/enabled";
  const attempt = () => MemoryMappedFile.createFromFile(path, { access: "read" });
  if (isLinux && Bun.file(path).size > 0) expectCode(attempt, SystemError, "ENODEV");
});
