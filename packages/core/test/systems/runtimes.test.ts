/** Maps on other runtimes than Bun: `bun run test:runtimes` runs this. */
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { RUNTIMES } from "@isthmus/testing/neighbours";
import { testIf } from "@isthmus/testing/requirement";
import { runProgram } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";

const TOUR = join(import.meta.dir, "fixtures", "tour.ts");

/** What a runtime says at each step. */
async function tour(command: readonly string[]): Promise<unknown[]> {
  using home = new Home();
  using directory = new TemporaryDirectory();
  const files = join(directory.path, "files");
  mkdirSync(files);
  const env = { ISTHMUS_DIR: home.path };
  const { stdout, stderr, exitCode } = await runProgram([...command, TOUR, files], { env });
  if (exitCode !== 0) throw new Error(stderr);
  expect(home.files()).toEqual([]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("the tour on Bun is what it should be", async () => {
  const steps = Object.fromEntries((await tour([process.execPath])) as [string, unknown][]);
  expect(steps).toMatchSnapshot();
});

describe("a tour of everything that maps do gives the same as on Bun", () => {
  for (const { name, command = [], requirement } of RUNTIMES) {
    testIf(command.length > 0, requirement)(`on ${name}`, async () => {
      expect(await tour(command)).toEqual(await tour([process.execPath]));
    });
  }
});
