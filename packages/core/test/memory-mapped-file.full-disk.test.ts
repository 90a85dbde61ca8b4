import { expect } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { testIf } from "@isthmus/testing/requirement";
import { canMount, canMountExt4, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { MemoryMappedFile, SystemError } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

const mountTest = testIf(canMount, "permission to mount a tmpfs");
const TOO_MUCH = 2 << 20;
const CONTENT = pattern(10_000);

mountTest(
  "MemoryMappedFile.createFromFile() fails with ENOSPC and leaves no new file behind",
  () => {
    using disk = new SmallFileSystem("size=1m");
    const path = disk.file("data.bin");
    for (const mode of ["openOrCreate", "create", "createNew"] as const) {
      for (const access of ["readWrite", "copyOnWrite", "readWriteExecute"] as const) {
        const options = { mode, access, capacity: TOO_MUCH };
        const error = expectCode(
          () => MemoryMappedFile.createFromFile(path, options),
          SystemError,
          "ENOSPC",
        );
        expect(error.path).toBe(path);
        expect(existsSync(path)).toBe(false);
      }
    }
  },
);

mountTest(
  "MemoryMappedFile.createFromFile() fails with ENOSPC and restores a file's length",
  () => {
    using disk = new SmallFileSystem("size=1m");
    const path = disk.file("data.bin", CONTENT);
    for (const mode of ["open", "openOrCreate"] as const) {
      const options = { mode, capacity: TOO_MUCH };
      expectCode(() => MemoryMappedFile.createFromFile(path, options), SystemError, "ENOSPC");
      expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
    }
  },
);

mountTest(
  "MemoryMappedFile.createFromFile() in mode create keeps the content when it fails",
  () => {
    using disk = new SmallFileSystem("size=1m");
    const path = disk.file("data.bin", CONTENT);
    const options = { mode: "create", capacity: TOO_MUCH } as const;
    expectCode(() => MemoryMappedFile.createFromFile(path, options), SystemError, "ENOSPC");
    expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
  },
);

mountTest(
  "MemoryMappedFile.createFromFile() in mode create replaces a file that fills the disk",
  () => {
    using disk = new SmallFileSystem("size=1m");
    const path = disk.file("data.bin", pattern(900_000));
    using file = MemoryMappedFile.createFromFile(path, { mode: "create", capacity: 950_000 });
    using view = file.createViewAccessor();
    expect(view.bytes().every((byte) => byte === 0)).toBe(true);
    expect(view.capacity).toBe(950_000);
  },
);

testIf(canMountExt4, "permission to mount an ext4 image")(
  "MemoryMappedFile gives back what a full ext4 could allocate of a growth that failed",
  () => {
    using disk = new SmallFileSystem("rw", { kind: "ext4" });
    const path = disk.file("data.bin", CONTENT);
    const tooMuch = 20 << 20;
    for (const mode of ["open", "openOrCreate", "create"] as const) {
      const open = () => MemoryMappedFile.createFromFile(path, { mode, capacity: tooMuch });
      expectCode(open, SystemError, "ENOSPC");
      expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
    }
    using file = MemoryMappedFile.createFromFile(path);
    expectCode(() => file.resize(tooMuch), SystemError, "ENOSPC");
    expect([file.capacity, statSync(path).size]).toEqual([CONTENT.length, CONTENT.length]);
    file.resize(2 << 20); // there is room for this again
    expect(statSync(path).size).toBe(2 << 20);
  },
);

mountTest("MemoryMappedFile.createFromFile() has all of its storage when it returns", () => {
  using disk = new SmallFileSystem("size=1m");
  const path = disk.file("data.bin");
  using file = MemoryMappedFile.createFromFile(path, { mode: "createNew", capacity: 500_000 });
  // Fills what is left: whatever the map had not allocated yet would now be missing.
  expect(() => writeFileSync(disk.file("rest.bin"), new Uint8Array(TOO_MUCH))).toThrow("ENOSPC");
  using view = file.createViewAccessor();
  view.bytes().fill(1);
  view.flush();
  expect(readFileSync(path).every((byte) => byte === 1)).toBe(true);
});

mountTest(
  "MemoryMappedFile.resize() fails with ENOSPC and leaves map and file as they were",
  () => {
    using disk = new SmallFileSystem("size=1m");
    const path = disk.file("data.bin", CONTENT);
    using file = MemoryMappedFile.createFromFile(path);
    expectCode(() => file.resize(TOO_MUCH), SystemError, "ENOSPC");
    expect([file.capacity, statSync(path).size]).toEqual([CONTENT.length, CONTENT.length]);
    file.resize(20_000);
    using view = file.createViewAccessor();
    expect(view.capacity).toBe(20_000);
    expect(view.bytes(0, CONTENT.length)).toEqual(CONTENT);
  },
);

mountTest("MemoryMappedFile.createFromFile() refuses execution where the file system does", () => {
  using disk = new SmallFileSystem("size=1m,noexec");
  const path = disk.file("data.bin", CONTENT);
  for (const access of ["readExecute", "readWriteExecute"] as const) {
    expectCode(() => MemoryMappedFile.createFromFile(path, { access }), SystemError, "EPERM");
  }
  const options = { mode: "create", access: "readWriteExecute", capacity: 100 } as const;
  expectCode(() => MemoryMappedFile.createFromFile(path, options), SystemError, "EPERM");
  expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
});

mountTest(
  "MemoryMappedFile.createFromFile() reads but does not write a read-only file system",
  () => {
    using disk = new SmallFileSystem("size=1m");
    const path = disk.file("data.bin", CONTENT);
    Bun.spawnSync(["mount", "-o", "remount,ro", disk.path]);
    expectCode(() => MemoryMappedFile.createFromFile(path), SystemError, "EROFS");
    for (const access of ["read", "copyOnWrite"] as const) {
      using file = MemoryMappedFile.createFromFile(path, { access });
      using view = file.createViewAccessor();
      expect(view.bytes()).toEqual(CONTENT);
    }
  },
);
