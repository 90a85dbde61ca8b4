import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { MemoryMappedFile, scanJobs } from "../src/index.ts";

/** The two ways in which an array loses its memory; both leave it with no elements. */
const GONE: Readonly<Record<string, () => Uint8Array>> = {
  "was transferred away": () => {
    const bytes = new Uint8Array(8);
    bytes.buffer.transfer();
    return bytes;
  },
  "belonged to a disposed view": () => {
    using file = MemoryMappedFile.createNew(null, 8);
    using view = file.createViewAccessor();
    return view.bytes();
  },
};

describe.each(Object.entries(GONE))("memory that %s", (_, gone) => {
  test("is refused as a target, as a source and as what is looked for", () => {
    using file = MemoryMappedFile.createNew(null, 100);
    using view = file.createViewAccessor();
    using big = file.createViewAccessor({ endian: "big" });
    using stream = file.createViewStream();
    const bytes = gone();
    expect(bytes.length).toBe(0);
    const uses: readonly (() => unknown)[] = [
      () => view.readArray(0, bytes),
      () => view.writeArray(0, bytes),
      () => big.readArray(0, bytes),
      () => big.writeArray(0, bytes),
      () => stream.read(bytes),
      () => stream.write(bytes),
      () => file.count(bytes),
      () => file.indexOf(bytes),
      () => file.lastIndexOf(bytes),
      () => [...file.records({ separator: bytes })],
      () => scanJobs.count(bytes),
      () => scanJobs.find(bytes),
    ];
    for (const use of uses) {
      const { message } = expectCode(use, TypeError, "ERR_INVALID_ARG_VALUE");
      expect(message).toContain("memory that has not been transferred away or disposed");
    }
  });

  test("is not what an empty array is", () => {
    using file = MemoryMappedFile.createNew(null, 100);
    using view = file.createViewAccessor();
    using stream = file.createViewStream();
    const empty = new Uint8Array(0);
    expect([view.readArray(100, empty), view.writeArray(100, empty)]).toEqual([0, 0]);
    expect([stream.read(empty), stream.write(empty)]).toEqual([0, 0]);
  });
});
