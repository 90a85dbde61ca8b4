/**
 * Runs before the tests of a plain `bun test`: installs what is missing, and gives every test time. Before all tests: tells them
 * what to start other processes by, `ISTHMUS_TEST_PROGRAM`, where the kernel cannot start this Bun's own program.
 *
 * What is set here, for example by `setDefaultTimeout`, lasts for the first file only; and after an installation Bun still
 * remembers that there were no packages. In both cases the run begins anew, with what it needs.
 *
 * @module
 */
import { setDefaultTimeout } from "bun:test";
import { readFileSync } from "node:fs";
import { TEST_MS } from "../packages/testing/src/patience.ts";
import { hasInstalled } from "./install.ts";

process.execPath = process.env["ISTHMUS_TEST_PROGRAM"] ?? process.execPath;

/** The arguments of this run, which Bun does not pass on to the tests; undefined where the system does not tell. */
function runArguments(): string[] | undefined {
  if (process.platform !== "linux") return undefined;
  return readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1);
}

const given = runArguments();
// Where nobody can tell, at least the first file has it; a `--timeout` that was given must not be overruled.
if (given === undefined) setDefaultTimeout(TEST_MS);
const isTimed = given?.some((argument) => argument.startsWith("--timeout")) ?? true;
if (hasInstalled || !isTimed) {
  const timeout = isTimed ? [] : [`--timeout=${TEST_MS}`];
  const { exitCode, signalCode } = Bun.spawnSync(
    [process.execPath, ...(given ?? ["test"]), ...timeout],
    { stdin: "inherit", stdout: "inherit", stderr: "inherit" },
  );
  if (signalCode !== undefined) process.kill(process.pid, signalCode as NodeJS.Signals);
  process.exit(exitCode);
}
