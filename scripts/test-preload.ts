/**
 * Runs before the tests of a plain `bun test`: installs what is missing, and gives every test time.
 *
 * By then Bun has looked around the folders and remembers that there were no packages, so that a run which had to
 * install begins anew.
 *
 * @module
 */
import { setDefaultTimeout } from "bun:test";
import { readFileSync } from "node:fs";
import { hasInstalled } from "./install.ts";

/** Nothing depends on how fast a machine is: a test that has not ended by then hangs. */
const TIMEOUT_MS = 60_000;

setDefaultTimeout(TIMEOUT_MS);

/** The arguments of this run: `bun test` does not pass them on to the tests. */
function runArguments(): string[] {
  if (process.platform !== "linux") return ["test"];
  return readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1);
}

if (hasInstalled) {
  const { exitCode } = Bun.spawnSync([process.execPath, ...runArguments()], {
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  process.exit(exitCode);
}
