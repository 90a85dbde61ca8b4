import { describe, expect, test } from "bun:test";
import { testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import {
  byteCounter,
  type CountByte,
  countKernel,
  countPlainly,
  KERNEL_BYTES,
} from "../../src/scan/kernel/byte-counter.ts";
import { filled, pattern } from "../support/bytes.ts";
import { runFixture } from "../support/subprocess.ts";

/** After so many equal bytes the 8-bit counters of the kernel are full. */
const FULL_BYTES = 255 * 64;

function naive(bytes: Uint8Array, wanted: number): number {
  return bytes.filter((byte) => byte === wanted).length;
}

/** The kernel, without which there is nothing to test: the engine of every supported Bun has SIMD. */
function kernel(): CountByte {
  const count = countKernel();
  if (count === null) throw new Error("this machine has no WebAssembly SIMD");
  return count;
}

describe.each([
  ["the kernel", () => kernel()],
  ["the loop", () => countPlainly],
] as const)("%s", (_, choose) => {
  test("counts any bytes as a plain filter does", () => {
    const count = choose();
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 10, 0x80, 0xf5, 0xff), { maxLength: 400 }),
        fc.constantFrom(0, 10, 0x80, 0xf5, 0xff),
        (list, wanted) => {
          const bytes = Uint8Array.from(list);
          expect(count(bytes, wanted)).toBe(naive(bytes, wanted));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("counts at every alignment and of every length", () => {
    const count = choose();
    const memory = pattern(512).map((byte) => byte & 3);
    for (let start = 0; start < 64; start++) {
      for (let length = 0; length <= 200; length++) {
        const bytes = memory.subarray(start, start + length);
        const counted = [0, 1, 2, 3].map((value) => count(bytes, value));
        expect(counted).toEqual([0, 1, 2, 3].map((value) => naive(bytes, value)));
      }
    }
  });

  test("tells all byte values apart, also in the padding behind the last byte", () => {
    const count = choose();
    for (let value = 0; value < 256; value++) {
      expect(count(Uint8Array.of(value), value)).toBe(1);
      expect(count(Uint8Array.of(value), value ^ 0xff)).toBe(0);
      expect(count(Uint8Array.of(value), value ^ 0x80)).toBe(0);
      expect(count(Uint8Array.of(value), value ^ 1)).toBe(0);
    }
  });

  test("does not overflow where every byte counts", () => {
    const count = choose();
    for (const border of [FULL_BYTES, 2 * FULL_BYTES, KERNEL_BYTES, 3 * KERNEL_BYTES]) {
      for (const shift of [-65, -64, -1, 0, 1, 63, 64, 65]) {
        const length = border + shift;
        expect(count(filled(length, 0xff), 0xff)).toBe(length);
        expect(count(filled(length, 0xff), 0)).toBe(0);
      }
    }
  });

  test("finds a lone byte at every place around the border of two blocks", () => {
    const count = choose();
    for (let at = KERNEL_BYTES - 70; at < KERNEL_BYTES + 70; at++) {
      const bytes = new Uint8Array(KERNEL_BYTES + 100);
      bytes[at] = 7;
      expect([count(bytes, 7), count(bytes, 0)]).toEqual([1, bytes.length - 1]);
    }
  });

  test("does not see what an earlier call left in its memory", () => {
    const count = choose();
    count(filled(KERNEL_BYTES, 5), 5);
    expect([0, 1, 63, 64, 65].map((length) => count(new Uint8Array(length), 5))).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });
});

describe("byteCounter()", () => {
  test("is the kernel for large files", () => {
    expect(byteCounter(64 << 20)).toBe(kernel());
  });

  testIf(Bun.which("env") !== null, "env")("counts alike in an engine without SIMD", async () => {
    using directory = new TemporaryDirectory();
    const bytes = pattern((4 << 20) + 77);
    const path = directory.file("data", bytes);
    const values = [0, 1, 0x0a, 0x7f, 0x80, 0xff];
    const expected = values.map((value) => naive(bytes, value));
    const [without, usual] = await Promise.all(
      [["env", "BUN_JSC_useWasmSIMD=0"], []].map((prefix) =>
        runFixture("count-without-kernel", { input: { path, values }, prefix }),
      ),
    );
    expect(without).toEqual({ hasKernel: false, counts: expected });
    expect(usual).toEqual({ hasKernel: true, counts: expected });
  });
});
