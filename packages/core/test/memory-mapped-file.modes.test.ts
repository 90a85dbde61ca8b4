import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { canLink, LINKS, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MEMORY_ACCESS } from "../src/access.ts";
import { type FileMode, type MemoryAccess, MemoryMappedFile, SystemError } from "../src/index.ts";
import { filled, pattern } from "./support/bytes.ts";

const MODES: readonly FileMode[] = ["open", "openOrCreate", "create", "createNew"];
const CONTENT = pattern(5000);

/** What is at the path before the call: nothing, or a file of this content. */
const BEFORE = { missing: undefined, empty: new Uint8Array(0), existing: CONTENT } as const;
const CAPACITIES = [0, 100, 5000, 8000];

type Before = Uint8Array<ArrayBuffer> | undefined;

/** The code of the error that a call must end with, or the content of the file after its success. */
function expected(mode: FileMode, access: MemoryAccess, before: Before, capacity: number) {
  const canGrow = access !== "read" && access !== "readExecute";
  const grown = (from: Uint8Array) => {
    const bytes = new Uint8Array(capacity);
    bytes.set(from);
    return bytes;
  };
  const isNew = mode === "create" || mode === "createNew" || before === undefined;
  if (mode === "open" && before === undefined) return "ENOENT";
  if (mode === "createNew" && before !== undefined) return "EEXIST";
  if (isNew && (capacity === 0 || !canGrow)) return "ERR_OUT_OF_RANGE";
  if (isNew) return new Uint8Array(capacity);
  if (capacity === before.length || capacity === 0) return before;
  return capacity < before.length || !canGrow ? "ERR_OUT_OF_RANGE" : grown(before);
}

for (const mode of MODES) {
  describe(`MemoryMappedFile.createFromFile() in mode ${mode}`, () => {
    test.each(MEMORY_ACCESS.map((access) => [access]))(
      "does what it says for every file and capacity with access %s",
      (access) => {
        for (const [name, before] of Object.entries(BEFORE)) {
          for (const capacity of CAPACITIES) {
            const call = `${mode} ${access} of a(n) ${name} file with capacity ${capacity}`;
            const wanted = expected(mode, access, before, capacity);
            expect([call, attempt(mode, access, before, capacity)]).toEqual([call, wanted]);
          }
        }
      },
    );
  });
}

/** Makes the call; returns what `expected` predicts, having checked that a failure changed nothing. */
function attempt(mode: FileMode, access: MemoryAccess, before: Before, capacity: number) {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", before);
  const content = () => (existsSync(path) ? Uint8Array.from(readFileSync(path)) : undefined);
  try {
    using file = MemoryMappedFile.createFromFile(path, { mode, access, capacity });
    using view = file.createViewAccessor();
    const after = content() as Uint8Array<ArrayBuffer>;
    expect([file.capacity, view.capacity]).toEqual([after.length, after.length]);
    expect(view.bytes()).toEqual(after);
    return after;
  } catch (error) {
    expect(content()).toEqual(before);
    return (error as SystemError).code ?? error;
  }
}

test("MemoryMappedFile.createFromFile() opens by default, for reading and writing", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  for (const options of [
    undefined,
    {},
    { mode: undefined, access: undefined, capacity: undefined },
  ]) {
    using file = MemoryMappedFile.createFromFile(path, options);
    expect([file.access, file.capacity]).toEqual(["readWrite", 5000]);
    expect([file.name, file.createdNew]).toEqual([null, false]);
  }
  const missing = directory.file("missing");
  expectCode(() => MemoryMappedFile.createFromFile(missing), SystemError, "ENOENT");
  expect(existsSync(missing)).toBe(false);
});

test.each([["append"], ["truncate"], ["Open"], ["openorcreate"], [""], ["toString"]])(
  "MemoryMappedFile.createFromFile() refuses the mode %p",
  (mode) => {
    const action = () => MemoryMappedFile.createFromFile("/tmp/x", { mode: mode as FileMode });
    const error = expectCode(action, TypeError, "ERR_INVALID_ARG_VALUE");
    expect(error.message).toContain('"createNew"');
  },
);

test.each([[42], [true], [{}], [Symbol("open")]])(
  "MemoryMappedFile.createFromFile() refuses a mode that is no string (%#)",
  (mode) => {
    const action = () => MemoryMappedFile.createFromFile("/tmp/x", { mode: mode as never });
    expectCode(action, TypeError, "ERR_INVALID_ARG_TYPE");
  },
);

test.each([[null], ["open"], [42], [[]], [true]])(
  "MemoryMappedFile.createFromFile() refuses %p as options",
  (options) => {
    const action = () => MemoryMappedFile.createFromFile("/tmp/x", options as never);
    expectCode(action, TypeError, "ERR_INVALID_ARG_TYPE");
  },
);

test("MemoryMappedFile.createFromFile() in mode create empties longer and shorter files", () => {
  using directory = new TemporaryDirectory();
  for (const length of [1, 4095, 4096, 4097, 100_000]) {
    const path = directory.file("data.bin", filled(length, 0xff));
    using file = MemoryMappedFile.createFromFile(path, { mode: "create", capacity: 5000 });
    expect(file.capacity).toBe(5000);
    expect(new Uint8Array(readFileSync(path))).toEqual(new Uint8Array(5000));
  }
});

for (const mode of ["openOrCreate", "create"] as const) {
  testIf(canLink, LINKS)(
    `MemoryMappedFile.createFromFile() in mode ${mode} creates the file that a link leads to`,
    () => {
      using directory = new TemporaryDirectory();
      const target = directory.file("target");
      symlinkSync(target, directory.file("absolute"));
      symlinkSync("absolute", directory.file("relative"));
      using file = MemoryMappedFile.createFromFile(directory.file("relative"), {
        mode,
        capacity: 100,
      });
      expect(file.capacity).toBe(100);
      expect(readFileSync(target).length).toBe(100);
    },
    2000,
  );
}

testIf(canLink, LINKS)(
  "MemoryMappedFile.createFromFile() in mode createNew does not follow a link",
  () => {
    using directory = new TemporaryDirectory();
    const [link, target] = [directory.file("link"), directory.file("target")];
    symlinkSync(target, link);
    const action = () =>
      MemoryMappedFile.createFromFile(link, { mode: "createNew", capacity: 100 });
    expectCode(action, SystemError, "EEXIST");
    expect(existsSync(target)).toBe(false);
  },
);

test("MemoryMappedFile.createFromFile() creates nothing in a directory that is missing", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("missing/data.bin");
  for (const mode of ["openOrCreate", "create", "createNew"] as const) {
    const action = () => MemoryMappedFile.createFromFile(path, { mode, capacity: 100 });
    expectCode(action, SystemError, "ENOENT");
  }
  expect(existsSync(directory.file("missing"))).toBe(false);
});

test("MemoryMappedFile.createFromFile() says which access it takes to create a file", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin");
  for (const mode of ["openOrCreate", "create", "createNew"] as const) {
    for (const capacity of [0, 100]) {
      const action = () =>
        MemoryMappedFile.createFromFile(path, { mode, capacity, access: "read" });
      const { message } = expectCode(action, RangeError, "ERR_OUT_OF_RANGE");
      expect(message).toContain('"access"');
      expect(message).toContain("readWrite");
    }
  }
});
