import { expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { expectCode } from "@isthmus/testing/expect-code";
import { allocatingTest, isWindows, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MEMORY_ACCESS } from "../src/access.ts";
import {
  FileTruncatedError,
  MemoryMappedFile,
  NotSupportedError,
  SystemError,
} from "../src/index.ts";
import { pattern } from "./support/bytes.ts";
import { runFixture } from "./support/subprocess.ts";

const CONTENT = pattern(5000);

allocatingTest(
  "MemoryMappedFile.resize() makes file and map longer, and leaves views as they are",
  () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    using file = MemoryMappedFile.createFromFile(path);
    using old = file.createViewAccessor();
    file.resize(50_001);
    expect([file.capacity, statSync(path).size, old.capacity]).toEqual([50_001, 50_001, 5000]);
    expectCode(() => old.readUint8(5000), RangeError, "ERR_OUT_OF_RANGE");
    using view = file.createViewAccessor();
    view.writeUint8(50_000, 9);
    old.writeUint8(0, 8);
    expect(view.readUint8(0)).toBe(8);
    expect(view.bytes(5000, 45_000).every((byte) => byte === 0)).toBe(true);
    expect(readFileSync(path)[50_000]).toBe(9);
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(50_001 - MemoryMappedFile.pageSize);
  },
);

test("MemoryMappedFile.resize() to the present capacity does nothing", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  file.resize(5000);
  expect([file.capacity, statSync(path).size]).toEqual([5000, 5000]);
});

test.each([
  ["negative", -1, RangeError, "ERR_OUT_OF_RANGE"],
  ["NaN", Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
  ["a fraction", 6000.5, RangeError, "ERR_OUT_OF_RANGE"],
  ["2^53", 2 ** 53, RangeError, "ERR_OUT_OF_RANGE"],
  ["a BigInt", 6000n, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["absent", undefined, TypeError, "ERR_INVALID_ARG_TYPE"],
])("MemoryMappedFile.resize() refuses a length that is %s", (_label, bytes, type, code) => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  expectCode(() => file.resize(bytes as number), type, code);
  expect([file.capacity, statSync(path).size]).toEqual([5000, 5000]);
});

test("MemoryMappedFile.resize() says what was wrong with a number that is too large", () => {
  using directory = new TemporaryDirectory();
  using file = MemoryMappedFile.createFromFile(directory.file("data.bin", CONTENT));
  const { message } = expectCode(() => file.resize(2 ** 53), RangeError, "ERR_OUT_OF_RANGE");
  expect(message).toEndWith("it must be >= 0 and <= 9007199254740991: received 9007199254740992");
});

test("MemoryMappedFile.resize() works only on maps that write to their file", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  for (const access of MEMORY_ACCESS) {
    using file = MemoryMappedFile.createFromFile(path, { access });
    const resize = () => file.resize(file.capacity + 1);
    if (access.startsWith("readWrite")) resize();
    else expectCode(resize, NotSupportedError, "ERR_NOT_SUPPORTED");
  }
  expect(statSync(path).size).toBe(5002);
});

test("MemoryMappedFile.resize() takes over what another process has added already", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  appendFileSync(path, "added");
  file.resize(5003);
  expect([file.capacity, statSync(path).size]).toEqual([5003, 5005]);
  using view = file.createViewAccessor({ offset: 5000 });
  expect(view.readString(0, 3)).toBe("add");
});

test("MemoryMappedFile.resize() refuses a length that no file system holds, and changes nothing", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  const error = expectCode(() => file.resize(Number.MAX_SAFE_INTEGER), SystemError, "EFBIG");
  expect(error.path).toBe(path);
  expect([file.capacity, statSync(path).size]).toEqual([5000, 5000]);
});

test.each(isWindows ? [] : [tmpdir(), "/dev/shm"].filter(existsSync))(
  "MemoryMappedFile.resize() adds zeros only, whatever was stored behind the end (%s)",
  (parent) => {
    using directory = new TemporaryDirectory(parent);
    const grow: Readonly<Record<string, (path: string) => MemoryMappedFile>> = {
      resize: (path) => {
        const file = MemoryMappedFile.createFromFile(path);
        file.resize(9000);
        return file;
      },
      "createFromFile with a capacity": (path) =>
        MemoryMappedFile.createFromFile(path, { capacity: 9000 }),
      "copyOnWrite with a capacity": (path) =>
        MemoryMappedFile.createFromFile(path, { capacity: 9000, access: "copyOnWrite" }),
    };
    for (const [way, run] of Object.entries(grow)) {
      const path = directory.file("data.bin", CONTENT);
      using long = MemoryMappedFile.createFromFile(path);
      using view = long.createViewAccessor();
      truncateSync(path, 4100);
      view.bytes().fill(0xff, 4100, 5000); // behind the end of the file, and inside its last page
      using grown = run(path);
      using after = grown.createViewAccessor();
      const expected = new Uint8Array(9000);
      expected.set(CONTENT.subarray(0, 4100));
      expect([way, Buffer.compare(after.bytes(), expected)]).toEqual([way, 0]);
    }
  },
);

testIf(Bun.which("prlimit") !== null, "prlimit")(
  "MemoryMappedFile refuses to grow a file beyond the limit of the process, and names it",
  async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    const results = await runFixture<unknown[]>("grow-beyond-limit", {
      input: { path },
      prefix: ["prlimit", "--fsize=65536"],
    });
    const refused = { name: "SystemError", code: "EFBIG", namesLimit: true, namesFile: true };
    const anonymous = { ...refused, namesFile: false };
    expect(results).toEqual([refused, refused, refused, anonymous, refused]);
    expect(readFileSync(path)).toEqual(Buffer.from(CONTENT));
    expect(readdirSync(directory.path, { recursive: true })).toEqual(["data.bin", "names"]);
  },
);

test("MemoryMappedFile.resize() makes anonymous memory longer", () => {
  using memory = MemoryMappedFile.createNew(null, 100);
  using old = memory.createViewAccessor();
  old.writeUint8(99, 1);
  memory.resize(10_000);
  using view = memory.createViewAccessor();
  expect([view.capacity, view.readUint8(99), view.readUint8(9999)]).toEqual([10_000, 1, 0]);
});

test("MemoryMappedFile.refresh() sees what another process appends", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  for (const access of ["readWrite", "read", "copyOnWrite", "readExecute"] as const) {
    using file = MemoryMappedFile.createFromFile(path, { access });
    const before = file.capacity;
    expect(file.refresh()).toBe(before);
    const script = 'require("node:fs").appendFileSync(process.argv[1], "appended")';
    const { exitCode } = Bun.spawnSync([process.execPath, "-e", script, path]);
    expect([exitCode, file.capacity]).toEqual([0, before]);
    const beyond = () => file.createViewAccessor({ offset: before, size: 8 });
    expectCode(beyond, SystemError, "EACCES");
    expect([file.refresh(), file.capacity]).toEqual([before + 8, before + 8]);
    using view = beyond();
    expect(view.readString(0, 8)).toBe("appended");
  }
});

test("MemoryMappedFile.refresh() reports a file that has become shorter", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  truncateSync(path, 4999);
  expectCode(() => file.refresh(), FileTruncatedError, "ERR_FILE_TRUNCATED");
  expect(file.capacity).toBe(5000);
  file.resize(5000); // gives the file its length back
  expect(file.refresh()).toBe(5000);
  using view = file.createViewAccessor();
  expect([view.readUint8(4998), view.readUint8(4999)]).toEqual([CONTENT[4998] as number, 0]);
});
