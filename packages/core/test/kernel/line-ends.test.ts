import { expect, test } from "bun:test";
import { eachLine, eachLinePlainly } from "../../src/scan/kernel/line-ends.ts";
import { filled, pattern } from "../support/bytes.ts";

type Line = readonly [start: number, end: number];

function linesOf(bytes: Uint8Array, walk: typeof eachLine): Line[] {
  const lines: Line[] = [];
  walk(
    bytes,
    (_, start, end, offset) => {
      expect(offset).toBe(start + 7);
      lines.push([start, end]);
    },
    7,
  );
  return lines;
}

function plainly(bytes: Uint8Array): Line[] {
  return linesOf(bytes, eachLinePlainly);
}

test("eachLine() agrees with one search for each line, at every block's boundary", () => {
  const dense = pattern(300_001).map((byte) => (byte % 7 === 0 ? 0x0a : byte));
  for (const bytes of [dense, filled(270_000, 0x0a), filled(300_000, 0x61), pattern(262_144)]) {
    const found = linesOf(bytes, eachLine);
    expect(found.length).toBe(plainly(bytes).length);
    expect(found).toEqual(plainly(bytes));
  }
});

test("eachLine() may be called by whoever is told of a line", () => {
  const bytes = pattern(262_145).map((byte) => (byte % 50 === 0 ? 0x0a : byte));
  const inner = bytes.map((byte) => (byte === 0x0a ? 0 : byte + 1));
  let lines = 0;
  const look = (): void => {
    if (lines++ < 3) expect(linesOf(inner, eachLine)).toEqual(plainly(inner));
  };
  eachLine(bytes, look, 0);
  expect(lines).toBe(plainly(bytes).length);
});
