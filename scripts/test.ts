/**
 * `bun run test`: all tests, some files in each process. With arguments it is `bun test` with those.
 *
 * @module
 */
import { TEST_MS } from "../packages/testing/src/patience.ts";
import { allTestFiles, runTestFiles, testFiles } from "./test-files.ts";
import "./install.ts";

/** Enough for the start of a process not to count, and few enough to see which one hangs. */
const FILES_PER_PROCESS = 12;

/** Those that take longest come first, so that at the end no process runs alone for long. */
const LONGEST: readonly string[] = ["packages/ipc/", "packages/chaos/", "packages/bench/", "apps/"];

/** All test files: those of packages and applications, of examples and of these scripts. */
export function gateFiles(): string[] {
  const files = [...allTestFiles(), ...allTestFiles("{examples,scripts}/**/*.test.ts")];
  const first = testFiles(...LONGEST);
  return [...first, ...files.filter((file) => !first.includes(file))];
}

/** `bun test` itself. */
async function runBunTest(args: readonly string[]): Promise<number> {
  // An interrupt goes to the whole group: the tests end by it, and this one with them.
  process.on("SIGINT", () => {});
  return await Bun.spawn([process.execPath, "test", ...args, `--timeout=${TEST_MS}`], {
    stdio: ["ignore", "inherit", "inherit"],
  }).exited;
}

if (import.meta.main) {
  const given = process.argv.slice(2);
  if (given.length > 0) process.exitCode = await runBunTest(given);
  else {
    const program = [process.execPath];
    await runTestFiles([{ program, files: gateFiles(), filesPerProcess: FILES_PER_PROCESS }]);
  }
}
