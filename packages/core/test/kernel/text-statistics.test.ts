import { describe, expect, test } from "bun:test";
import { testIf } from "@isthmus/testing/requirement";
import { runs } from "@isthmus/testing/runs";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import {
  type AnyTextStatistics,
  newTextStatistics,
} from "../../src/scan/kernel/fast-text-statistics.ts";
import { TextStatistics, type TextSummary } from "../../src/scan/kernel/text-statistics.ts";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);
/** Bytes that decide something, and few others, so that rare sequences are frequent. */
const HARD_BYTES = Uint8Array.of(9, 10, 11, 12, 13, 32, 0, 1, 127, 128, 160, 255, 65, 97, 97);
const TEXT_BYTES = new TextEncoder().encode("abcdefgh   \t\n");

const KINDS: readonly (readonly [name: string, create: () => AnyTextStatistics])[] = [
  ["the plain loop", () => new TextStatistics()],
  ["the kernels", newTextStatistics],
];

function statisticsOf(
  create: () => AnyTextStatistics,
  bytes: Uint8Array,
  cut: () => number,
): TextSummary {
  const statistics = create();
  for (let offset = 0; offset < bytes.length; ) {
    const length = cut();
    statistics.add(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return statistics.finish();
}

/** The rules, byte by byte; the fast implementations must agree. */
function slowStatistics(bytes: Uint8Array): Omit<TextSummary, "histogram"> {
  let [lines, words, longest, column, inWord] = [0, 0, 0, 0, false];
  for (const byte of bytes) {
    const isSpace = byte === 32 || (byte >= 9 && byte <= 13);
    if (byte === 10) lines += 1;
    if (byte === 10 || byte === 12 || byte === 13) {
      longest = Math.max(longest, column);
      column = 0;
    } else if (byte === 9) column += 8 - (column % 8);
    else if (byte >= 32 && byte !== 127) column += 1;
    words += !inWord && !isSpace ? 1 : 0;
    inWord = !isSpace;
  }
  return {
    bytes: bytes.length,
    lines,
    words,
    longestLineBytes: Math.max(longest, column),
  };
}

function histogramOf(bytes: Uint8Array): Float64Array {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  return counts;
}

describe.each(KINDS)("%s", (_kind, create) => {
  test("counts nothing in nothing", () => {
    const summary = create().finish();
    expect(summary).toEqual({
      bytes: 0,
      lines: 0,
      words: 0,
      longestLineBytes: 0,
      histogram: new Float64Array(256),
    });
  });

  test("every pair of bytes, in and out of a word, is counted as byte by byte", () => {
    for (let first = 0; first < 256; first += 1) {
      const pairs = Array.from(ALL_BYTES, (second) => [
        97,
        first,
        second,
        98,
        32,
        first,
        second,
        12,
      ]);
      const bytes = Uint8Array.from(pairs.flat());
      const { histogram, ...fast } = statisticsOf(create, bytes, () => bytes.length);
      expect({ first, ...fast }).toEqual({ first, ...slowStatistics(bytes) });
      expect(histogram).toEqual(histogramOf(bytes));
    }
  });

  test.each([
    ["all bytes", ALL_BYTES],
    ["hard bytes", HARD_BYTES],
    ["text", TEXT_BYTES],
  ] as const)("chunks cut at random change nothing: %s", (_, alphabet) => {
    const random = new SeededRandom(7);
    for (let round = 0; round < 200; round += 1) {
      const bytes = random.bytes(random.below(300), alphabet);
      const { histogram, ...fast } = statisticsOf(create, bytes, () => random.below(8));
      expect(fast).toEqual(slowStatistics(bytes));
      expect(histogram).toEqual(histogramOf(bytes));
    }
  });

  test.each([
    ["all bytes", ALL_BYTES],
    ["hard bytes", HARD_BYTES],
    ["text", TEXT_BYTES],
    ["no line ends", Uint8Array.of(9, 32, 65, 0)],
    ["bytes without width", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 11, 65, 32)],
  ] as const)(
    "chunks longer than what is looked at in one go change nothing: %s",
    (_, alphabet) => {
      const random = new SeededRandom(9);
      for (const longest of [65, 200, 70_000, 140_000]) {
        const bytes = random.bytes(150_000, alphabet);
        const { histogram, ...fast } = statisticsOf(create, bytes, () => 1 + random.below(longest));
        expect({ longest, ...fast }).toEqual({ longest, ...slowStatistics(bytes) });
        expect(histogram).toEqual(histogramOf(bytes));
      }
    },
  );

  test("every length up to a few turns of the loop is counted to its end", () => {
    const random = new SeededRandom(10);
    for (let length = 0; length <= 200; length += 1) {
      const bytes = random.bytes(length, HARD_BYTES);
      const { histogram, ...fast } = statisticsOf(create, bytes, () => 200);
      expect(fast).toEqual(slowStatistics(bytes));
      expect(histogram).toEqual(histogramOf(bytes));
    }
  });

  test("two that are fed in turn know nothing of each other", () => {
    const random = new SeededRandom(11);
    const inputs = [random.bytes(3000, TEXT_BYTES), random.bytes(3000, HARD_BYTES)];
    const both = inputs.map((bytes) => ({ bytes, statistics: create() }));
    for (let offset = 0; offset < 3000; offset += 100) {
      for (const { bytes, statistics } of both)
        statistics.add(bytes.subarray(offset, offset + 100));
    }
    for (const { bytes, statistics } of both) {
      const { histogram, ...summary } = statistics.finish();
      expect(summary).toEqual(slowStatistics(bytes));
      expect(histogram).toEqual(histogramOf(bytes));
    }
  });

  test("lines of any width, many or none in a turn of the loop, are as wide as they are", () => {
    const width = fc.oneof(fc.nat(3), fc.nat(70), fc.constantFrom(61, 62, 63, 64, 65, 127, 200));
    const end = fc.constantFrom("\n", "\n", "\n", "\r\n", "\f", "\t", "\x7f\n", "\0\t\n");
    const line = fc.tuple(width, end).map(([count, how]) => `${"x".repeat(count)}${how}`);
    const text = fc.array(line, { maxLength: 40 }).map((lines) => Buffer.from(lines.join("")));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 300 }), (bytes, cut) => {
        const { histogram: _, ...found } = statisticsOf(create, bytes, () => cut);
        expect(found).toEqual(slowStatistics(bytes));
      }),
      runs(300),
    );
  });

  test("a line between two ends in one turn of the loop is seen where it is the widest yet", () => {
    for (let before = 0; before < 66; before++) {
      for (const width of [before - 1, before, before + 1, 61, 62]) {
        if (width < 0 || width > 62) continue;
        const first = `${"x".repeat(before)}\n`;
        const text = `${first.padEnd(128, "\0")}\n${"y".repeat(width)}\n`;
        const bytes = Buffer.from(text);
        const { histogram: _, ...found } = statisticsOf(create, bytes, () => bytes.length);
        expect(found).toEqual(slowStatistics(bytes));
      }
    }
  });

  test("odd addresses change nothing", () => {
    const random = new SeededRandom(8);
    const bytes = random.bytes(1001, HARD_BYTES);
    for (let shift = 0; shift < 4; shift += 1) {
      const shifted = new Uint8Array(bytes.length + shift);
      shifted.set(bytes, shift);
      const { histogram: _, ...fast } = statisticsOf(create, shifted.subarray(shift), () => 1001);
      expect(fast).toEqual(slowStatistics(bytes));
    }
  });

  test.each([
    ["привет мир\nこんにちは世界\ncafé\n", { lines: 3, words: 4, longestLineBytes: 21 }],
    ["🔴 – „Straße“ à la ñ", { lines: 0, words: 6, longestLineBytes: 31 }],
    ["Россия à Pàdua\n", { lines: 1, words: 3, longestLineBytes: 22 }],
    ["\u0001 \u007f \u0000\n", { lines: 1, words: 3, longestLineBytes: 2 }],
  ])("text that is not ASCII has words and a length in bytes: %j", (text, expected) => {
    const bytes = new TextEncoder().encode(text);
    for (const length of [1, 2, 3, 64, bytes.length]) {
      const { histogram: _, ...summary } = statisticsOf(create, bytes, () => length);
      expect(summary).toEqual({ bytes: bytes.length, ...expected });
    }
  });

  test("a hole is one word, or a part of the word before and behind it", () => {
    for (const text of ["one ", "on", " \n", ""]) {
      const pieces = [text, "\0".repeat(70_000), text].map((t) => new TextEncoder().encode(t));
      const statistics = create();
      for (const piece of pieces) statistics.add(piece);
      const { histogram: _, ...summary } = statistics.finish();
      expect(summary).toEqual(slowStatistics(Buffer.concat(pieces)));
    }
  });

  test("holes within text are counted as the NULs they are", () => {
    const statistics = create();
    statistics.add(new TextEncoder().encode("one wo"));
    statistics.add(new Uint8Array(200_000));
    statistics.add(new TextEncoder().encode("rd two\n"));
    const { histogram, ...summary } = statistics.finish();
    expect(summary).toEqual({ bytes: 200_013, lines: 1, words: 3, longestLineBytes: 12 });
    expect(histogram[0]).toBe(200_000);
  });

  test("a line wider than 32 bits keeps its width and its tab stops", () => {
    const statistics = create();
    const tabs = new Uint8Array(2 ** 24).fill(9);
    for (let index = 0; index < 20; index += 1) statistics.add(tabs);
    statistics.add(new TextEncoder().encode("x\ty\nz"));
    expect(statistics.finish().longestLineBytes).toBe(20 * 2 ** 24 * 8 + 9);
  });
});

/** Bytes that every `wc` counts alike: what ASCII can print, and white space. */
const PLAIN_BYTES: Uint8Array = ALL_BYTES.filter(
  (byte) => (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13),
);

/** What the installed `wc` says; nothing where it does not know the options. */
function runWordCount(options: string, path: string): readonly number[] {
  const wc = Bun.which("wc");
  if (wc === null) return [];
  const { stdout, exitCode } = Bun.spawnSync([wc, options, path], {
    // Without the latter, 0xa0 is a space to GNU wc since 9.5.
    env: { LC_ALL: "C", POSIXLY_CORRECT: "1" },
    stderr: "ignore",
  });
  return exitCode === 0 ? stdout.toString().trim().split(/\s+/).slice(0, -1).map(Number) : [];
}

function canCount(options: string, probe: string, counts: readonly number[]): boolean {
  using directory = new TemporaryDirectory();
  return Bun.deepEquals(runWordCount(options, directory.file("probe", probe)), counts);
}

/** What `wc` is asked for, how one is known that gives the right answers, and the bytes for which it does. */
const REFERENCES = [
  { options: "-lwL", probe: "a\tb\f\n", counts: [1, 2, 9], alphabet: PLAIN_BYTES },
  { options: "-lw", probe: "\u0001 é \u00a0\n", counts: [1, 3], alphabet: ALL_BYTES },
];

describe.each(REFERENCES)("LC_ALL=C wc $options", ({ options, probe, counts, alphabet }) => {
  const requirement = `a wc that counts ${counts} in ${JSON.stringify(probe)}`;
  testIf(canCount(options, probe, counts), requirement)("agrees", () => {
    using directory = new TemporaryDirectory();
    const random = new SeededRandom(12);
    // Each byte alone, first, last and between letters, apart by form feeds, which leave what was before as it is.
    const surrounded = Array.from(alphabet, (b) => [b, 12, b, 97, 12, 97, b, 12, 97, b, 98, 12]);
    const inputs = [
      Uint8Array.from(surrounded.flat()),
      random.bytes(20_000, alphabet),
      random.bytes(100_000, TEXT_BYTES),
      random.bytes(100, TEXT_BYTES.subarray(0, 9)),
    ];
    for (const bytes of inputs) {
      const counted = runWordCount(options, directory.file("input", bytes));
      for (const [, create] of KINDS) {
        for (const longest of [1, 5, 12, 64, 5000]) {
          const cut = (): number => 1 + random.below(longest);
          const { lines, words, longestLineBytes } = statisticsOf(create, bytes, cut);
          expect([lines, words, longestLineBytes].slice(0, counted.length)).toEqual([...counted]);
        }
      }
    }
  });
});
