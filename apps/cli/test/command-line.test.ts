import { describe, expect, test } from "bun:test";
import packageJson from "../package.json" with { type: "json" };
import { runIsthmus } from "../src/run.ts";
import { createFakeHost } from "./support/fake-host.ts";
import { runCli } from "./support/run-cli.ts";

const ESCAPE = "\x1b[";

describe("isthmus --help", () => {
  test("leads with examples and ends with the exit codes, on stdout", async () => {
    const { stdout, stderr, exitCode } = await runCli(["--help"]);
    expect(stdout).toStartWith("EXAMPLES\n  isthmus  ");
    expect(stdout).toContain("\nCOMMANDS\n  demo  ");
    expect(stdout).toEndWith("  130  interrupted (Ctrl-C)\n");
    expect(stdout).not.toMatch(/ $/m);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });

  test("lists exactly the commands that exist", async () => {
    const { stdout } = await runCli(["-h"]);
    const commands = stdout.split("COMMANDS\n")[1]?.split("\n\n")[0] ?? "";
    const names = commands.split("\n").map((line) => line.trim().split(/\s/)[0]);
    expect(names).toEqual([
      "demo",
      "benchmark",
      "producer",
      "consumer",
      "scan",
      "ls",
      "inspect",
      "top",
      "tail",
      "rm",
      "gc",
      "doctor",
      "chaos",
      "dashboard",
    ]);
    for (const name of names) {
      const help = await runCli([name ?? "", "--help"]);
      expect(help.exitCode).toBe(0);
      expect(help.stdout).toStartWith(`USAGE\n  isthmus ${name}`);
      expect(help.stdout).toContain("EXIT CODES");
      expect(help.stdout).toContain("--json");
      expect(help.stdout).toContain("--no-color");
    }
  });

  test("--version prints the package's version", async () => {
    expect(await runCli(["--version"])).toEqual({
      stdout: `${packageJson.version}\n`,
      stderr: "",
      exitCode: 0,
    });
  });
});

describe("usage errors go to stderr with exit code 2", () => {
  test.each([
    [["sca"], "No command registered for `sca`, did you mean `scan`? See"],
    [["frobnicate"], "No command registered for `frobnicate`. See isthmus --help"],
    [["scan"], "Expected at least 1 argument(s) for FILE but found none"],
    [["scan", "--fnd", "x", "file"], "No flag registered for --fnd, did you mean --find?"],
    [["scan", "--find", "", "file"], "it must have at least one character"],
    [["scan", "file", "--find"], "Expected input for flag --find"],
    [["--jsn"], "No flag registered for --jsn, did you mean --json?"],
    [["demo", "extra"], 'Too many arguments, expected 0 but encountered "extra"'],
  ])("%p", async (args, message) => {
    const { stdout, stderr, exitCode } = await runCli(args);
    expect(stderr).toContain(message);
    for (const line of stderr.trimEnd().split("\n")) {
      expect(line).toMatch(/^isthmus: .*isthmus --help$/);
    }
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
  });
});

describe("colour", () => {
  test("is off in a pipe, on with FORCE_COLOR, off again with --no-color anywhere", async () => {
    const plain = await runCli(["scan", "--help"]);
    const forced = await runCli(["scan", "--help"], { env: { FORCE_COLOR: "1" } });
    const refused = await runCli(["--no-color", "scan", "--help"], { env: { FORCE_COLOR: "1" } });
    expect(plain.stdout).not.toContain(ESCAPE);
    expect(forced.stdout).toContain(ESCAPE);
    expect(refused.stdout).toBe(plain.stdout);
  });

  test("is decided for each stream, for usage errors too", async () => {
    const host = createFakeHost({ isTTY: true });
    expect(await runIsthmus(["sca"], host)).toBe(2);
    expect(host.written.stderr).toContain(ESCAPE);
    const quiet = createFakeHost({ isTTY: true, env: { NO_COLOR: "1" } });
    expect(await runIsthmus(["sca"], quiet)).toBe(2);
    expect(quiet.written.stderr).not.toContain(ESCAPE);
  });
});
