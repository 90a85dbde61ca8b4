import { describe, expect, test } from "bun:test";
import { type CopyBytes, copierOf } from "../../src/scan/kernel/copy-bytes.ts";
import { pattern } from "../support/bytes.ts";

const BYTES = pattern(1000);
const PLACE = { fd: 7, position: 2 ** 33 };

/** What a copier copies. */
function copyOf(copy: CopyBytes, at: number, length: number): Uint8Array {
  const into = new Uint8Array(length);
  copy(at, into);
  return into;
}

describe("copierOf()", () => {
  test("copies from the array where nothing can be read", () => {
    const copy = copierOf(BYTES);
    expect(copyOf(copy, 0, 1000)).toEqual(BYTES);
    expect(copyOf(copy, 990, 10)).toEqual(BYTES.subarray(990));
    expect(copyOf(copy, 1000, 0)).toEqual(new Uint8Array(0));
  });

  test("reads from where the bytes are in the file, and touches no array", () => {
    const asked: unknown[] = [];
    const copy = copierOf(
      new Uint8Array(0),
      PLACE,
      (fd, into, offset, length, position) => {
        asked.push([fd, offset, length, position]);
        into.set(BYTES.subarray(position - PLACE.position, position - PLACE.position + length));
        return length;
      },
      () => {
        throw new Error("nothing is short");
      },
    );
    expect(copyOf(copy, 10, 300)).toEqual(BYTES.subarray(10, 310));
    expect(copyOf(copy, 999, 1)).toEqual(BYTES.subarray(999));
    expect(asked).toEqual([
      [7, 0, 300, PLACE.position + 10],
      [7, 0, 1, PLACE.position + 999],
    ]);
  });

  const failures: Readonly<Record<string, (into: Uint8Array) => number>> = {
    "gives less than it was asked for": (into) => into.fill(0).length - 1,
    "gives nothing": () => 0,
    throws: () => {
      throw Object.assign(new Error("EIO"), { code: "EIO" });
    },
  };
  for (const [what, readSync] of Object.entries(failures)) {
    test(`copies from the array, and reads no more, once a read ${what}`, () => {
      const told: string[] = [];
      const copy = copierOf(
        BYTES,
        PLACE,
        (_, into) => {
          told.push("read");
          return readSync(into);
        },
        () => told.push("short"),
      );
      expect(copyOf(copy, 5, 100)).toEqual(BYTES.subarray(5, 105));
      expect(copyOf(copy, 105, 100)).toEqual(BYTES.subarray(105, 205));
      expect(told).toEqual(["read", "short"]);
    });
  }

  test("throws what it is told of a file that ended too soon, before it looks at the array", () => {
    const into = new Uint8Array(10);
    const copy = copierOf(
      BYTES,
      PLACE,
      () => 0,
      () => {
        throw new RangeError("truncated");
      },
    );
    expect(() => copy(0, into)).toThrow("truncated");
    expect(into).toEqual(new Uint8Array(10));
  });
});
