/** Maps on other runtimes than Bun: `bun run test:runtimes` runs this. */
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { RUNTIMES, THIS_BUN } from "@isthmus/testing/neighbours";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { runProgram } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";

const FIXTURES = join(import.meta.dir, "fixtures");
const TOUR = join(FIXTURES, "tour.ts");
const TRAPS = join(FIXTURES, "engine-traps.ts");
const COPIES = join(FIXTURES, "copies.ts");

/** Runs a script in a directory of names of its own; returns the lines of JSON that it prints. */
async function linesBy(command: readonly string[], ...script: string[]): Promise<unknown[]> {
  using home = new Home();
  const env = { ISTHMUS_DIR: home.path };
  const { stdout, stderr, exitCode } = await runProgram([...command, ...script], { env });
  if (exitCode !== 0) throw new Error(stderr);
  expect(home.files()).toEqual([]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** What a runtime says at each step. */
async function tour(command: readonly string[]): Promise<unknown[]> {
  using directory = new TemporaryDirectory();
  const files = join(directory.path, "files");
  mkdirSync(files);
  return await linesBy(command, TOUR, files);
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

describe("what runtimes do each in its own way is the same for the library", () => {
  const wanted = {
    "parameters arrive": constants.errno.EBADF,
    "a failed call leaves its error number": [-1, constants.errno.EBADF],
    "an address that does not fit a number": [String(2n ** 64n - 1n), constants.errno.EINVAL],
    "text ends where it ends": "/memfd:Grüße (deleted)",
    "addresses in turn": [2, 1],
    "two buffers over one page are the page": [7, 7, 7, 4096, 0, 0],
    "a sleep lasts": true,
    "this is the main thread": true,
  };
  for (const { name, command = [], requirement } of [THIS_BUN, ...RUNTIMES]) {
    testIf(isLinux && command.length > 0, requirement || "Linux")(`on ${name}`, async () => {
      expect(await linesBy(command, TRAPS)).toEqual([wanted]);
    });
  }
});

describe("a runtime that copies memory is refused at once", () => {
  for (const { name, command = [], requirement } of RUNTIMES) {
    testIf(command.length > 0, requirement)(`as ${name} would be`, async () => {
      const [error] = await linesBy(command, COPIES);
      expect(error).toMatchObject({ className: "NotSupportedError", code: "ERR_NOT_SUPPORTED" });
      expect((error as Error).message).toContain("it copies memory that is to be shared");
    });
  }
});
