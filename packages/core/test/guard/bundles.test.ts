/** The guard in programs that are not run from their source: bundles, executables, bytecode. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";

// Generous: the processes of a test may have to share a busy machine.
const PROGRAM = join(import.meta.dir, "fixtures", "bundled.ts");

/** How `bun build` is called, and what it makes. */
const BUILDS: Readonly<Record<string, { flags: readonly string[]; made: string }>> = {
  "a bundle (--outfile)": { flags: ["--target=bun", "--outfile=out.js"], made: "out.js" },
  "a bundle (--outdir)": { flags: ["--target=bun", "--outdir=out"], made: "out/bundled.js" },
  "a minified bundle": {
    flags: ["--target=bun", "--minify", "--outfile=small.js"],
    made: "small.js",
  },
  "bytecode (--bytecode)": {
    flags: ["--target=bun", "--bytecode", "--outdir=code"],
    made: "code/bundled.js",
  },
  "an executable (--compile)": { flags: ["--compile", "--outfile=program"], made: "program" },
  "an executable of bytecode": {
    flags: ["--compile", "--bytecode", "--minify", "--outfile=program"],
    made: "program",
  },
};

function run(command: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  const { stdout, stderr, exitCode, signalCode } = Bun.spawnSync([...command], {
    cwd,
    env: { ...process.env, ...env },
  });
  expect({ stderr: stderr.toString(), exitCode, signalCode }).toMatchObject({
    stderr: "",
    exitCode: 0,
  });
  return stdout.toString();
}

const SURVIVED = { isGuarded: true, seen: "ERR_FILE_TRUNCATED" };

describe("a truncated file is an error in", () => {
  for (const [what, { flags, made }] of Object.entries(BUILDS)) {
    test(`${what}, started elsewhere`, () => {
      using directory = new TemporaryDirectory();
      run([process.execPath, "build", PROGRAM, ...flags], directory.path);
      const elsewhere = directory.file("elsewhere");
      mkdirSync(elsewhere);
      const path = join(directory.path, made);
      const command = made === "program" ? [path] : [process.execPath, path];
      expect(JSON.parse(run(command, elsewhere))).toEqual(SURVIVED);
    });
  }
});

test("a bundle is one file: no source is looked for beside it or in the current directory", () => {
  using directory = new TemporaryDirectory();
  run([process.execPath, "build", PROGRAM, "--target=bun", "--outdir=out"], directory.path);
  expect(readdirSync(join(directory.path, "out"))).toEqual(["bundled.js"]);
});
