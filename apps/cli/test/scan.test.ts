import { describe, expect, test } from "bun:test";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { ifProc, ifUnixFiles } from "@isthmus/testing/requirement";
import { testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { InterruptedError } from "../src/interrupted-error.ts";
import { runIsthmus } from "../src/run.ts";
import { openScanInput } from "../src/scan/scan-input.ts";
import { createFakeHost } from "./support/fake-host.ts";
import { MAIN, runCli, runCliInShell } from "./support/run-cli.ts";
import { untilCaught } from "./support/until-caught.ts";

const FIELDS = [
  "path",
  "bytes",
  "lines",
  "words",
  "longest_line_bytes",
  "elapsed_ms",
  "bytes_per_second",
];

describe("isthmus scan", () => {
  test("prints what a person wants to know", async () => {
    using directory = new TemporaryDirectory();
    directory.file("a.log", "one two\nERROR three\n\tfour\n");
    const { stdout, stderr, exitCode } = await runCli(["scan", "--find", "ERROR", "a.log"], {
      cwd: directory.path,
    });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toStartWith("a.log\n");
    expect(stdout).toMatch(/^ {2}bytes +26$/m);
    expect(stdout).toMatch(/^ {2}lines +3$/m);
    expect(stdout).toMatch(/^ {2}words +5$/m);
    expect(stdout).toMatch(/^ {2}longest line +12$/m);
    expect(stdout).toMatch(/^ {2}matches +1 {2}of "ERROR", first at byte 8$/m);
    expect(stdout).toMatch(/^ {2}elapsed +\S+ [mµ]?s {2}\S+ \S*B\/s$/m);
    expect(stdout).toMatch(/^ {2}letters +20 +76\.9 % {2}█+/m);
    expect(stdout).toMatch(/^ {2}0x0a {2}\\n +3 +11\.5 % {2}█+/m);
    expect(stdout.split("\n").length).toBeLessThan(26);
  });

  test("counts alike in an engine without SIMD", async () => {
    using directory = new TemporaryDirectory();
    directory.file("a.log", "one two\n\tthree\u00e9 four\f\n".repeat(5000));
    const args = ["scan", "--json", "--find", "e", "a.log"];
    const results = await Promise.all(
      [{}, { BUN_JSC_useWasmSIMD: "0" }].map(async (env) => {
        const { stdout, exitCode } = await runCli(args, { cwd: directory.path, env });
        expect(exitCode).toBe(0);
        const { elapsed_ms: _ms, bytes_per_second: _rate, ...counts } = JSON.parse(stdout);
        return counts;
      }),
    );
    expect(results[0]).toEqual(results[1]);
    expect(results[0]).toMatchObject({ lines: 10_000, words: 20_000, matches: 15_000 });
  });

  test("--json prints one line per file with exactly the documented fields", async () => {
    using directory = new TemporaryDirectory();
    const content = "one two\nthree\n";
    const paths = [directory.file("a", content), directory.file("b", "")];
    const { stdout, stderr, exitCode } = await runCli(["scan", "--json", ...paths]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map((record) => Object.keys(record))).toEqual([FIELDS, FIELDS]);
    expect(records[0]).toMatchObject({
      path: paths[0],
      bytes: content.length,
      lines: 2,
      words: 3,
      longest_line_bytes: 7,
    });
    expect(records[1]).toMatchObject({
      path: paths[1],
      bytes: 0,
      lines: 0,
      words: 0,
      longest_line_bytes: 0,
    });
    expect(records.every(({ elapsed_ms }) => elapsed_ms >= 0)).toBe(true);
    expect(records[1].bytes_per_second).toBe(0);
  });

  test("--find adds matches, which do not overlap, and not its neighbour", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "aaaa b ñ ñ");
    for (const [find, matches] of [
      ["aa", 2],
      ["a", 4],
      ["ñ", 2],
      ["x", 0],
      ["xyz", 0],
    ] as const) {
      const { stdout } = await runCli(["scan", "--json", "--find", find, path]);
      const record = JSON.parse(stdout);
      expect(Object.keys(record)).toEqual([...FIELDS.slice(0, 5), "matches", ...FIELDS.slice(5)]);
      expect([find, record.matches]).toEqual([find, matches]);
    }
  });

  test("--find may be repeated, and each text has its own matches", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "one two\ntwo\n");
    const args = ["scan", "--json", "--find", "two", "--find", "x", "--find", "o"];
    const found = [
      { text: "two", matches: 2, first_offset: 4 },
      { text: "x", matches: 0, first_offset: null },
      { text: "o", matches: 3, first_offset: 0 },
    ];
    for (const { stdout } of [
      await runCli([...args, path]),
      await runCli([...args, "-"], { stdin: readFileSync(path) }),
    ]) {
      expect(JSON.parse(stdout)).toMatchObject({ matches: 5, found });
    }
  });

  test("--ignore-case takes letters of ASCII in both cases for the same, in files and pipes", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "Error ERROR error Ñ ñ\n");
    const args = ["scan", "--json", "--ignore-case", "--find", "eRRor", "--find", "ñ"];
    const found = [
      { text: "eRRor", matches: 3, first_offset: 0 },
      { text: "ñ", matches: 1, first_offset: 21 },
    ];
    for (const { stdout } of [
      await runCli([...args, path]),
      await runCli([...args, "-"], { stdin: readFileSync(path) }),
    ]) {
      expect(JSON.parse(stdout)).toMatchObject({ matches: 4, found });
    }
  });

  test("--top lists the most frequent values of a column, of a file and of a pipe alike", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "a  b\n\n x\tb c\ny d");
    for (const { stdout } of [
      await runCli(["scan", "--json", "--top", "2", path]),
      await runCli(["scan", "--json", "--top", "2", "-"], { stdin: readFileSync(path) }),
    ]) {
      expect(JSON.parse(stdout)).toMatchObject({
        top: [
          { value: "b", count: 2 },
          { value: "d", count: 1 },
        ],
        top_distinct: 2,
        top_lacking: 1,
      });
    }
    const { stdout } = await runCli(["scan", "--top", "2", path]);
    expect(stdout).toMatch(/^ {2}b +2 {2}█+\n {2}d +1 {2}█+\n {2}different values +2/m);
  });

  test("--workers changes nothing but the time", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "one two ERROR\n".repeat(3_000_000));
    const counts = async (workers: string) => {
      const args = ["scan", "--json", "--find", "ERROR", "--workers", workers, path];
      const { stdout, exitCode } = await runCli(args);
      expect(exitCode).toBe(0);
      const { elapsed_ms: _ms, bytes_per_second: _rate, ...rest } = JSON.parse(stdout);
      return rest;
    };
    expect(await counts("2")).toEqual(await counts("1"));
    expect((await runCli(["scan", "--workers", "0", path])).exitCode).toBe(2);
    expect((await runCli(["scan", "--top", "x", path])).exitCode).toBe(2);
  });

  test("finds a match that lies across two windows of the map", async () => {
    using directory = new TemporaryDirectory();
    const bytes = Buffer.alloc(3 << 20, ".");
    bytes.write("NEEDLE", (1 << 20) - 3);
    bytes.write("NEEDLE", (2 << 20) - 1);
    const { stdout } = await runCli(["scan", "--find", "NEEDLE", directory.file("a", bytes)]);
    expect(stdout).toMatch(/matches +2 {2}of "NEEDLE", first at byte 1,048,573/);
  });

  test("one file that fails does not stop the others, and decides the exit code", async () => {
    using directory = new TemporaryDirectory();
    const good = directory.file("good", "x\n");
    const { stdout, stderr, exitCode } = await runCli([
      "scan",
      "--json",
      directory.file("no"),
      good,
    ]);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ path: good, lines: 1 });
    expect(stderr).toStartWith(`isthmus scan: ${directory.file("no")}: `);
    expect(stderr.trimEnd()).not.toContain("\n");
    expect(stderr).not.toContain("    at ");
  });

  test("a directory is a failure that says what to do", async () => {
    using directory = new TemporaryDirectory();
    mkdirSync(directory.file("folder"));
    const { stdout, stderr, exitCode } = await runCli(["scan", directory.file("folder")]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toStartWith(`isthmus scan: ${directory.file("folder")}: `);
    expect(stderr.trimEnd()).not.toContain("\n");
    const input = await runCliInShell('"$BUN" "$MAIN" scan - < .');
    expect({ stdout: input.stdout, exitCode: input.exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(input.stderr).toMatch(/^isthmus scan: -: EISDIR.*; name files: .*\n$/);
  });

  test("ISTHMUS_DEBUG adds the stack", async () => {
    const { stderr } = await runCli(["scan", "/no/such/file"], { env: { ISTHMUS_DEBUG: "1" } });
    expect(stderr).toContain("\n      at ");
  });

  test("counts words and widths of text that is not ASCII", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "привет мир\nこんにちは世界\ncafé\n");
    const { stdout } = await runCli(["scan", "--json", path]);
    expect(JSON.parse(stdout)).toMatchObject({ lines: 3, words: 4, longest_line_bytes: 21 });
  });

  test.each([
    ["a pipe", 'cat text | "$BUN" "$MAIN" scan --json --find 99 -'],
    ["a file from its beginning", '"$BUN" "$MAIN" scan --json --find 99 - < text'],
    [
      "a file from where it stands",
      '{ cat > rest; "$BUN" "$MAIN" scan --json --find 99 -; } < text',
    ],
    ["/dev/stdin", 'cat text | "$BUN" "$MAIN" scan --json --find 99 /dev/stdin'],
    ["a named pipe", 'mkfifo pipe; cat text > pipe & "$BUN" "$MAIN" scan --json --find 99 pipe'],
    ["a process substitution", `bash -c '"$BUN" "$MAIN" scan --json --find 99 <(cat text)'`],
    ["nothing", '"$BUN" "$MAIN" scan --json --find 99 - < /dev/null'],
    ["what has no size", '"$BUN" "$MAIN" scan --json --find 99 /dev/null'],
  ])("reads as wc does: %s", async (what, line) => {
    using directory = new TemporaryDirectory();
    const text = `${Array.from({ length: 200_000 }, (_, index) => index).join("\n")}\n`;
    directory.file("text", text);
    const { stdout, stderr, exitCode } = await runCliInShell(line, { cwd: directory.path });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const isEmpty = ["a file from where it stands", "nothing", "what has no size"].includes(what);
    const counts = { bytes: text.length, lines: 200_000, words: 200_000, longest_line_bytes: 6 };
    const none = { bytes: 0, lines: 0, words: 0, longest_line_bytes: 0, matches: 0 };
    const matches = text.split("99").length - 1;
    expect(JSON.parse(stdout)).toMatchObject(isEmpty ? none : { ...counts, matches });
  });

  ifProc("reads files that are made when they are read, with a size and without one", async () => {
    const paths = ["/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled"].filter(
      existsSync,
    );
    expect(paths).not.toEqual([]);
    const { stdout, stderr, exitCode } = await runCli(["scan", "--json", "--find", "v", ...paths]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const counts = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(counts.map(({ bytes, lines, matches }) => ({ bytes, lines, matches }))).toEqual(
      paths.map((path) => {
        const text = readFileSync(path, "utf8");
        const [lines, matches] = ["\n", "v"].map((part) => text.split(part).length - 1);
        return { bytes: text.length, lines, matches };
      }),
    );
  });

  test("finds where a single character is first, in whichever chunk", async () => {
    using directory = new TemporaryDirectory();
    const text = `${".".repeat((2 << 20) + 5)}x..x`;
    directory.file("text", text);
    const line = 'cat text | "$BUN" "$MAIN" scan --find x - text';
    const { stdout } = await runCliInShell(line, { cwd: directory.path });
    const found = [...stdout.matchAll(/matches +2 {2}of "x", first at byte ([\d,]+)/g)];
    expect(found.map(([, at]) => at)).toEqual(["2,097,157", "2,097,157"]);
  });

  test("the time until a pipe's writer has started is no part of the rate", async () => {
    await using child = Bun.spawn([process.execPath, MAIN, "scan", "--json", "-"], {
      env: testEnvironment(),
      stdin: "pipe",
      stdout: "pipe",
    });
    await untilCaught(child.pid);
    await Bun.sleep(1000);
    const writtenMs = performance.now();
    child.stdin.write("text\n".repeat(10_000));
    child.stdin.end();
    const output = await new Response(child.stdout).json();
    const { elapsed_ms: elapsedMs, bytes_per_second: rate } = output as Record<string, number>;
    expect(elapsedMs).toBeGreaterThan(0);
    expect(elapsedMs).toBeLessThan(performance.now() - writtenMs);
    // Both are rounded, so they agree by ratio: a fast machine needs 0.2 ms, told to a thousandth.
    expect((rate as number) / ((50_000 / (elapsedMs as number)) * 1000)).toBeCloseTo(1, 1);
  });

  ifProc("Ctrl-C ends it: a pipe that gives nothing", () => endsByCtrlC("-"));
  ifProc("Ctrl-C ends it: what has no end", () => endsByCtrlC("/dev/zero"));

  async function endsByCtrlC(path: string): Promise<void> {
    await using child = Bun.spawn([process.execPath, MAIN, "scan", path], {
      env: testEnvironment(),
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    // Long before it waits or works.
    await untilCaught(child.pid);
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(await new Response(child.stderr).text()).toEndWith("isthmus: interrupted\n");
  }

  ifUnixFiles("does not wait for a pipe when it is told before", async () => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "pipe");
    Bun.spawnSync(["mkfifo", path]);
    // Its writer is there, and gives nothing.
    const writer = openSync(path, "r+");
    try {
      using input = openScanInput(path, AbortSignal.abort(new InterruptedError("SIGINT")));
      expect(await Array.fromAsync(input.chunks)).toEqual([]);
    } finally {
      closeSync(writer);
    }
  });

  test("a file whose name begins with - follows --", async () => {
    using directory = new TemporaryDirectory();
    directory.file("-weird", "x");
    const { stdout, exitCode } = await runCli(["scan", "--json", "--", "-weird"], {
      cwd: directory.path,
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ path: "-weird", bytes: 1 });
  });

  test("a sparse file of 1 GiB is scanned in constant memory", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("sparse", "head\n");
    truncateSync(path, 2 ** 30);
    const host = createFakeHost({ cwd: directory.path });
    const before = process.memoryUsage.rss();
    expect(await runIsthmus(["scan", "--json", "--find", "head", "sparse"], host)).toBe(0);
    expect(JSON.parse(host.written.stdout)).toMatchObject({
      bytes: 2 ** 30,
      lines: 1,
      words: 2, // the NULs are one
      longest_line_bytes: 4,
      matches: 1,
    });
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 28);
  });

  test.each([
    ["a file", "touch a"],
    ["a pipe that nobody writes to", "mkfifo a"],
  ])(
    "an interruption that came before it ends it with its exit code and no result: %s",
    async (_, make) => {
      using directory = new TemporaryDirectory();
      expect(Bun.spawnSync(["sh", "-c", make], { cwd: directory.path }).success).toBe(true);
      const signal = AbortSignal.abort(new InterruptedError("SIGINT"));
      const host = createFakeHost({ signal, cwd: directory.path });
      expect(await runIsthmus(["scan", "a"], host)).toBe(130);
      expect(host.written).toEqual({ stdout: "", stderr: "isthmus: interrupted\n" });
    },
  );
});
