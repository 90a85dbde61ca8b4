import { describe, expect, test } from "bun:test";
import { mkdirSync, truncateSync } from "node:fs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { InterruptedError } from "../src/interrupted-error.ts";
import { runIsthmus } from "../src/run.ts";
import { createFakeHost } from "./support/fake-host.ts";
import { runCli, runCliInShell } from "./support/run-cli.ts";

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
    expect(stdout).toMatch(/^ {2}elapsed +\S+ m?s {2}\S+ .?B\/s$/m);
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
  });

  test("ISTHMUS_DEBUG adds the stack", async () => {
    const { stderr } = await runCli(["scan", "/no/such/file"], { env: { ISTHMUS_DEBUG: "1" } });
    expect(stderr).toContain("\n      at ");
  });

  test("- is standard input when that is a file, and refused when it is a pipe", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "from a file\n");
    const file = await runCli(["scan", "--json", "-"], { stdin: Bun.file(path) });
    expect(file.stderr).toBe("");
    expect(JSON.parse(file.stdout)).toMatchObject({ path: "-", bytes: 12, lines: 1 });
    const pipe = await runCliInShell('echo text | "$BUN" "$MAIN" scan --json -');
    expect({ stdout: pipe.stdout, exitCode: pipe.exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(pipe.stderr).toContain("to a file first");
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
      words: 1,
      longest_line_bytes: 4,
      matches: 1,
    });
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 28);
  });

  test("an aborted signal ends it with its exit code and no result", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "x");
    const signal = AbortSignal.abort(new InterruptedError("SIGINT"));
    const host = createFakeHost({ signal });
    expect(await runIsthmus(["scan", path], host)).toBe(130);
    expect(host.written).toEqual({ stdout: "", stderr: "isthmus: interrupted\n" });
  });
});
