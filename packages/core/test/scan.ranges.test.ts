import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import type { MemoryMappedFile, ScanRange } from "../src/index.ts";
import { SCAN_WINDOW_BYTES } from "../src/scan/windows.ts";
import { memoryOf } from "./support/memory-of.ts";

const LINE_FEED = 0x0a;
const contents = fc
  .array(fc.constantFrom(0x0a, 0x0d, 0x61, 0xff), { minLength: 1, maxLength: 60 })
  .map((bytes) => Buffer.from(bytes));
const needles = fc
  .array(fc.constantFrom(0x0a, 0x61, 0xff), { minLength: 1, maxLength: 3 })
  .map((bytes) => Buffer.from(bytes));

/** Every range of some content: where it begins, and how long it is. */
function* rangesOf(
  content: Uint8Array,
): Generator<Required<ScanRange> & { offset: number; length: number }> {
  for (let offset = 0; offset <= content.length; offset++) {
    for (let length = 0; offset + length <= content.length; length++) yield { offset, length };
  }
}

/** The lines that begin in a range, found one by one. */
function linesIn(content: Buffer, offset: number, length: number): string[] {
  const found: string[] = [];
  for (let at = offset; at < offset + length; at++) {
    if (at > 0 && content[at - 1] !== LINE_FEED) continue;
    const end = content.indexOf(LINE_FEED, at);
    found.push(content.toString("latin1", at, end < 0 ? content.length : end));
  }
  return found;
}

function countIn(content: Buffer, needle: Buffer): number {
  let total = 0;
  for (
    let at = content.indexOf(needle);
    at >= 0;
    at = content.indexOf(needle, at + needle.length)
  ) {
    total++;
  }
  return total;
}

function rawOf(memory: MemoryMappedFile, range: ScanRange): string[] {
  const found: string[] = [];
  for (const line of memory.lines({ raw: true, ...range })) {
    found.push(Buffer.from(line).toString("latin1"));
  }
  return found;
}

describe("a range of a map", () => {
  test("has the lines that begin in it, at every place", () => {
    fc.assert(
      fc.property(contents, (content) => {
        using memory = memoryOf(content);
        for (const { offset, length } of rangesOf(content)) {
          const expected = linesIn(content, offset, length);
          expect(rawOf(memory, { offset, length })).toEqual(expected);
          const visited: string[] = [];
          memory.forEachLine(
            (bytes, start, end, at) => {
              const line = Buffer.from(bytes.subarray(start, end)).toString("latin1");
              visited.push(line);
              expect(content.toString("latin1", at, at + line.length)).toBe(line);
            },
            { offset, length },
          );
          expect(visited).toEqual(expected);
          const passed: string[] = [];
          for (const line of memory.lineCursor({ offset, length })) {
            const text = Buffer.from(line.bytes.subarray(line.start, line.end)).toString("latin1");
            expect(content.toString("latin1", line.offset, line.offset + text.length)).toBe(text);
            passed.push(text);
          }
          expect(passed).toEqual(expected);
          const texts = Array.from(memory.lineCursor({ offset, length }), (line) => line.text());
          expect(texts).toEqual([...memory.lines({ offset, length })]);
        }
      }),
      runs(20),
    );
  });

  test("gives every line once when a map is cut anywhere", () => {
    fc.assert(
      fc.property(contents, fc.nat(), (content, seed) => {
        using memory = memoryOf(content);
        const cut = seed % (content.length + 1);
        const parts = [...memory.lines({ length: cut }), ...memory.lines({ offset: cut })];
        expect(parts).toEqual([...memory.lines()]);
      }),
      runs(500),
    );
  });

  test("is searched and counted as a copy of it is", () => {
    fc.assert(
      fc.property(contents, needles, fc.nat(), fc.nat(), (content, needle, first, second) => {
        using memory = memoryOf(content);
        const offset = first % (content.length + 1);
        const length = second % (content.length - offset + 1);
        const range = { offset, length };
        const copy = content.subarray(offset, offset + length);
        const place = (at: number): number => (at < 0 ? -1 : at + offset);
        expect(memory.indexOf(needle, range)).toBe(place(copy.indexOf(needle)));
        expect(memory.lastIndexOf(needle, range)).toBe(
          copy.length === 0 ? -1 : place(copy.lastIndexOf(needle)),
        );
        expect(memory.count(needle, range)).toBe(countIn(copy, needle));
        const counts = new Float64Array(256);
        for (const byte of copy) counts[byte]!++;
        expect(memory.histogram(range)).toEqual(counts);
      }),
      runs(500),
    );
  });

  test("is right at the border of two windows", () => {
    const content = Buffer.alloc(2 * SCAN_WINDOW_BYTES + 100, 0x61);
    for (let shift = -3; shift <= 3; shift++) {
      for (const end of [SCAN_WINDOW_BYTES, 2 * SCAN_WINDOW_BYTES, SCAN_WINDOW_BYTES + 100]) {
        const at = end + shift;
        content.set([LINE_FEED, 0x62, 0x63], at);
        using memory = memoryOf(content);
        expect(memory.lastIndexOf("\nbc")).toBe(at);
        expect(memory.lastIndexOf("\nbc", { length: at + 2 })).toBe(-1);
        expect(memory.indexOf("\nbc", { offset: at, length: 3 })).toBe(at);
        const before = [...memory.lines({ length: at + 1 })].map((line) => line.length);
        const behind = [...memory.lines({ offset: at + 1 })].map((line) => line.length);
        const offsets: number[] = [];
        memory.forEachLine((_bytes, _start, _end, offset) => offsets.push(offset));
        expect(offsets).toEqual([0, at + 1]);
        expect([before, behind]).toEqual([[at], [content.length - at - 1]]);
        content.fill(0x61, at, at + 3);
      }
    }
  });

  test.each([
    [{ offset: -1 }, RangeError, "ERR_OUT_OF_RANGE"],
    [{ offset: 5 }, RangeError, "ERR_OUT_OF_RANGE"],
    [{ offset: 2, length: 3 }, RangeError, "ERR_OUT_OF_RANGE"],
    [{ length: 0.5 }, RangeError, "ERR_OUT_OF_RANGE"],
    [{ offset: "0" }, TypeError, "ERR_INVALID_ARG_TYPE"],
    [{ offset: null }, TypeError, "ERR_INVALID_ARG_TYPE"],
    [{ lenght: 1 }, TypeError, "ERR_INVALID_ARG_VALUE"],
    [null, TypeError, "ERR_INVALID_ARG_TYPE"],
  ] as const)("is refused when it is %p", (given, type, code) => {
    using memory = memoryOf("text");
    const range = given as unknown as ScanRange;
    expectCode(() => memory.indexOf("t", range), type, code);
    expectCode(() => memory.lastIndexOf("t", range), type, code);
    expectCode(() => memory.count("t", range), type, code);
    expectCode(() => memory.histogram(range), type, code);
    expectCode(() => memory.lines(range as object), type, code);
    expectCode(() => memory.chunks(range), type, code);
    expectCode(() => memory.forEachLine(() => {}, range), type, code);
    expectCode(() => memory.lineCursor(range), type, code);
    expectCode(() => memory.records(range), type, code);
    expectCode(() => memory.rows(range), type, code);
  });
});
