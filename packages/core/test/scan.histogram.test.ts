import { expect, test } from "bun:test";
import fc from "fast-check";
import { SCAN_WINDOW_BYTES } from "../src/scan/windows.ts";
import { filled, pattern } from "./support/bytes.ts";
import { memoryOf } from "./support/memory-of.ts";

function histogramOf(bytes: Uint8Array): Float64Array<ArrayBuffer> {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]!++;
  return counts;
}

test("MemoryMappedFile.histogram() agrees with a plain loop", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 1000 }), (bytes) => {
      using memory = memoryOf(bytes);
      expect(memory.histogram()).toEqual(histogramOf(bytes));
    }),
  );
});

test("MemoryMappedFile.histogram() agrees with a plain loop over several windows", () => {
  for (const rest of [0, 1, 2, 3, 4095]) {
    const bytes = pattern(SCAN_WINDOW_BYTES + rest);
    using memory = memoryOf(bytes);
    expect(memory.histogram()).toEqual(histogramOf(bytes));
  }
});

test("MemoryMappedFile.histogram() counts a run of one byte", () => {
  using memory = memoryOf(filled(2 * SCAN_WINDOW_BYTES + 3, 0xff));
  const counts = memory.histogram();
  expect(counts[0xff]).toBe(2 * SCAN_WINDOW_BYTES + 3);
  expect(counts.reduce((sum, count) => sum + count)).toBe(2 * SCAN_WINDOW_BYTES + 3);
});
