/** Scans in pieces and by Workers, against plain loops over the same bytes. */

import { describe, expect, spyOn, test } from "bun:test";
import { truncateSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { mappingsOf } from "@isthmus/testing/process-state";
import { isLinux, testIf, truncatingTest } from "@isthmus/testing/requirement";
import { runProgram } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import { MemoryMappedFile, type ScanJob, type ScanProgress, scanJobs } from "../../src/index.ts";
import { platform } from "../../src/native/platform.ts";
import { openFile } from "../../src/open-file.ts";
import { createMemory } from "../../src/open-memory.ts";
import { newTextStatistics } from "../../src/scan/kernel/fast-text-statistics.ts";
import { type ScanOptions, scan } from "../../src/scan/parallel/scan.ts";
import type { ViewSource } from "../../src/view.ts";
import { ViewAccessor } from "../../src/view-accessor.ts";
import { filled } from "../support/bytes.ts";

// Generous: starting Workers takes long on a busy machine.
const LONGEST_WORD = new URL("./fixtures/longest-word.ts", import.meta.url);

/** Of jobs that begin a kernel for each piece. */
const SLOW_RUNS = 25;

interface Found {
  readonly word: string;
  readonly from: readonly number[];
}

/** Memory that holds the bytes, as scans see it. */
function sourceOf(content: Uint8Array): ViewSource & Disposable {
  const parts = createMemory(null, content.length, undefined);
  using view = new ViewAccessor(parts);
  view.bytes().set(content);
  return { ...parts, [Symbol.dispose]: () => parts.backing.release() };
}

/** A file that holds the bytes, as scans see it. */
function fileOf(content: Uint8Array): ViewSource & Disposable {
  const directory = new TemporaryDirectory();
  const parts = openFile(directory.file("data.bin", content), { access: "read" });
  const dispose = (): void => {
    parts.backing.release();
    directory[Symbol.dispose]();
  };
  return { ...parts, [Symbol.dispose]: dispose };
}

/** Scans in pieces of a few bytes, by Workers where `workers` is above 1. */
function scanPieces<Result>(
  source: ViewSource,
  job: ScanJob<Result>,
  pieceBytes: number,
  options: ScanOptions = { workers: 1 },
  pieceBytesMax = 2 ** 30,
): Promise<Result> {
  const sizes = { pieceBytes, readBytesMax: 4 * pieceBytes, workerBytesMin: 1, pieceBytesMax };
  return scan(source, job, options, sizes);
}

function statisticsOf(bytes: Uint8Array) {
  const statistics = newTextStatistics();
  statistics.add(bytes);
  return statistics.finish();
}

/** Counts the Workers that are started. */
class WorkerStarts implements Disposable {
  count = 0;
  readonly #original = Worker;

  constructor() {
    const counted = (): number => this.count++;
    globalThis.Worker = class extends Worker {
      constructor(url: string | URL) {
        super(url);
        counted();
      }
    } as typeof Worker;
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#original;
  }
}

/** Offsets of the matches that do not overlap. */
function matchesOf(bytes: Buffer, needle: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) {
    offsets.push(at);
  }
  return offsets;
}

/** The column of a line as `cut -d` gives it, or as awk does without a separator. */
function columnOf(line: string, column: number, separator: string | undefined): string | undefined {
  if (separator !== undefined) return line.split(separator)[column - 1];
  return line.match(/[^ \t]+/g)?.[column - 1];
}

function topOf(text: string, column: number, separator: string | undefined) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const values = lines.map((line) => columnOf(line, column, separator));
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const ranked = [...counts].map(([value, count]) => ({ value, count }));
  return {
    values: ranked.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)),
    distinct: counts.size,
    lacking: values.filter((value) => value === undefined).length,
  };
}

const awkward = fc
  .array(fc.constantFrom("a", "ab", "aa", "\n", "\r\n", "\0", " ", "\t", ":", "\x0c", "\x7f"), {
    minLength: 1,
    maxLength: 60,
  })
  .map((parts) => parts.join(""));

describe("MemoryMappedFile.scan() agrees with a plain loop, wherever pieces are cut,", () => {
  const check = (run: (text: string, pieceBytes: number) => Promise<void>, numRuns = 150) =>
    fc.assert(fc.asyncProperty(awkward, fc.integer({ min: 1, max: 9 }), run), { numRuns });

  test("for text, with bytes that are not UTF-8", async () => {
    await check(async (text, pieceBytes) => {
      const bytes = Buffer.from(text.replaceAll("\x7f", "\xff"), "latin1");
      using source = sourceOf(bytes);
      const { histogram, ...counts } = statisticsOf(bytes);
      const [all, some] = [scanJobs.text(), scanJobs.text({ histogram: false })];
      expect(await scanPieces(source, all, pieceBytes)).toEqual({ ...counts, histogram });
      expect(await scanPieces(source, some, pieceBytes)).toEqual(counts);
    }, SLOW_RUNS);
  });

  test("for a histogram and for a byte", async () => {
    await check(async (text, pieceBytes) => {
      const bytes = Buffer.from(text);
      using source = sourceOf(bytes);
      const { histogram } = statisticsOf(bytes);
      expect(await scanPieces(source, scanJobs.histogram(), pieceBytes)).toEqual(histogram);
      expect(await scanPieces(source, scanJobs.count("a"), pieceBytes)).toBe(
        histogram[0x61] as number,
      );
    }, SLOW_RUNS);
  });

  test("for needles, also such as overlap themselves", async () => {
    await check(async (text, pieceBytes) => {
      const bytes = Buffer.from(text);
      using source = sourceOf(bytes);
      const needles = ["aa", "a", "aba", "a\na", "\r\n"];
      const offsets = needles.map((needle) => matchesOf(bytes, Buffer.from(needle)));
      const matches = offsets
        .flatMap((list, needle) => list.map((offset) => ({ offset, needle })))
        .sort((a, b) => a.offset - b.offset || a.needle - b.needle)
        .slice(0, 5);
      const counts = offsets.map(({ length }) => length);
      expect(await scanPieces(source, scanJobs.find(needles, { limit: 5 }), pieceBytes)).toEqual({
        counts,
        firsts: offsets.map((list) => list[0] ?? -1),
        matches,
      });
      expect(await scanPieces(source, scanJobs.count("aa"), pieceBytes)).toBe(counts[0] as number);
      // The letters of the text are in lower case.
      const upper = needles.map((needle) => needle.toUpperCase());
      const options = { limit: 5, ignoreCase: true };
      const found = await scanPieces(source, scanJobs.find(upper, options), pieceBytes);
      expect([found.counts, found.matches]).toEqual([counts, matches]);
      const count = scanJobs.count("A", { ignoreCase: true });
      expect(await scanPieces(source, count, pieceBytes)).toBe(counts[1] as number);
    }, SLOW_RUNS);
  });

  test("for the values of a column", async () => {
    await check(async (text, pieceBytes) => {
      using source = sourceOf(Buffer.from(text));
      for (const separator of [undefined, ":"]) {
        for (const column of [1, 2]) {
          const job = scanJobs.topValues({ column, separator, limit: 1000 });
          expect(await scanPieces(source, job, pieceBytes)).toEqual(topOf(text, column, separator));
        }
      }
    });
  });
});

describe("MemoryMappedFile.scan() by Workers", () => {
  const text = Array.from({ length: 3000 }, (_, i) => `${i % 7} word${i} aaa\n`).join("");

  test.each([
    ["what is mapped", sourceOf],
    ["what is read", fileOf],
  ])("finds what one thread finds, in %s", async (_, open) => {
    using source = open(Buffer.from(text));
    const jobs: readonly ScanJob<unknown>[] = [
      scanJobs.count("a"),
      scanJobs.count("aa"),
      scanJobs.text(),
      scanJobs.text({ histogram: false }),
      scanJobs.histogram(),
      scanJobs.find(["word1", "aa"], { limit: 7 }),
      scanJobs.topValues({ column: 1, limit: 3 }),
      scanJobs.module(LONGEST_WORD),
      scanJobs.all([scanJobs.text(), scanJobs.find("aa"), scanJobs.topValues({ column: 1 })]),
      // Each has a table of its own, which is empty, whoever had it in the scan before.
      scanJobs.all([scanJobs.histogram(), scanJobs.text(), scanJobs.histogram()]),
      scanJobs.all([scanJobs.find("word1"), scanJobs.find(["aa", "2 word"]), scanJobs.count(97)]),
      scanJobs.histogram(),
    ];
    for (const job of jobs) {
      const found = await scanPieces(source, job, 5000, { workers: 2 });
      expect(found).toEqual(await scanPieces(source, job, 5000));
    }
  });

  // As anonymous memory is not read, a file is: in pieces that become shorter towards its end.
  test("has long pieces of what is read only, and short ones in the end", async () => {
    using source = fileOf(Buffer.from(text));
    const doneBy = async (job: ScanJob<unknown>): Promise<number[]> => {
      const done = [0];
      const onProgress = ({ doneBytes }: ScanProgress) => done.push(doneBytes);
      await scanPieces(source, job, 1000, { workers: 2, onProgress });
      return done.slice(1).map((end, index) => end - (done[index] as number));
    };
    const isRead = platform().readsMappings;
    const long = await doneBy(scanJobs.count("a"));
    expect(long[0]).toBe(isRead ? 4000 : 1000);
    expect(long.at(-2)).toBe(1000);
    expect(long.toSorted((a, b) => b - a)).toEqual(long);
    const mapped = await doneBy(scanJobs.all([scanJobs.count("a"), scanJobs.module(LONGEST_WORD)]));
    expect(Math.max(...mapped)).toBeLessThan(1100);
  });

  test("finds matches that reach over the border of a long piece again, in short ones", async () => {
    const bytes = Buffer.alloc(40_003, "a");
    using source = fileOf(bytes);
    const looksAt = async (needle: string): Promise<number> => {
      const { signal } = new AbortController();
      const look = spyOn(signal, "throwIfAborted");
      const job = scanJobs.find(needle, { limit: 9000 });
      const found = await scanPieces(source, job, 1000, { workers: 2, signal });
      const offsets = matchesOf(bytes, Buffer.from(needle));
      expect(found.counts).toEqual([offsets.length]);
      expect(found.matches.map(({ offset }) => offset)).toEqual(offsets.slice(0, 9000));
      return look.mock.calls.length;
    };
    const again = (await looksAt("aaa")) - (await looksAt("aab"));
    expect(again).toBeGreaterThan(20);
  });

  test("does several jobs in one pass", async () => {
    const bytes = Buffer.from(text);
    using source = sourceOf(bytes);
    const job = scanJobs.all([scanJobs.text(), scanJobs.count("aa")]);
    const [summary, count] = await scanPieces(source, job, 5000, { workers: 2 });
    expect(summary).toEqual(statisticsOf(bytes));
    expect(count).toBe(3000);
  });

  test("refuses options of text that are none", () => {
    const wrong = { histogram: 1 } as never;
    expectCode(() => scanJobs.text(wrong), TypeError, "ERR_INVALID_ARG_TYPE");
    const unknown = { histograms: false } as never;
    expect(() => scanJobs.text(unknown)).toThrow("histograms");
  });

  test("refuses what is no list of jobs", () => {
    for (const wrong of [undefined, null, 1, 1n, "text", {}, scanJobs.text()] as never[]) {
      expectCode(() => scanJobs.all(wrong), TypeError, "ERR_INVALID_ARG_TYPE");
    }
    for (const wrong of [undefined, 1, {}, "text"] as never[]) {
      const action = (): unknown => scanJobs.all([scanJobs.text(), wrong]);
      const { message } = expectCode(action, TypeError, "ERR_INVALID_ARG_TYPE");
      expect(message).toContain('"jobs[1]"');
    }
  });

  test.each([1, 2])(
    "refuses options of a module that cannot be cloned, and copies others (%d threads)",
    async (workers) => {
      for (const wrong of [() => 1, { nested: [Symbol("one")] }, new WeakMap()]) {
        const action = (): unknown => scanJobs.module(LONGEST_WORD, wrong);
        const { message } = expectCode(action, TypeError, "ERR_INVALID_ARG_VALUE");
        expect(message).toContain('"options"');
      }
      using source = sourceOf(Buffer.from(text));
      const options = { trap: "throw" };
      const job = scanJobs.module<Found>(LONGEST_WORD, options);
      options.trap = "none";
      const scanning = scanPieces(source, job, 4096, { workers });
      expect(scanning).rejects.toThrow("trapped");
      await scanning.catch(() => undefined);
    },
  );

  test.each([1, 2])("lists as many matches as it was asked for (%d threads)", async (workers) => {
    const count = 1_000_001;
    using source = sourceOf(Buffer.alloc(2 * count, "ab"));
    const job = scanJobs.find("ab", { limit: count - 1 });
    const { counts, matches } = await scanPieces(source, job, 2 * count - 6, { workers });
    expect(counts).toEqual([count]);
    expect(matches.length).toBe(count - 1);
    expect(matches.every(({ offset }, index) => offset === 2 * index)).toBe(true);
  });

  test("puts results together in order, in pieces of whole lines", async () => {
    using source = sourceOf(Buffer.from(text));
    const job = scanJobs.module<Found>(LONGEST_WORD);
    const found = await scanPieces(source, job, 4096, { workers: 3 });
    expect(found?.word).toBe("word1000");
    expect(found?.from.length).toBeGreaterThan(8);
    expect(found?.from).toEqual(found?.from.toSorted((a, b) => a - b));
    for (const from of found?.from.slice(1) ?? []) expect(text[from - 1]).toBe("\n");
  });

  test("tells how far it is, up to the end", async () => {
    using source = sourceOf(Buffer.from(text));
    const seen: number[] = [];
    await scanPieces(source, scanJobs.count("a"), 10_000, {
      workers: 2,
      onProgress: ({ doneBytes, totalBytes }) => {
        expect(totalBytes).toBe(text.length);
        seen.push(doneBytes);
      },
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(text.length);
    expect(seen.length).toBe(Math.ceil(text.length / 10_000));
  });

  test.each([1, 2])("ends with what the module throws (%d threads)", async (workers) => {
    using source = sourceOf(Buffer.from(text));
    const job = scanJobs.module(LONGEST_WORD, { trap: "throw" });
    const scanning = scanPieces(source, job, 4096, { workers });
    expect(scanning).rejects.toThrow("trapped");
    await scanning.catch(() => undefined);
  });

  test.each([
    ["throw a DOMException", "AbortError"],
    ["give a function", "DataCloneError"],
  ])("ends with what it was, by modules that %s", async (trap, name) => {
    using source = sourceOf(Buffer.from(text));
    const job = scanJobs.module(LONGEST_WORD, { trap });
    const scanning = scanPieces(source, job, 4096, { workers: 2 });
    expect(scanning).rejects.toMatchObject({ name });
    await scanning.catch(() => undefined);
  });

  test("begins with the Workers of the scan before, unless they ran a module or were ended", async () => {
    using source = sourceOf(Buffer.from(text));
    const words = scanJobs.all([scanJobs.text(), scanJobs.module(LONGEST_WORD)]);
    using starts = new WorkerStarts();
    const startsOf = async (job: ScanJob<unknown>, options?: ScanOptions) => {
      const before = starts.count;
      await scanPieces(source, job, 5000, { workers: 3, ...options }).catch(() => undefined);
      return starts.count - before;
    };
    await startsOf(scanJobs.text());
    expect(await startsOf(scanJobs.count("a"))).toBe(0);
    expect(await startsOf(scanJobs.count("a"), { workers: 5 })).toBe(2);
    expect(await startsOf(words, { workers: 5 })).toBe(0);
    expect(await startsOf(scanJobs.text(), { workers: 5 })).toBe(5);
    const onProgress = (): void => {
      throw new Error("enough");
    };
    expect(await startsOf(scanJobs.text(), { workers: 5, onProgress })).toBe(0);
    expect(await startsOf(scanJobs.text())).toBe(3);
    expect(await scanPieces(source, scanJobs.count("aa"), 5000, { workers: 3 })).toBe(3000);
  });

  test("leaves no Worker that holds back the end of the process", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", filled(40 << 20, 0x61));
    const program = `
      import { MemoryMappedFile, scanJobs } from "@isthmus/core";
      using file = MemoryMappedFile.createFromFile(${JSON.stringify(path)}, { access: "read" });
      console.log(await file.scan(scanJobs.count("a"), { workers: 2 }));
      // Before Workers end by themselves.
      setTimeout(() => console.log("held back"), 9000).unref();`;
    const { stdout, stderr } = await runProgram([process.execPath, "-e", program], {
      cwd: import.meta.dir,
    });
    expect(stdout + stderr).toBe(`${40 << 20}\n`);
  });

  test("ends when a Worker ends", async () => {
    using source = sourceOf(Buffer.from(text));
    const job = scanJobs.module(LONGEST_WORD, { trap: "exit" });
    const error = await scanPieces(source, job, 4096, { workers: 2 }).catch((reason) => reason);
    expect(error).toMatchObject({ code: "ERR_PEER_DIED" });
  });

  test.each([1, 2])("obeys an abort in the middle (%d threads)", async (workers) => {
    using source = sourceOf(Buffer.from(text));
    const reason = new Error("enough");
    const controller = new AbortController();
    const job = scanJobs.module(LONGEST_WORD, { trap: "hang" });
    const scanning = scanPieces(source, job, 4096, { workers, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    expect(await scanning.catch((error) => error)).toBe(reason);
  });

  test("ends with a module that is not there", async () => {
    using source = sourceOf(Buffer.from(text));
    const job = scanJobs.module(new URL("./no-such.ts", import.meta.url));
    const error = await scanPieces(source, job, 4096, { workers: 2 }).catch(
      (reason) => reason as Error,
    );
    expect(String((error as Error).message)).toContain("no-such");
  });

  truncatingTest("tells of a file that was truncated meanwhile", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", filled(64 << 20, 0x61));
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const onProgress = (): void => truncateSync(path, 8192);
    const scanning = file.scan(scanJobs.histogram(), { workers: 2, onProgress });
    expect(await scanning.catch((error) => error)).toMatchObject({ code: "ERR_FILE_TRUNCATED" });
  });

  test("looks at text whose lines are too long for a piece, and refuses them for columns", async () => {
    const bytes = Buffer.from(`${text}${"a ".repeat(600)}\n${text}`);
    using source = sourceOf(bytes);
    for (const workers of [1, 2]) {
      const run = <Result>(job: ScanJob<Result>, max: number) =>
        scanPieces(source, job, 100, { workers }, max);
      const { histogram, ...counts } = statisticsOf(bytes);
      expect(await run(scanJobs.text(), 1000)).toEqual({ ...counts, histogram });
      expect(await run(scanJobs.text({ histogram: false }), 1000)).toEqual(counts);
      expect(await run(scanJobs.count("a"), 1000)).toBe(18_600);
      const column = scanJobs.topValues({ column: 1 });
      const error = await run(column, 1000).catch((reason) => reason);
      expect(error).toMatchObject({ code: "ERR_OUT_OF_RANGE" });
      expect((await run(column, 1400)).lacking).toBe(0);
    }
  });

  for (const trap of [undefined, "throw", "exit", "hang"])
    testIf(isLinux, "/proc")(`leaves no mappings (trap: ${trap})`, async () => {
      using directory = new TemporaryDirectory();
      const path = directory.file("log", text.repeat(800));
      const file = MemoryMappedFile.createFromFile(path, { access: "read" });
      const job = scanJobs.module(LONGEST_WORD, { trap });
      const signal = AbortSignal.timeout(trap === "hang" ? 100 : 30_000);
      await file.scan(job, { workers: 2, signal }).catch(() => undefined);
      file.dispose();
      // The threads end, and with them their buffers, a little later.
      for (let tries = 0; tries < 500 && mappingsOf(path) > 0; tries++) {
        Bun.gc(true);
        await Bun.sleep(10);
      }
      expect(mappingsOf(path)).toBe(0);
    });
});

test("MemoryMappedFile.scan() refuses what is no job and no option", async () => {
  using file = MemoryMappedFile.createNew(null, 10);
  const code = async (run: () => unknown): Promise<string> => {
    try {
      await run();
      return "none";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(await code(() => file.scan("count" as never))).toBe("ERR_INVALID_ARG_TYPE");
  expect(await code(() => file.scan(scanJobs.text(), { workers: 0 }))).toBe("ERR_OUT_OF_RANGE");
  expect(await code(() => file.scan(scanJobs.text(), { signal: {} as never }))).toBe(
    "ERR_INVALID_ARG_TYPE",
  );
  expect(await code(() => file.scan(scanJobs.text(), { onProgress: 1 as never }))).toBe(
    "ERR_INVALID_ARG_TYPE",
  );
  expect(await code(() => scanJobs.topValues({ column: 0 }))).toBe("ERR_OUT_OF_RANGE");
  expect(await code(() => scanJobs.topValues({ column: 1, separator: "::" }))).toBe(
    "ERR_INVALID_ARG_VALUE",
  );
  expect(await code(() => scanJobs.find([]))).toBe("ERR_INVALID_ARG_VALUE");
  file.dispose();
  expect(await code(() => file.scan(scanJobs.text()))).toBe("ERR_DISPOSED");
});
