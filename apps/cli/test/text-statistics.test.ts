import { describe, expect, test } from "bun:test";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { type AnyTextStatistics, newTextStatistics } from "../src/scan/fast-text-statistics.ts";
import { TextStatistics, type TextSummary } from "../src/scan/text-statistics.ts";

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

/** The rules of GNU `wc` 9.1 in the C locale, byte by byte; the fast implementation must agree. */
function slowStatistics(bytes: Uint8Array): Omit<TextSummary, "histogram"> {
  let [lines, words, longest, column, inWord] = [0, 0, 0, 0, false];
  for (const byte of bytes) {
    const isSpace = byte === 32 || (byte >= 9 && byte <= 13);
    if (byte === 10) lines += 1;
    if (byte === 10 || byte === 12 || byte === 13) {
      longest = Math.max(longest, column);
      column = 0;
    } else if (byte === 9) column += 8 - (column % 8);
    else if (byte >= 32 && byte < 127) column += 1;
    if (isSpace) {
      words += inWord ? 1 : 0;
      inWord = false;
    } else if (byte > 32 && byte < 127) inWord = true;
  }
  return {
    bytes: bytes.length,
    lines,
    words: words + (inWord ? 1 : 0),
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
    ["bytes that mean nothing", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128, 65, 32)],
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

interface WordCount {
  readonly lines: number;
  readonly words: number;
  readonly longest: number;
}

function wordCountOf({ lines, words, longestLineBytes }: TextSummary): WordCount {
  return { lines, words, longest: longestLineBytes };
}

/** What the installed `wc -lwL` says; `undefined` where it is not GNU's. */
function runWordCount(path: string): WordCount | undefined {
  const wc = Bun.which("wc");
  if (wc === null) return undefined;
  const { stdout, exitCode } = Bun.spawnSync([wc, "-lwL", path], {
    env: { LC_ALL: "C" },
    stderr: "ignore",
  });
  if (exitCode !== 0) return undefined;
  const [lines = 0, words = 0, longest = 0] = stdout.toString().trim().split(/\s+/).map(Number);
  return { lines, words, longest };
}

/** GNU coreutils before 9.5: a byte that cannot be printed neither makes nor ends a word. */
function isReferenceWordCount(): boolean {
  using directory = new TemporaryDirectory();
  const probe = directory.file("probe", "a\tb\f\x01 \x80 c\n");
  return Bun.deepEquals(runWordCount(probe), { lines: 1, words: 3, longest: 9 });
}

const hasReference = isReferenceWordCount();
if (!hasReference) {
  process.stderr.write("skipped: comparison with wc -lwL (no GNU wc from before coreutils 9.5)\n");
}

describe.skipIf(!hasReference)("TextStatistics and LC_ALL=C wc -lwL", () => {
  test.each([
    ["all bytes", ALL_BYTES, 20_000],
    ["hard bytes", HARD_BYTES, 20_000],
    ["text", TEXT_BYTES, 100_000],
    ["each byte once", ALL_BYTES, 0],
    ["no newline at the end", TEXT_BYTES.subarray(0, 9), 100],
  ] as const)("agree on %s", (_, alphabet, length) => {
    using directory = new TemporaryDirectory();
    const random = new SeededRandom(length + 1);
    for (let round = 0; round < 5; round += 1) {
      const bytes = length === 0 ? alphabet : random.bytes(length, alphabet);
      const counted = runWordCount(directory.file("input", bytes));
      for (const [, create] of KINDS) {
        const cut = (): number => 1 + random.below(round === 0 ? 3 : 5000);
        expect(counted).toEqual(wordCountOf(statisticsOf(create, bytes, cut)));
      }
    }
  });

  test("agree on each byte alone, first, last and between letters", () => {
    using directory = new TemporaryDirectory();
    // One file, because a process for each byte would take long: each byte in four surroundings,
    // apart by form feeds, which end a line for -L but leave what was before as it is.
    const pieces = Array.from(ALL_BYTES, (byte) => [
      byte,
      12,
      byte,
      97,
      12,
      97,
      byte,
      12,
      97,
      byte,
      98,
      12,
    ]);
    const bytes = Uint8Array.from(pieces.flat());
    const counted = runWordCount(directory.file("input", bytes));
    for (const [, create] of KINDS) {
      for (const length of [5, 12, 64, bytes.length]) {
        expect(counted).toEqual(wordCountOf(statisticsOf(create, bytes, () => length)));
      }
    }
  });
});
