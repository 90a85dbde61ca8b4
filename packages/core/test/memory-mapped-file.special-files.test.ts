import { expect, test } from "bun:test";
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  truncateSync,
} from "node:fs";
import { createServer } from "node:net";
import { devNull } from "node:os";
import { expectCode } from "@isthmus/testing/expect-code";
import { descriptorCount, mappingsOf } from "@isthmus/testing/process-state";
import { canLink, isLinux, isWindows, LINKS, testIf } from "@isthmus/testing/requirement";
import { canMountKind, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MEMORY_ACCESS } from "../src/access.ts";
import { MemoryMappedFile, mapFile, NotSupportedError, SystemError } from "../src/index.ts";
import { platform } from "../src/native/platform.ts";
import { runFixture } from "./support/subprocess.ts";

const MODES = ["open", "openOrCreate", "create"] as const;
const canMakePipe = Bun.which("mkfifo") !== null;

function makePipe(path: string): string {
  Bun.spawnSync(["mkfifo", path]);
  return path;
}

const deviceTest = testIf(!isWindows, "/dev/zero");

testIf(canMakePipe, "mkfifo")(
  "MemoryMappedFile.createFromFile() refuses a pipe, in any mode and access, without waiting",
  () => {
    using directory = new TemporaryDirectory();
    const file = makePipe(directory.file("pipe"));
    for (const mode of MODES) {
      for (const access of MEMORY_ACCESS) {
        if (mode === "create" && access.startsWith("read") && !access.includes("Write")) continue;
        const action = () =>
          MemoryMappedFile.createFromFile(file, { mode, access, capacity: 4096 });
        expect(expectCode(action, NotSupportedError, "ERR_NOT_SUPPORTED").message).toContain(file);
      }
    }
  },
);

testIf(canMakePipe, "mkfifo")(
  "MemoryMappedFile.createFromFile() refuses the descriptor of a pipe, which stays open",
  () => {
    using directory = new TemporaryDirectory();
    const fd = openSync(makePipe(directory.file("pipe")), "r+");
    const action = () => MemoryMappedFile.createFromFile(fd, { capacity: 4096 });
    expectCode(action, NotSupportedError, "ERR_NOT_SUPPORTED");
    closeSync(fd);
  },
);

testIf(!isWindows, "sockets that are files")(
  "MemoryMappedFile.createFromFile() refuses a socket",
  async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("socket");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      for (const access of MEMORY_ACCESS) {
        const action = () => MemoryMappedFile.createFromFile(path, { access, capacity: 4096 });
        expectCode(action, NotSupportedError, "ERR_NOT_SUPPORTED");
      }
    } finally {
      server.close();
    }
  },
);

test("MemoryMappedFile.createFromFile() refuses a directory with EISDIR, whatever the access", () => {
  using directory = new TemporaryDirectory();
  for (const access of MEMORY_ACCESS) {
    for (const capacity of [0, 4096, 1 << 20]) {
      const action = () => MemoryMappedFile.createFromFile(directory.path, { access, capacity });
      expect(expectCode(action, SystemError, "EISDIR").path).toBe(directory.path);
    }
  }
});

test("MemoryMappedFile.createFromFile() refuses the descriptor of a directory with EISDIR", () => {
  using directory = new TemporaryDirectory();
  const fd = openSync(directory.path, "r");
  const action = () => MemoryMappedFile.createFromFile(fd, { access: "read" });
  expectCode(action, SystemError, "EISDIR");
  closeSync(fd);
});

deviceTest(
  "MemoryMappedFile.createFromFile() maps /dev/zero, private to each view, for a capacity",
  () => {
    using file = MemoryMappedFile.createFromFile("/dev/zero", {
      access: "copyOnWrite",
      capacity: 10_000,
    });
    using view = file.createViewAccessor();
    using other = file.createViewAccessor({ offset: 5000 });
    expect(view.capacity).toBe(10_000);
    expect(view.bytes().every((byte) => byte === 0)).toBe(true);
    view.writeInt32(5000, 7);
    expect([view.readInt32(5000), other.readInt32(0)]).toEqual([7, 0]);
  },
);

deviceTest(
  "MemoryMappedFile.createFromFile() wants a capacity for a device, which has no length",
  () => {
    const action = () => MemoryMappedFile.createFromFile("/dev/zero");
    expectCode(action, RangeError, "ERR_OUT_OF_RANGE");
  },
);

test("MemoryMappedFile.createFromFile() refuses a device that cannot be mapped, at once", () => {
  const action = () => MemoryMappedFile.createFromFile(devNull, { capacity: 4096 });
  expectCode(action, SystemError, "ENODEV");
});

deviceTest("MemoryMappedFile.resize() and refresh() know that a device has no length", () => {
  using file = MemoryMappedFile.createFromFile("/dev/zero", { capacity: 4096 });
  expectCode(() => file.resize(8192), NotSupportedError, "ERR_NOT_SUPPORTED");
  expect(file.refresh()).toBe(4096);
});

testIf(canLink, LINKS)(
  "MemoryMappedFile.createFromFile() refuses a chain of links without end",
  () => {
    using directory = new TemporaryDirectory();
    const [first, second] = [directory.file("first"), directory.file("second")];
    symlinkSync(first, second);
    symlinkSync(second, first);
    for (const mode of MODES) {
      const action = () => MemoryMappedFile.createFromFile(first, { mode, capacity: 10 });
      expectCode(action, SystemError, "ELOOP");
    }
  },
);

testIf(isLinux && Bun.which("sleep") !== null, "Linux and sleep")(
  "MemoryMappedFile.createFromFile() reads but does not write a program that is running",
  async () => {
    using directory = new TemporaryDirectory();
    const program = directory.file("program");
    copyFileSync(realpathSync(Bun.which("sleep") as string), program);
    const child = Bun.spawn([program, "60"], { argv0: "sleep" }); // one of many in some programs
    try {
      const write = () => MemoryMappedFile.createFromFile(program);
      expect(expectCode(write, SystemError, "ETXTBSY").message).toContain('access: "read"');
      using file = MemoryMappedFile.createFromFile(program, { access: "readExecute" });
      using view = file.createViewAccessor();
      expect(view.readString(1, 3)).toBe("ELF");
    } finally {
      child.kill();
      await child.exited;
    }
  },
);

/** The kernel's types, which can be mapped in one way only, since Linux 6.16: private, and not for writing. */
const TYPES = "/sys/kernel/btf/vmlinux";
const isTypesMappable = canMapTypes();

function canMapTypes(): boolean {
  if (!existsSync(TYPES)) return false;
  const fd = openSync(TYPES, "r");
  try {
    platform().checkMappable({ fd, path: TYPES, protection: "read", sharing: "private" });
    return true;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}

testIf(isTypesMappable, `a kernel that lets map ${TYPES}`)(
  "MemoryMappedFile.createFromFile() reads a file that nobody may map for writing",
  () => {
    const content = readFileSync(TYPES);
    using file = MemoryMappedFile.createFromFile(TYPES, { access: "read" });
    using view = file.createViewAccessor({ offset: 5000 });
    expect(view.readUint8(0)).toBe(content[5000] as number);
    expect(Buffer.compare(mapFile(TYPES), content)).toBe(0);
    expect(file.count(0)).toBe(content.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0));
    for (const access of ["readWrite", "copyOnWrite"] as const) {
      const action = () => MemoryMappedFile.createFromFile(TYPES, { access });
      expect(expectCode(action, SystemError, "EACCES").message).toContain('access: "read"');
    }
  },
);

const canMountHugePages = canMountKind("hugetlbfs");

testIf(canMountHugePages, "root, to mount hugetlbfs")(
  "MemoryMappedFile.createFromFile() refuses a file on hugetlbfs, and leaves nothing behind",
  () => {
    using files = new SmallFileSystem("mode=700", { kind: "hugetlbfs" });
    const path = files.file("data.bin", "");
    truncateSync(path, statSync(path).blksize);
    const fd = openSync(path, "r+");
    const created = files.file("created.bin");
    const capacity = statSync(path).size;
    const before = descriptorCount();
    for (const action of [
      () => MemoryMappedFile.createFromFile(path),
      () => MemoryMappedFile.createFromFile(path, { access: "read" }),
      () => MemoryMappedFile.createFromFile(fd),
      () => MemoryMappedFile.createFromFile(created, { mode: "createNew", capacity }),
      () => mapFile(path),
    ]) {
      const { message } = expectCode(action, NotSupportedError, "ERR_NOT_SUPPORTED");
      expect(message).toContain("hugetlbfs");
    }
    expect([existsSync(created), mappingsOf(files.path)]).toEqual([false, 0]);
    // Fewer when the collector has closed what earlier tests left behind.
    expect(descriptorCount()).toBeLessThanOrEqual(before);
    closeSync(fd);
  },
);

test("MemoryMappedFile.createFromFile() names what is wrong with a path", () => {
  using directory = new TemporaryDirectory();
  const file = directory.file("file", "content");
  const cases = [
    [directory.file("missing"), "ENOENT"],
    [`${directory.path}/missing/file`, "ENOENT"],
    [`${file}/below`, isWindows ? "ENOENT" : "ENOTDIR"],
    ...(isWindows ? [] : ([[`${file}/`, "ENOTDIR"]] as const)),
    [directory.file("n".repeat(300)), isWindows ? "ENOENT" : "ENAMETOOLONG"],
  ] as const;
  for (const [path, code] of cases) {
    const error = expectCode(() => MemoryMappedFile.createFromFile(path), SystemError, code);
    expect(error).toMatchObject({ path, syscall: "open", name: "SystemError" });
    expect(error.errno).toBeGreaterThan(0);
    expect(error.message).toContain(path);
    expect(error.cause).toBeInstanceOf(Error);
  }
});

testIf(canMakePipe, "mkfifo")(
  "MemoryMappedFile.follow() refuses a pipe, without waiting for a writer, and a device",
  async () => {
    using directory = new TemporaryDirectory();
    for (const input of [makePipe(directory.file("pipe")), devNull]) {
      const refused = { name: "NotSupportedError", code: "ERR_NOT_SUPPORTED" };
      expect(await runFixture<object>("follow-path", { input })).toEqual(refused);
    }
  },
);

test("MemoryMappedFile.follow() refuses an empty path, also to wait for", () => {
  for (const path of ["", "a\0b"]) {
    const follow = () => MemoryMappedFile.follow(path, { wait: true });
    expect(expectCode(follow, TypeError, "ERR_INVALID_ARG_VALUE").message).toContain('"path"');
  }
});
