/**
 * The bytes of a named file, stated here a second time: read by ordinary means and compared number by
 * number, so that no change of the layout goes unnoticed.
 */
import { expect, test } from "bun:test";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { MemoryMappedFile } from "../../src/index.ts";
import { Home } from "./support/home.ts";

// Generous: the processes of a test may have to share a busy machine.
const PAGE = MemoryMappedFile.pageSize;
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

test("the superblock has every field where it is documented", () => {
  using home = new Home();
  const name = "Página";
  const before = Date.now();
  using memory = MemoryMappedFile.createNew(name, 5000);
  using view = memory.createViewAccessor();
  view.bytes().fill(0xab);
  const after = Date.now();
  const bytes = home.bytes(name);
  const header = Math.max(4096, PAGE);

  expect(bytes.toString("latin1", 0, 8)).toBe("ISTHMUS\0");
  expect(bytes.readUInt32LE(8)).toBe(0x0002_0001); // version 2.1
  expect(bytes.readUInt32LE(12)).toBe(1); // ready
  expect(bytes.readUInt32LE(16)).toBe(0x0102_0304);
  expect([...bytes.subarray(16, 20)]).toEqual([4, 3, 2, 1]); // as this CPU writes it
  expect(bytes.readUInt8(20)).toBe({ x64: 1, arm64: 2 }[process.arch as string] as number);
  expect([1, 2, 3, 4, 5]).toContain(bytes.readUInt8(21)); // glibc, musl, macOS, FreeBSD, Windows
  expect([0, 8, 40, 48, 64]).toContain(bytes.readUInt16LE(22)); // bytes of a pthread_mutex_t
  expect(bytes.readUInt32LE(24)).toBe(1); // memory
  expect(bytes.readUInt32LE(28)).toBe(0); // not persistent
  expect(bytes.readBigUInt64LE(32)).toBe(BigInt(bytes.length));
  expect(bytes.readBigUInt64LE(40)).toBe(0n); // no schema
  expect(bytes.readBigUInt64LE(48)).not.toBe(0n); // random
  expect(Number(bytes.readBigUInt64LE(56))).toBeWithin(before, after + 1);
  expect(bytes.readUInt32LE(64)).toBe(process.pid);
  expect(bytes.readUInt32LE(68)).toBe(1); // sections
  expect(bytes.readUInt32LE(72)).toBe(header);
  expect(isZero(bytes.subarray(76, 128))).toBe(true);
  expect(bytes.readUInt32LE(128)).toBe(7);
  expect(bytes.toString("utf8", 132, 139)).toBe(name);
  expect(isZero(bytes.subarray(139, 512))).toBe(true);
  expect(bytes.readUInt32LE(512)).toBe(1); // data
  expect(bytes.readUInt32LE(516)).toBe(0);
  expect(bytes.readBigUInt64LE(520)).toBe(BigInt(header));
  expect(bytes.readBigUInt64LE(528)).toBe(5000n);
  expect(isZero(bytes.subarray(536, header))).toBe(true);
  expect(bytes.length).toBe(header + 5000);
  expect(bytes.subarray(header).every((byte) => byte === 0xab)).toBe(true);
});

test("bit 0 of the flags says that a name is persistent", () => {
  using home = new Home();
  MemoryMappedFile.createNew("kept", 1, { lifetime: "persistent" }).dispose();
  expect(home.bytes("kept").readUInt32LE(28)).toBe(1);
  MemoryMappedFile.unlink("kept");
});

test("every creation has an epoch of its own", () => {
  using home = new Home();
  const epochs = new Set<bigint>();
  for (let i = 0; i < 100; i++) {
    using _memory = MemoryMappedFile.createNew("n", 1);
    epochs.add(home.bytes("n").readBigUInt64LE(48));
  }
  expect(epochs.size).toBe(100);
});

test("a name of 200 bytes ends before the reserved bytes", () => {
  using home = new Home();
  const name = "é".repeat(100);
  using _memory = MemoryMappedFile.createNew(name, 1);
  const bytes = home.bytes(name);
  expect(bytes.readUInt32LE(128)).toBe(200);
  expect(bytes.toString("utf8", 132, 332)).toBe(name);
  expect(isZero(bytes.subarray(332, 512))).toBe(true);
});

testIf(!isWindows, "numbers of blocks, which Wine does not tell")(
  "all of the file is allocated, so that a full disk cannot end a process later",
  async () => {
    using home = new Home();
    using _memory = MemoryMappedFile.createNew("n", 1_000_000);
    const { blocks, size } = await Bun.file(home.file("n")).stat();
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
  },
);
