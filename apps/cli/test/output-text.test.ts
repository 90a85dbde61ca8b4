import { describe, expect, test } from "bun:test";
import { formatCountOf } from "../src/output/format.ts";
import { hexDump } from "../src/output/hex-dump.ts";
import { printable } from "../src/output/printable.ts";

describe("printable()", () => {
  test.each([
    ["plain text, äöü 漢字 🙂", "plain text, äöü 漢字 🙂"],
    ["\x1b[31m\r\n\t\x7f", "\\x1b[31m\\x0d\\x0a\\x09\\x7f"],
    ["\u009b1m \u202e \u2028", "\\x9b1m \\u{202e} \\u{2028}"],
  ])("%p", (text, expected) => {
    expect(printable(text)).toBe(expected);
  });
});

describe("hexDump()", () => {
  const dump = (bytes: Uint8Array, start = 0): string[] => [
    ...hexDump((offset, length) => bytes.subarray(offset, offset + length), start, bytes.length),
  ];

  test("of nothing is the offset of its end", () => {
    expect(dump(new Uint8Array(0))).toEqual(["00000000"]);
  });

  test("squeezes repeated lines across reads, and prints the last one when it is shorter", () => {
    const bytes = new Uint8Array(200_001);
    expect(dump(bytes)).toEqual([
      "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
      "*",
      "00030d40  00                                                |.|",
      "00030d41",
    ]);
  });

  test("ends where a file ends that was longer before", () => {
    const lines = [...hexDump(() => new Uint8Array(0), 16, 1000)];
    expect(lines).toEqual(["00000010"]);
  });
});

describe("formatCountOf()", () => {
  test("knows one from many", () => {
    expect([0, 1, 2].map((count) => formatCountOf(count, "file"))).toEqual([
      "0 files",
      "1 file",
      "2 files",
    ]);
  });
});
