/** Files that are not what their name says: never a crash, a hang or a read outside the file. */
import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { MemoryMappedFile } from "../../src/index.ts";
import { readAbi } from "../../src/native/abi.ts";
import { platform } from "../../src/native/platform.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

// Generous: the processes of a test may have to share a busy machine.
const open = () => MemoryMappedFile.openExisting("n");

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

/** Overwrites a part of a file in place, as another process could. */
function patch(path: string, offset: number, bytes: Uint8Array): void {
  const fd = openSync(path, "r+");
  try {
    writeSync(fd, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(fd);
  }
}

/** What each change must be called in the error's message. */
const CHANGES: readonly (readonly [string, number, Uint8Array, string])[] = [
  ["another magic", 0, Buffer.from("ISTHMUZ\0"), "magic"],
  ["no end of the magic", 7, Buffer.from([1]), "magic"],
  ["a later major version", 8, u32(0x0003_0000), "layout version"],
  ["an earlier major version", 8, u32(0x0001_ffff), "layout version"],
  ["a later minor version", 8, u32(0x0002_0002), "layout version"],
  ["the state of a file being built", 12, u32(0), "state"],
  ["the state of a poisoned file", 12, u32(3), "state"],
  ["an unknown state", 12, u32(0xffff_ffff), "state"],
  ["the other byte order", 16, u32(0x0403_0201), "byte order"],
  ["another CPU", 20, Buffer.from([9]), "ABI"],
  ["another C library", 21, Buffer.from([9]), "ABI"],
  ["a mutex of another size", 22, Buffer.from([24, 0]), "ABI"],
  ["kind 0", 24, u32(0), "memory"],
  ["an unknown kind", 24, u32(4_000_000_000), "4000000000"],
  ["a total size below the file's", 32, u64(4096n), "total size"],
  ["a total size above the file's", 32, u64(1n << 40n), "total size"],
  ["a total size that is no safe integer", 32, u64(-1n), "total size"],
  ["no sections", 68, u32(0), "section"],
  ["33 sections", 68, u32(33), "section count"],
  ["4 billion sections", 68, u32(0xffff_ffff), "section count"],
  ["a header longer than the file", 72, u32(0xffff_f000), "section 1"],
  ["a name of 201 bytes", 128, u32(201), "name length"],
  ["a name of 4 GiB", 128, u32(0xffff_ffff), "name length"],
  ["another section instead of the data", 512, u32(77), "section"],
  ["data in front of the header's end", 520, u64(0n), "section 1"],
  ["data that begins in the header", 520, u64(4095n), "section 1"],
  ["data that begins behind the end", 520, u64(1n << 20n), "section 1"],
  ["data that begins at 2^64 - 4096", 520, u64(-4096n), "section 1"],
  ["data one byte too long", 528, u64(65n), "section 1"],
  ["data of 2^63 bytes", 528, u64(1n << 63n), "section 1"],
  ["data of 2^64 - 1 bytes", 528, u64(-1n), "section 1"],
];

describe("openExisting() of named memory that was made", () => {
  const isArm = process.arch === "arm64";
  const [glibc, musl] = isArm ? [0x0030_0102, 0x0028_0202] : [0x0028_0101, 0x0028_0201];
  const otherCpu = isArm ? 0x0028_0101 : 0x0030_0102;
  const macos = isArm ? 0x0040_0302 : 0x0040_0301;
  const own = readAbi(platform().abiTag)?.system;

  testIf(own === "Linux", "a system of several C libraries")(
    "with either C library of this CPU shares it",
    () => {
      using home = new Home();
      using memory = MemoryMappedFile.createNew("n", 64);
      using view = memory.createViewAccessor();
      for (const tag of [glibc, musl]) {
        patch(home.file("n"), 20, u32(tag));
        using again = open();
        using other = again.createViewAccessor();
        view.writeUint32(0, tag);
        expect(other.readUint32(0)).toBe(tag);
      }
    },
  );

  test("on another CPU or system is refused, in words", () => {
    using home = new Home();
    using _memory = MemoryMappedFile.createNew("n", 64);
    for (const [tag, maker] of [
      [otherCpu, `Linux on ${isArm ? "x64" : "arm64"}`],
      [macos, `macOS on ${process.arch}`],
    ] as const) {
      patch(home.file("n"), 20, u32(tag));
      const { message } = expectCode(open, "NotSupportedError", "ERR_NOT_SUPPORTED");
      expect(message).toBe(
        `Cannot open "n": it was made by a process on ${maker}; this one is on ${own} on ${process.arch}`,
      );
    }
  });
});

describe("openExisting() of a live segment with", () => {
  for (const [what, offset, bytes, field] of CHANGES) {
    test(`${what} names the field`, async () => {
      using home = new Home();
      await using holder = new Participant();
      await holder.call("create", "m", "n", 64);
      await holder.call("view", "v", "m");
      const intact = home.bytes("n");
      patch(home.file("n"), offset, bytes);
      const changed = home.bytes("n");
      const verbs = [open, () => MemoryMappedFile.createOrOpen("n", 64)];
      for (const verb of verbs) {
        const { message } = expectCode(verb, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
        expect(message).toContain('"n"');
        expect(message).toContain(field);
      }
      expectCode(() => MemoryMappedFile.createNew("n", 1), "SystemError", "EEXIST");
      expect(home.bytes("n")).toEqual(changed);
      // Whoever holds it goes on, and leaves in good order.
      await holder.call("write", "v", 60, 5);
      expect(await holder.call<number>("read", "v", 60)).toBe(5);
      patch(home.file("n"), 0, intact.subarray(0, 4096));
      open().dispose();
    });
  }

  test("any random damage is refused, or leads to bytes inside the file", () => {
    using home = new Home();
    using _holder = MemoryMappedFile.createNew("n", 10_000);
    const intact = home.bytes("n");
    const random = new SeededRandom(5);
    let refused = 0;
    for (let round = 0; round < 600; round++) {
      const damaged = Buffer.from(intact);
      for (let count = 1 + random.below(4); count > 0; count--) {
        const length = random.pick([1, 2, 4, 8]);
        // Mostly fields that mean something.
        const at =
          random.below(3) === 0
            ? random.below(4096 - 8)
            : random.pick([8, 32, 68, 72, 512, 520, 528]);
        damaged.set(random.pick([random.bytes(length), u64(BigInt(random.below(20_000)))]), at);
      }
      patch(home.file("n"), 0, damaged.subarray(0, 4096));
      refused += openAndReadAll() ? 0 : 1;
    }
    patch(home.file("n"), 0, intact.subarray(0, 4096));
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(600);
  });
});

/** Opens "n" and reads every byte of it; false when it is refused as corrupt. */
function openAndReadAll(): boolean {
  try {
    using memory = open();
    using view = memory.createViewAccessor();
    let sum = 0;
    for (const byte of view.bytes()) sum += byte;
    return sum >= 0;
  } catch (error) {
    expectCode(
      () => {
        throw error;
      },
      "CorruptSegmentError",
      "ERR_CORRUPT_SEGMENT",
    );
    return false;
  }
}

describe("a planted file", () => {
  /** The bytes of a valid segment that nobody holds. */
  function segment(home: Home): Buffer {
    using _memory = MemoryMappedFile.createNew("model", 10_000);
    return home.bytes("model");
  }

  test("that is a truncated segment is refused at every length, and stays", () => {
    using home = new Home();
    const model = segment(home);
    const lengths = [0, 1, 7, 8, 12, 127, 128, 512, 1279, 1280, 4095, 4096, 4097, 8191, 8192];
    for (const length of [...lengths, model.length - 1]) {
      home.plant("n", model.subarray(0, length));
      const { message } = expectCode(open, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      expect(message).toContain(length < 4096 ? "length" : "total size");
      expect(home.bytes("n").length).toBe(length);
    }
  });

  test("that is longer than its segment is refused, and stays", () => {
    using home = new Home();
    home.plant("n", Buffer.concat([segment(home), Buffer.alloc(1)]));
    expectCode(open, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    expect(home.files()).toEqual(["n"]);
  });

  test("of zeros or random bytes is refused by every verb, and stays", () => {
    using home = new Home();
    home.collect();
    const random = new SeededRandom(9);
    for (let round = 0; round < 300; round++) {
      const length = random.pick([1, 100, 4096, 8192, 20_000]);
      const content = round % 10 === 0 ? Buffer.alloc(length) : Buffer.from(random.bytes(length));
      home.plant("n", content);
      const verbs = [open, () => MemoryMappedFile.createOrOpen("n", 8)];
      for (const verb of verbs) expectCode(verb, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      expectCode(() => MemoryMappedFile.createNew("n", 8), "SystemError", "EEXIST");
      expect(home.bytes("n").equals(content)).toBe(true);
    }
  });

  test("of random bytes behind the magic is refused", () => {
    using home = new Home();
    home.collect();
    const random = new SeededRandom(13);
    for (let round = 0; round < 300; round++) {
      const content = Buffer.from(random.bytes(8192));
      content.write("ISTHMUS\0", "latin1");
      home.plant("n", content);
      expectCode(open, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      expect(readFileSync(home.file("n")).equals(content)).toBe(true);
    }
  });

  test("that is a segment of a dead process, of any version, is replaced by createNew", () => {
    using home = new Home();
    const model = segment(home);
    model.writeUInt32LE(0x0063_0000, 8);
    home.plant("n", model);
    using memory = MemoryMappedFile.createNew("n", 8);
    expect(memory.capacity).toBe(8);
  });

  testIf(!isWindows, "a system that shortens mapped files: Windows refuses it, error 1224")(
    "that another process truncates while it is held is refused, and then an error to its holder",
    () => {
      using home = new Home();
      using holder = MemoryMappedFile.createNew("n", 10_000);
      using view = holder.createViewAccessor();
      truncateSync(home.file("n"), 4096);
      expectCode(open, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      expectCode(() => view.readInt32(0), "FileTruncatedError", "ERR_FILE_TRUNCATED");
      const anew = () => holder.createViewAccessor();
      expectCode(anew, "FileTruncatedError", "ERR_FILE_TRUNCATED");
      truncateSync(home.file("n"), 100);
      const { message } = expectCode(anew, "FileTruncatedError", "ERR_FILE_TRUNCATED");
      expect(message).toContain("truncated to 0 bytes");
    },
  );
});
