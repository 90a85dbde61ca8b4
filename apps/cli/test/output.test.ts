import { describe, expect, test } from "bun:test";
import { createContext, type Environment } from "../src/context.ts";
import { formatBar } from "../src/output/bar.ts";
import { ERASE_LINE } from "../src/output/erase-line.ts";
import {
  formatCount,
  formatDuration,
  formatFrequency,
  formatRate,
  formatShare,
  formatSize,
} from "../src/output/format.ts";
import { formatEta, ProgressBar } from "../src/output/progress-bar.ts";
import { ProgressLines } from "../src/output/progress-lines.ts";
import { StatusLine } from "../src/output/status-line.ts";
import { createStyle } from "../src/output/style.ts";
import { formatTable } from "../src/output/table.ts";
import { wrap } from "../src/output/wrap.ts";
import { createFakeHost } from "./support/fake-host.ts";

describe("createStyle()", () => {
  const cases: readonly [string, boolean, Environment, boolean, boolean][] = [
    ["a terminal", true, {}, false, true],
    ["a pipe", false, {}, false, false],
    ["a dumb terminal", true, { TERM: "dumb" }, false, false],
    ["NO_COLOR", true, { NO_COLOR: "1" }, false, false],
    ["an empty NO_COLOR, which counts as unset", true, { NO_COLOR: "" }, false, true],
    ["FORCE_COLOR into a pipe", false, { FORCE_COLOR: "1" }, false, true],
    ["FORCE_COLOR against NO_COLOR", false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
    ["FORCE_COLOR=0 on a terminal", true, { FORCE_COLOR: "0" }, false, false],
    ["an empty FORCE_COLOR, which counts as unset", false, { FORCE_COLOR: "" }, false, false],
    ["--no-color against FORCE_COLOR", true, { FORCE_COLOR: "1" }, true, false],
  ];
  test.each(cases)("%s", (_, isTTY, env, isColorRefused, isColored) => {
    const style = createStyle({ isTTY, env, isColorRefused });
    expect(style.isColored).toBe(isColored);
    expect(style.red("x")).toBe(isColored ? "\x1b[31mx\x1b[39m" : "x");
  });
});

test.each([0, undefined])("a terminal that tells %p for its size has the usual one", (size) => {
  const host = createFakeHost({ isTTY: true });
  const stderr = { ...host.stderr, columns: size, rows: size };
  const { columns, rows } = createContext({ ...host, stderr }, false).process.stderr;
  expect([columns, rows]).toEqual([80, 24]);
});

describe("formats", () => {
  test.each([
    [formatCount(1_234_567), "1,234,567"],
    [formatSize(0), "0 B"],
    [formatSize(1023), "1,023 B"],
    [formatSize(1536), "1.50 KiB"],
    [formatSize(10 * 2 ** 30), "10.0 GiB"],
    [formatRate(1.2 * 2 ** 30), "1.20 GiB/s"],
    [formatFrequency(950), "950"],
    [formatFrequency(14_084_507), "14.1 M"],
    [formatDuration(0.000_85), "850 ns"],
    [formatDuration(0.0425), "42.5 µs"],
    [formatDuration(3.21), "3.21 ms"],
    [formatDuration(1450), "1.45 s"],
    [formatDuration(125_000), "2 min 05 s"],
    [formatDuration(3_725_000), "1 h 02 min"],
    [formatShare(1, 8), "12.5 %"],
    [formatShare(1, 1e9), "< 0.1 %"],
    [formatShare(0, 0), "0.0 %"],
    [formatBar(0, 4), ""],
    [formatBar(0.001, 4), "▏"],
    [formatBar(0.5, 4), "██"],
    [formatBar(2, 4), "████"],
  ])("%p", (actual, expected) => {
    expect(actual).toBe(expected);
  });

  test("formatTable() aligns columns and gives colours no width", () => {
    const rows = [
      ["a", "1", "\x1b[31mred\x1b[39m"],
      ["long", "100", "x"],
    ];
    expect(formatTable(rows, ["left", "right"])).toEqual([
      "a       1  \x1b[31mred\x1b[39m",
      "long  100  x",
    ]);
  });
});

describe("wrap()", () => {
  test.each([
    ["one two three four five", 20, 0, "one two three four\nfive"],
    ["  indented as it was before", 20, 0, "  indented as it was\n  before"],
    ["isthmus: what happened and what to do", 20, 2, "isthmus: what\n  happened and what\n  to do"],
    ["short\nlines stay", 20, 0, "short\nlines stay"],
    ["a /path/that/is/longer/than/a/line b", 20, 0, "a\n/path/that/is/longer/than/a/line\nb"],
    [
      "\x1b[31mred words in two lines\x1b[39m",
      20,
      0,
      "\x1b[31mred words in two\x1b[39m\n\x1b[31mlines\x1b[39m",
    ],
    ["no terminal is that narrow at all", 3, 0, "no terminal is that\nnarrow at all"],
    ["anything  at all".repeat(20), Number.POSITIVE_INFINITY, 0, "anything  at all".repeat(20)],
  ])("%j at %d", (text, columns, hanging, expected) => {
    expect(wrap(text, columns, hanging)).toBe(expected);
  });
});

describe("formatTable() where there is little room", () => {
  const rows = [
    ["NAME", "BYTES", "WHAT IT IS"],
    ["orders", "4,096", "a channel with one consumer and many producers"],
    ["x", "1", ""],
  ];

  test("wraps the widest column of text", () => {
    expect(formatTable(rows, ["left", "right"], 40)).toEqual([
      "NAME    BYTES  WHAT IT IS",
      "orders  4,096  a channel with one",
      "               consumer and many",
      "               producers",
      "x           1",
    ]);
  });

  test("puts columns below each other that do not fit", () => {
    expect(formatTable(rows, ["left", "right"], 30)).toEqual([
      "NAME    BYTES",
      "  WHAT IT IS",
      "orders  4,096",
      "  a channel with one consumer",
      "  and many producers",
      "x           1",
    ]);
  });

  test("is never too wide, and keeps every word in its order within its cell", () => {
    const words = (text: string): string[] => text.match(/\S+/g)?.sort() ?? [];
    for (let columns = 80; columns >= 20; columns--) {
      const lines = formatTable(rows, ["left", "right"], columns);
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
      expect(words(lines.join(" "))).toEqual(words(rows.flat().join(" ")));
    }
  });
});

describe("the width", () => {
  test.each([
    ["a terminal's own", true, 60, { COLUMNS: "40" }, 60],
    ["that of COLUMNS where there is none", false, undefined, { COLUMNS: "40" }, 40],
    ["none in a pipe", false, undefined, {}, Number.POSITIVE_INFINITY],
    [
      "none for a COLUMNS that is none",
      false,
      undefined,
      { COLUMNS: "wide" },
      Number.POSITIVE_INFINITY,
    ],
  ] as const)("is %s", (_, isTTY, columns, env, expected) => {
    expect(createStyle({ isTTY, env, isColorRefused: true, columns }).columns).toBe(expected);
  });
});

test("formatEta() tells the rest by what is done, and nothing before that", () => {
  expect([
    formatEta(0, 50),
    formatEta(0.25, 1000),
    formatEta(0.5, 90_000),
    formatEta(1, 9),
  ]).toEqual(["ETA ?", "ETA 3 s", "ETA 1 min 30 s", "ETA 0 s"]);
});

describe("ProgressBar", () => {
  function draw(isTTY: boolean, env: Environment = {}) {
    const host = createFakeHost({ isTTY });
    const status = new StatusLine(createContext(host, true).process.stderr, env);
    let nowMs = 0;
    {
      using bar = new ProgressBar(status, { label: "f", totalBytes: 2e9, now: () => nowMs });
      for (nowMs = 0; nowMs <= 1000; nowMs += 10) bar.update(nowMs * 1e6);
    }
    return host.written;
  }

  test("appears after 300 ms, redraws every 100 ms, and is erased", () => {
    const { stdout, stderr } = draw(true);
    expect(stdout).toBe("");
    const drawings = stderr.split(ERASE_LINE).filter((text) => text !== "");
    expect(drawings).toHaveLength(8);
    expect(drawings[0]).toContain(" 15 %  954 MiB/s  ETA 2 s");
    expect(drawings.at(-1)).toContain(" 50 %  954 MiB/s  ETA 1 s");
    expect(drawings.every((text) => Bun.stringWidth(text) < 60)).toBe(true);
    expect(stderr.endsWith(ERASE_LINE)).toBe(true);
  });

  test("writes nothing into a pipe or on a dumb terminal", () => {
    expect(draw(false).stderr).toBe("");
    expect(draw(true, { TERM: "dumb" }).stderr).toBe("");
  });
});

describe("ProgressLines", () => {
  function work(isTTY: boolean, isQuiet: boolean): string {
    const host = createFakeHost({ isTTY });
    let nowMs = 0;
    {
      using progress = new ProgressLines(
        createContext(host, true).process.stderr,
        {},
        { label: "p", isQuiet, now: () => nowMs },
      );
      progress.say("waiting");
      progress.say("waiting");
      progress.resume();
      for (; nowMs < 2500; nowMs += 10) progress.update(() => `${nowMs} ms`);
      progress.note("it died");
      progress.say("waiting");
    }
    return host.written.stderr;
  }

  test("writes a line a second into a pipe, and says once for each wait what it waits for", () => {
    const lines = ["waiting", "1000 ms", "2000 ms", "it died", "waiting"];
    expect(work(false, false)).toBe(lines.map((line) => `p: ${line}\n`).join(""));
  });

  test("rewrites one line of a terminal, and erases it before a line that stays", () => {
    const drawings = work(true, false).split(ERASE_LINE);
    expect(drawings.slice(0, 3)).toEqual(["", "waiting", "100 ms"]);
    expect(drawings.slice(-4)).toEqual(["2400 ms", "p: it died\n", "waiting", ""]);
  });

  test("shows nothing when quiet but what somebody has to know", () => {
    expect(work(false, true)).toBe("p: it died\n");
    expect(work(true, true)).toBe("p: it died\n");
  });
});
