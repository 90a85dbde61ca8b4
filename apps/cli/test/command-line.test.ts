import { describe, expect, test } from "bun:test";
import { runProgram } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import packageJson from "../package.json" with { type: "json" };
import type { Environment } from "../src/context.ts";
import { named } from "../src/manual/help-page.ts";
import { runIsthmus } from "../src/run.ts";
import { createFakeHost } from "./support/fake-host.ts";
import { runCli } from "./support/run-cli.ts";

const ESCAPE = "\x1b[";

interface Page {
  readonly command: string;
  readonly flags: readonly { readonly name: string; readonly [field: string]: unknown }[];
}

/** Runs the command in this process: most of these need no other. */
async function runHere(args: readonly string[], env: Environment = {}) {
  const host = createFakeHost({ env });
  const exitCode = await runIsthmus(args, host);
  return { ...host.written, exitCode };
}

/** What help says of every command, for programs. */
async function helpOf(...names: string[]): Promise<Page[]> {
  const { stdout } = await runHere(["help", "--json", ...names]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Lines that are too long although they have more than one word. */
function tooLong(text: string, columns: number): string[] {
  return text
    .split("\n")
    .filter((line) => Bun.stringWidth(line) > columns && line.trim().includes(" "));
}

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
    const names = commands.match(/^ {2}\S+/gm)?.map((name) => name.trim()) ?? [];
    const pages = await helpOf();
    expect(names).toEqual(pages.slice(1).map(({ command }) => command.replace("isthmus ", "")));
    expect(names).toEqual(expect.arrayContaining(["demo", "ls", "dashboard", "completions"]));
    for (const name of names) {
      const help = await runHere([name, "--help"]);
      expect(help.exitCode).toBe(0);
      expect(help.stdout).toStartWith(`USAGE\n  isthmus ${name}`);
      expect(help.stdout).toContain("\n\nEXAMPLES\n  isthmus ");
      expect(help.stdout).toContain("EXIT CODES");
      expect(help.stdout).toContain("--json");
      expect(help.stdout).toContain("--no-color");
      expect((await runHere(["help", name])).stdout).toBe(help.stdout);
    }
  });

  test("--version prints the package's version", async () => {
    expect(await runCli(["--version"])).toEqual({
      stdout: `${packageJson.version}\n`,
      stderr: "",
      exitCode: 0,
    });
    expect((await runHere(["version"])).stdout).toBe(`${packageJson.version}\n`);
    const { stdout } = await runHere(["version", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ version: packageJson.version, bun: Bun.version });
  });

  test("help of what does not exist is a usage error", async () => {
    for (const args of [
      ["help", "nope"],
      ["help", "--man", "nope"],
      ["help", "--json", "nope"],
    ]) {
      const { stdout, stderr, exitCode } = await runHere(args);
      expect(stderr).toMatch(/^isthmus: .*nope.* See isthmus (help )?--help\n$/);
      expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    }
  });

  test.each([
    ["isthmus ls; $(isthmus --json ls)", "bunx isthmus ls; $(bunx isthmus --json ls)"],
    [
      "isthmus bridge --spill /var/spool/isthmus here",
      "bunx isthmus bridge --spill /var/spool/isthmus here",
    ],
    ["man isthmus", "man bunx isthmus"],
    ["npm:@isthmus", "npm:@isthmus"],
  ])("of the words of %p the command's name is one", (text, called) => {
    expect(named(text, "bunx isthmus")).toBe(called);
  });

  test("words behind the name of a command are none that help explains", async () => {
    for (const args of [
      ["help", "ls", "inspect"],
      ["help", "--man", "ls", "inspect"],
      ["help", "--json", "ls", "inspect"],
    ]) {
      const { stdout, stderr, exitCode } = await runHere(args);
      expect(stderr).toStartWith('isthmus: Behind "ls" there is no command "inspect". See ');
      expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    }
  });

  test("sizes in bytes may have a unit, whatever the command", async () => {
    const flags = (await helpOf()).flatMap(({ command, flags }) =>
      flags
        .filter(({ value }) => value === "BYTES")
        .map(({ name }) => [command.split(" ")[1] ?? "", name] as const),
    );
    expect(flags.length).toBeGreaterThan(6);
    for (const [command, flag] of flags) {
      const { stderr, exitCode } = await runHere([command, flag, "64X"]);
      expect({ command, flag, exitCode }).toEqual({ command, flag, exitCode: 2 });
      expect(stderr).toContain("it must be a number of bytes");
      expect((await runHere([command, flag, "64K", "--nonsense"])).stderr).toContain("--nonsense");
    }
  });

  test("what can be no name is a usage error, whatever the command", async () => {
    for (const name of ["", "..", "a/b", "n".repeat(201)]) {
      for (const args of [
        ["inspect", name],
        ["tail", name],
        ["rm", "one", name],
        ["queue", name],
        ["cache", name, "stats"],
        ["record", name, "--journal", "j"],
        ["producer", "--channel", name],
        ["bridge", "--out", name],
      ]) {
        const { stdout, stderr, exitCode } = await runHere(args);
        expect({ args, stdout, exitCode }).toEqual({ args, stdout: "", exitCode: 2 });
        expect(stderr).toContain("a name has 1 to 200 bytes");
      }
    }
  });

  test("help --json tells of every flag what there is to know", async () => {
    const pages = await helpOf("producer");
    expect(pages).toHaveLength(1);
    expect(pages[0]?.flags).toContainEqual({
      name: "--channel",
      aliases: [],
      value: "NAME",
      brief: "The channel's name, the same at both ends",
      default: "isthmus",
      repeatable: false,
    });
  });
});

describe.each([80, 60, 40])("at %d columns", (columns) => {
  test("every line of help ends at a word, and none is longer", async () => {
    for (const { command } of await helpOf()) {
      const names = command.split(" ").slice(1);
      const { stdout } = await runHere([...names, "--help"], { COLUMNS: String(columns) });
      expect({ command, long: tooLong(stdout, columns) }).toEqual({ command, long: [] });
      // The same words, however wide it is.
      const wide = await runHere([...names, "--help"]);
      expect(stdout.split(/\s+/).join(" ")).toBe(wide.stdout.split(/\s+/).join(" "));
    }
  });

  test("so does every message", async () => {
    for (const args of [["sca"], ["producer", "--size", "1"], ["rm", "nobody"], ["tail", "--hx"]]) {
      const { stderr } = await runHere(args, { COLUMNS: String(columns) });
      expect({ args, long: tooLong(stderr, columns) }).toEqual({ args, long: [] });
      expect(stderr.replace(/\n {2}/g, " ")).toBe((await runHere(args)).stderr);
    }
  });
});

describe("the man page", () => {
  test("is made of the same words, and read without complaint", async () => {
    const { stdout } = await runCli(["help", "--man"]);
    const plain = stdout.replaceAll("\\-", "-");
    for (const { command, flags } of await helpOf()) {
      expect(plain).toContain(command);
      for (const { name } of flags) expect(plain).toContain(name);
    }
    const readers = [
      // A page that is made anew each time has no date.
      ["mandoc", "-Tlint", "-Wwarning"],
      ["groff", "-man", "-Tutf8", "-ww", "-z"],
    ];
    for (const [reader = "", ...args] of readers) {
      if (Bun.which(reader) === null) {
        process.stderr.write(`skipped: the man page in ${reader} (not installed)\n`);
        continue;
      }
      using directory = new TemporaryDirectory();
      const page = directory.file("isthmus.1", stdout);
      const found = await runProgram([reader, ...args, page]);
      const lines = (found.stdout + found.stderr).split("\n");
      expect(lines.filter((line) => line !== "" && !line.includes("missing date"))).toEqual([]);
    }
  });

  test("of one command has its flags and its examples", async () => {
    const { stdout } = await runHere(["help", "--man", "chaos"]);
    expect(stdout).toStartWith('.TH ISTHMUS-CHAOS 1 "" "isthmus ');
    expect(stdout).toContain("\n.B \\-\\-seconds N\n");
    expect(stdout).not.toContain("isthmus producer");
  });
});

describe("usage errors go to stderr with exit code 2", () => {
  test.each([
    [["sca"], "No command registered for `sca`, did you mean `scan`? See isthmus --help"],
    [["frobnicate"], "No command registered for `frobnicate`. See isthmus --help"],
    [["scan"], "Expected at least 1 argument(s) for FILE but found none. See isthmus scan --help"],
    [
      ["scan", "--fnd", "x", "file"],
      "No flag registered for --fnd, did you mean --find? See isthmus scan --help",
    ],
    [
      ["scan", "--find", "", "file"],
      "it must have at least one character. See isthmus scan --help",
    ],
    [["scan", "file", "--find"], "Expected input for flag --find. See isthmus scan --help"],
    [["--jsn"], "No flag registered for --jsn, did you mean --json? See isthmus demo --help"],
    [["demo", "extra"], 'expected 0 but encountered "extra". See isthmus demo --help'],
    [
      ["producer", "--size", "4096", "--capacity", "1024"],
      "needs --capacity 8208 or more. See isthmus producer --help",
    ],
    [
      ["benchmark", "--only", "nothing"],
      /--only nothing is neither .* See isthmus benchmark --help$/,
    ],
  ])("%p", async (args, message) => {
    const { stdout, stderr, exitCode } = await runCli(args);
    expect(stderr).toMatch(/^(isthmus: .*\n)+$/);
    if (typeof message === "string") expect(stderr).toContain(`${message}\n`);
    else expect(stderr.trimEnd()).toMatch(message);
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
