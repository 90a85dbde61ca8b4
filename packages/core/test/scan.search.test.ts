import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import type { Needle } from "../src/index.ts";
import { SCAN_WINDOW_BYTES } from "../src/scan/windows.ts";
import { filled, pattern } from "./support/bytes.ts";
import { memoryOf } from "./support/memory-of.ts";

/** Few different bytes, so that needles are found, and nearly found, often. */
const haystacks = fc.array(fc.constantFrom(0, 1, 0xff), { minLength: 1, maxLength: 200 });
const needles = fc.array(fc.constantFrom(0, 1, 0xff), { minLength: 1, maxLength: 5 });

function matchesAt(bytes: readonly number[], needle: readonly number[], at: number): boolean {
  return needle.every((byte, i) => bytes[at + i] === byte);
}

function indexIn(bytes: readonly number[], needle: readonly number[], from: number): number {
  for (let at = from; at + needle.length <= bytes.length; at++) {
    if (matchesAt(bytes, needle, at)) return at;
  }
  return -1;
}

function countIn(bytes: readonly number[], needle: readonly number[]): number {
  let count = 0;
  for (let at = indexIn(bytes, needle, 0); at >= 0; count++) {
    at = indexIn(bytes, needle, at + needle.length);
  }
  return count;
}

/** A needle as a byte, where it is one, or as bytes. */
function asNeedle(needle: readonly number[]): Needle {
  return needle.length === 1 ? (needle[0] as number) : Uint8Array.from(needle);
}

describe("MemoryMappedFile.indexOf()", () => {
  test("agrees with a plain loop, from any offset", () => {
    fc.assert(
      fc.property(haystacks, needles, fc.nat({ max: 250 }), (bytes, needle, from) => {
        using memory = memoryOf(Uint8Array.from(bytes));
        expect(memory.indexOf(asNeedle(needle), from)).toBe(indexIn(bytes, needle, from));
        expect(memory.indexOf(Uint8Array.from(needle))).toBe(indexIn(bytes, needle, 0));
      }),
      runs(500),
    );
  });

  test("finds bytes, texts, and sequences that are no text", () => {
    using memory = memoryOf("ERROR: größe 🦊");
    expect(memory.indexOf("ERROR")).toBe(0);
    expect(memory.indexOf("größe")).toBe(7);
    expect(memory.indexOf("🦊")).toBe(15);
    expect(memory.indexOf(0x3a)).toBe(5);
    expect(memory.indexOf(new Uint8Array([0xb6, 0xc3]))).toBe(10);
    expect(memory.indexOf(Buffer.from("ROR"))).toBe(2);
    expect(memory.indexOf("missing")).toBe(-1);
    expect(memory.indexOf("ERROR: größe 🦊!")).toBe(-1);
  });

  test("begins where it is told to, also behind the end", () => {
    using memory = memoryOf("abcabc");
    const found = [0, 1, 3, 4, 6, 7, Number.MAX_SAFE_INTEGER].map((from) =>
      memory.indexOf("abc", from),
    );
    expect(found).toEqual([0, 3, 3, -1, -1, -1, -1]);
    expect(memory.indexOf(0x63, 5)).toBe(5);
  });

  test("finds what lies across the border of two windows, at every place", () => {
    const length = SCAN_WINDOW_BYTES + 1000;
    const needle = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    for (let shift = -needle.length - 1; shift <= 1; shift++) {
      const bytes = new Uint8Array(length);
      const at = SCAN_WINDOW_BYTES + shift;
      bytes.set(needle, at);
      using memory = memoryOf(bytes);
      const found = [
        memory.indexOf(needle),
        memory.indexOf(needle, at),
        memory.indexOf(needle, at + 1),
        memory.indexOf(1),
        memory.count(needle),
      ];
      expect(found).toEqual([at, at, -1, at, 1]);
    }
  });

  test("finds a needle as long as a window, and refuses a longer one", () => {
    const content = pattern(SCAN_WINDOW_BYTES + 5000);
    using memory = memoryOf(content);
    const needle = content.subarray(4321, 4321 + SCAN_WINDOW_BYTES);
    expect([memory.indexOf(needle), memory.count(needle)]).toEqual([4321, 1]);
    const longer = content.subarray(0, SCAN_WINDOW_BYTES + 1);
    expectCode(() => memory.indexOf(longer), TypeError, "ERR_INVALID_ARG_VALUE");
  });

  test.each([
    [-1, RangeError, "ERR_OUT_OF_RANGE"],
    [Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
    [0.5, RangeError, "ERR_OUT_OF_RANGE"],
    ["0", TypeError, "ERR_INVALID_ARG_TYPE"],
    [0n, TypeError, "ERR_INVALID_ARG_TYPE"],
    [null, TypeError, "ERR_INVALID_ARG_TYPE"],
  ] as const)("refuses to begin at %p", (from, type, code) => {
    using memory = memoryOf("text");
    expectCode(() => memory.indexOf("t", from as number), type, code);
  });
});

describe("MemoryMappedFile.count()", () => {
  test("agrees with a plain loop", () => {
    fc.assert(
      fc.property(haystacks, needles, (bytes, needle) => {
        using memory = memoryOf(Uint8Array.from(bytes));
        expect(memory.count(asNeedle(needle))).toBe(countIn(bytes, needle));
        expect(memory.count(Uint8Array.from(needle))).toBe(countIn(bytes, needle));
      }),
      runs(500),
    );
  });

  test("counts matches that do not overlap", () => {
    using memory = memoryOf("aaaa");
    expect(["a", "aa", "aaa", "aaaa", "aaaaa"].map((needle) => memory.count(needle))).toEqual([
      4, 2, 1, 1, 0,
    ]);
  });

  test("counts matches that do not overlap across the borders of windows", () => {
    for (const length of [
      SCAN_WINDOW_BYTES + 1,
      SCAN_WINDOW_BYTES + 2,
      2 * SCAN_WINDOW_BYTES + 5,
    ]) {
      using memory = memoryOf(filled(length, 0x61));
      for (const needle of ["a", "aa", "aaa", "aaaaa"]) {
        expect(memory.count(needle)).toBe(Math.floor(length / needle.length));
      }
    }
  });

  test("counts every byte value, zero too", () => {
    const content = pattern(SCAN_WINDOW_BYTES + 333);
    using memory = memoryOf(content);
    for (const value of [0, 0x0a, 0x7f, 0x80, 0xff]) {
      let expected = 0;
      for (const byte of content) if (byte === value) expected++;
      expect(memory.count(value)).toBe(expected);
    }
  });
});

describe("MemoryMappedFile.indexOf() and count()", () => {
  test.each([
    ["", TypeError, "ERR_INVALID_ARG_VALUE"],
    [new Uint8Array(0), TypeError, "ERR_INVALID_ARG_VALUE"],
    [-1, RangeError, "ERR_OUT_OF_RANGE"],
    [256, RangeError, "ERR_OUT_OF_RANGE"],
    [1.5, RangeError, "ERR_OUT_OF_RANGE"],
    [Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
    [10n, TypeError, "ERR_INVALID_ARG_TYPE"],
    [null, TypeError, "ERR_INVALID_ARG_TYPE"],
    [undefined, TypeError, "ERR_INVALID_ARG_TYPE"],
    [/a/, TypeError, "ERR_INVALID_ARG_TYPE"],
    [["a"], TypeError, "ERR_INVALID_ARG_TYPE"],
    [new Uint16Array(1), TypeError, "ERR_INVALID_ARG_TYPE"],
  ] as const)("refuse the needle %p", (needle, type, code) => {
    using memory = memoryOf("text");
    expectCode(() => memory.indexOf(needle as Needle), type, code);
    expectCode(() => memory.count(needle as Needle), type, code);
  });
});

describe("with ignoreCase", () => {
  const log = "Error one\nerror two\nERROR three\nterror\n";

  test("letters of ASCII are found in both cases", () => {
    using memory = memoryOf(`${log}grün GRÜN`);
    const ignoreCase = true;
    expect(memory.count("error")).toBe(2);
    expect(memory.count("error", { ignoreCase })).toBe(4);
    expect(memory.count("ERROR", { ignoreCase, offset: 1 })).toBe(3);
    expect(memory.count("E", { ignoreCase })).toBe(7);
    expect(memory.count(0x65, { ignoreCase })).toBe(7);
    expect(memory.indexOf("ERROR", { ignoreCase })).toBe(0);
    expect(memory.indexOf("ERROR", { ignoreCase, offset: 1 })).toBe(10);
    expect(memory.indexOf("ERROR", { ignoreCase, offset: 1, length: 13 })).toBe(-1);
    expect(memory.lastIndexOf("ERROR", { ignoreCase })).toBe(33);
    expect(memory.lastIndexOf("ERROR", { ignoreCase, length: 37 })).toBe(20);
    // No letter of ASCII: it is only itself.
    expect(memory.count("grün", { ignoreCase })).toBe(1);
    expect(memory.lastIndexOf("GRün", { ignoreCase })).toBe(39);
  });

  test("the last match is found where it overlaps the one before", () => {
    using memory = memoryOf("aAaAa");
    expect(memory.lastIndexOf("aaa", { ignoreCase: true })).toBe(2);
    expect(memory.count("aa", { ignoreCase: true })).toBe(2);
  });

  test("matches are found across the border of two windows, at every place", () => {
    const needle = "NeeDle";
    for (let before = 0; before <= needle.length; before++) {
      const content = filled(SCAN_WINDOW_BYTES + 100, 0x2e);
      content.set(Buffer.from(needle), SCAN_WINDOW_BYTES - before);
      using memory = memoryOf(content);
      const at = SCAN_WINDOW_BYTES - before;
      for (const wanted of ["needle", "NEEDLE"]) {
        const options = { ignoreCase: true };
        expect(memory.count(wanted, options)).toBe(1);
        expect(memory.indexOf(wanted, options)).toBe(at);
        expect(memory.lastIndexOf(wanted, options)).toBe(at);
      }
      expect([memory.count("needle"), memory.indexOf("NeeDle")]).toEqual([0, at]);
    }
  });

  test("is true or false", () => {
    using memory = memoryOf(log);
    const options = { ignoreCase: 1 } as never;
    for (const search of ["count", "indexOf", "lastIndexOf"] as const) {
      expectCode(() => memory[search]("a", options), TypeError, "ERR_INVALID_ARG_TYPE");
    }
  });
});
