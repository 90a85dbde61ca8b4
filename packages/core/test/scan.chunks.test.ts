import { describe, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { truncatingTest } from "@isthmus/testing/requirement";
import { runs } from "@isthmus/testing/runs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import { type ChunkOptions, FileTruncatedError, MemoryMappedFile } from "../src/index.ts";
import { SCAN_WINDOW_BYTES } from "../src/scan/windows.ts";
import { pattern } from "./support/bytes.ts";
import { memoryOf } from "./support/memory-of.ts";

const CONTENT = pattern(10_007);

describe("MemoryMappedFile.chunks()", () => {
  test("gives all bytes in order, in chunks of the size, whatever range is asked for", () => {
    using memory = memoryOf(CONTENT);
    const places = fc.integer({ min: 0, max: CONTENT.length });
    const sizes = fc.integer({ min: 1, max: 12_000 });
    fc.assert(
      fc.property(places, places, sizes, (start, end, size) => {
        const offset = Math.min(start, end);
        const length = Math.abs(start - end);
        const copies: Uint8Array[] = [];
        for (const chunk of memory.chunks({ size, offset, length })) copies.push(chunk.slice());
        const whole = Math.floor(length / size);
        const rest = length % size === 0 ? [] : [length % size];
        expect(copies.map((copy) => copy.length)).toEqual([
          ...new Array<number>(whole).fill(size),
          ...rest,
        ]);
        const expected = CONTENT.subarray(offset, offset + length);
        expect(Buffer.compare(Buffer.concat(copies), expected)).toBe(0);
      }),
      {
        ...runs(150),
        examples: [
          [0, CONTENT.length, 100],
          [7, 7, 1],
          [0, CONTENT.length, 10_007],
        ],
      },
    );
  });

  test.each(
    [1 << 20, 3, 1000, 1_000_003, SCAN_WINDOW_BYTES, SCAN_WINDOW_BYTES + 1, 2 ** 30].map((size) => [
      size,
    ]),
  )("crosses from window to window with chunks of %d bytes", (size) => {
    // 3-byte chunks over all windows would take seconds: a part around the first border will do.
    const length = 2 * SCAN_WINDOW_BYTES + 12_345;
    const content = pattern(length);
    using memory = memoryOf(content);
    const offset = size === 3 ? SCAN_WINDOW_BYTES - 50_000 : 0;
    const end = size === 3 ? SCAN_WINDOW_BYTES + 50_000 : length;
    let position = offset;
    for (const chunk of memory.chunks({ size, offset, length: end - offset })) {
      const expected = content.subarray(position, position + chunk.length);
      if (Buffer.compare(chunk, expected) !== 0) throw new Error(`differs at ${position}`);
      position += chunk.length;
      expect(chunk.length === size || position === end).toBe(true);
    }
    expect(position).toBe(end);
  });

  test("has chunks of 1 MiB by default", () => {
    using memory = memoryOf(new Uint8Array((3 << 20) + 5));
    const lengths = [...memory.chunks()].map((chunk) => chunk.length);
    // All are dead by now but those of the last window, which ended with the loop.
    expect(lengths).toEqual([0, 0, 0, 0]);
    const live: number[] = [];
    for (const chunk of memory.chunks()) live.push(chunk.length);
    expect(live).toEqual([1 << 20, 1 << 20, 1 << 20, 5]);
  });

  test("gives views, not copies, which are dead once the loop is over", () => {
    using memory = memoryOf(CONTENT);
    using view = memory.createViewAccessor();
    const kept: Uint8Array[] = [];
    for (const chunk of memory.chunks({ size: 100, length: 300 })) {
      if (kept.length === 0) {
        view.writeUint8(250, 77);
        expect(chunk.length).toBe(100);
      } else if (kept.length === 2) expect(chunk[50]).toBe(77);
      kept.push(chunk);
    }
    expect(kept.map((chunk) => chunk.length)).toEqual([0, 0, 0]);
  });

  test("does not change the map when a chunk is written to", () => {
    using memory = memoryOf(CONTENT);
    for (const chunk of memory.chunks({ size: 1000 })) chunk.fill(0);
    using view = memory.createViewAccessor();
    expect(view.bytes()).toEqual(CONTENT);
  });

  test.each([
    ["{ size: 0 }", { size: 0 }, RangeError, "ERR_OUT_OF_RANGE"],
    ["{ size: -1 }", { size: -1 }, RangeError, "ERR_OUT_OF_RANGE"],
    ["{ size: 2 ** 30 + 1 }", { size: 2 ** 30 + 1 }, RangeError, "ERR_OUT_OF_RANGE"],
    ["{ size: 1.5 }", { size: 1.5 }, RangeError, "ERR_OUT_OF_RANGE"],
    ['{ size: "10" }', { size: "10" }, TypeError, "ERR_INVALID_ARG_TYPE"],
    ["{ size: 10n }", { size: 10n }, TypeError, "ERR_INVALID_ARG_TYPE"],
    ["{ offset: -1 }", { offset: -1 }, RangeError, "ERR_OUT_OF_RANGE"],
    ["{ offset: 10_008 }", { offset: 10_008 }, RangeError, "ERR_OUT_OF_RANGE"],
    ["{ length: 10_008 }", { length: 10_008 }, RangeError, "ERR_OUT_OF_RANGE"],
    [
      "{ offset: 10_000, length: 8 }",
      { offset: 10_000, length: 8 },
      RangeError,
      "ERR_OUT_OF_RANGE",
    ],
    ["{ length: Number.NaN }", { length: Number.NaN }, RangeError, "ERR_OUT_OF_RANGE"],
    ["null", null, TypeError, "ERR_INVALID_ARG_TYPE"],
    ["1024", 1024, TypeError, "ERR_INVALID_ARG_TYPE"],
  ] as const)("refuses the options %s before the first chunk", (_label, options, type, code) => {
    using memory = memoryOf(CONTENT);
    expectCode(() => memory.chunks(options as unknown as ChunkOptions), type, code);
  });

  test("may run several times at once over one map", () => {
    using memory = memoryOf(CONTENT);
    const slow = memory.chunks({ size: 5000 });
    expect(slow.next().value?.length).toBe(5000);
    expect([...memory.chunks()].length).toBe(1);
    expect(slow.next().value?.[0]).toBe(CONTENT[5000] as number);
  });

  truncatingTest("ends with FileTruncatedError when the file becomes shorter meanwhile", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", new Uint8Array(SCAN_WINDOW_BYTES + 10));
    using file = MemoryMappedFile.createFromFile(path);
    const chunks = file.chunks({ size: SCAN_WINDOW_BYTES });
    expect(chunks.next().value?.length).toBe(SCAN_WINDOW_BYTES);
    truncateSync(path, SCAN_WINDOW_BYTES);
    expectCode(() => chunks.next(), FileTruncatedError, "ERR_FILE_TRUNCATED");
    expect(chunks.next().done).toBe(true);
  });
});
