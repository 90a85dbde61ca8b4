import { describe, expect, test } from "bun:test";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { MatchCounter } from "../src/scan/match-counter.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function count(text: string, needle: string, cut: () => number) {
  const counter = new MatchCounter(encode(needle));
  const bytes = encode(text);
  for (let offset = 0; offset < bytes.length; ) {
    const length = cut();
    counter.add(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return { matches: counter.matches, firstOffset: counter.firstOffset };
}

describe("MatchCounter", () => {
  test("refuses an empty needle", () => {
    expect(() => new MatchCounter(new Uint8Array(0))).toThrow(RangeError);
  });

  test.each([
    ["aaaa", "aa", 2, 0],
    ["aaaaa", "aa", 2, 0],
    ["abababa", "aba", 2, 0],
    ["xxERRORxxERROR", "ERROR", 2, 2],
    ["EERROR", "ERROR", 1, 1],
    ["nothing", "ERROR", 0, undefined],
    ["ñandú ñ", "ñ", 2, 0],
    ["", "a", 0, undefined],
    ["ab", "abc", 0, undefined],
  ] as const)(
    "in %p finds %p %d times, wherever the chunks are cut",
    (text, needle, matches, firstOffset) => {
      for (let length = 1; length <= 8; length += 1) {
        expect(count(text, needle, () => length)).toEqual({ matches, firstOffset });
      }
    },
  );

  test("agrees with String.split on random text and random chunks", () => {
    const random = new SeededRandom(3);
    const letter = () => "ab"[random.below(2)] ?? "";
    for (let round = 0; round < 2000; round += 1) {
      const text = Array.from({ length: random.below(40) }, letter).join("");
      const needle = Array.from({ length: 1 + random.below(5) }, letter).join("");
      const first = text.indexOf(needle);
      expect(count(text, needle, () => random.below(6))).toEqual({
        matches: text.split(needle).length - 1,
        firstOffset: first === -1 ? undefined : first,
      });
    }
  });
});
