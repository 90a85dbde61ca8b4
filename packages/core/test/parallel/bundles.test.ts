/** Scans by Workers in programs that are not run from their source. */
import { expect } from "bun:test";
import { join } from "node:path";
import { bundlingTest } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";

// Generous: the processes of a test may have to share a busy machine.
const PROGRAM = join(import.meta.dir, "fixtures", "bundled.ts");
const FOUND = {
  lines: 5_242_880,
  words: 10_485_760,
  values: [{ value: "two", count: 5_242_880 }],
  counts: [5_242_880, 5_242_880],
};

const BUILDS: Readonly<Record<string, readonly string[]>> = {
  "a minified bundle": ["--target=bun", "--minify", "--outfile=program.js"],
  "an executable of bytecode": ["--compile", "--bytecode", "--minify", "--outfile=program"],
};

for (const [what, flags] of Object.entries(BUILDS)) {
  bundlingTest(`MemoryMappedFile.scan() finds its Workers in ${what}`, () => {
    using directory = new TemporaryDirectory();
    const cwd = directory.path;
    const build = Bun.spawnSync([process.execPath, "build", PROGRAM, ...flags], { cwd });
    expect(build.exitCode).toBe(0);
    const made = join(cwd, flags.at(-1)?.replace("--outfile=", "") ?? "");
    const command = made.endsWith(".js") ? [process.execPath, made] : [made];
    const { stdout, stderr } = Bun.spawnSync(command, { cwd: "/" });
    expect(stderr.toString()).toBe("");
    expect(JSON.parse(stdout.toString())).toEqual(FOUND);
  });
}
