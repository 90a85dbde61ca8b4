/**
 * `bun run test`: all tests, in two runs of `bun test` beside each other, for they wait more than they work. With
 * arguments it is `bun test` with those.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "./install.ts";

/** Half of the time of all tests goes to these. */
const HALF = ["packages/ipc/", "packages/store/", "packages/chaos/", "packages/bench/"];

/** Nothing depends on how fast a machine is: a test that has not ended by then hangs. */
const TIMEOUT_MS = 60_000;

/** One that never gets back to its event loop does not even see that: then the run is ended, and what it said shows where. */
const RUN_MINUTES_MAX = 45;

// An interrupt goes to the whole group: the runs end by it, and this one with them.
process.on("SIGINT", () => {});

/** Runs `bun test`. */
async function run(args: readonly string[], output: "inherit" | Bun.BunFile): Promise<number> {
  const tests = Bun.spawn([process.execPath, "test", ...args, `--timeout=${TIMEOUT_MS}`], {
    stdin: "ignore",
    stdout: output,
    stderr: output,
    timeout: RUN_MINUTES_MAX * 60_000,
    killSignal: "SIGKILL",
  });
  const code = await tests.exited;
  if (tests.signalCode !== "SIGKILL") return code;
  const what = `The tests of "${args.join(" ")}" were killed`;
  process.stderr.write(
    `${what}: the file named last hung for ${RUN_MINUTES_MAX} minutes, or somebody else did it.\n`,
  );
  return 1;
}

/** Runs all tests; what the second half says follows when the first one has ended. */
async function runAll(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "isthmus-test-"));
  try {
    const output = join(folder, "output");
    writeFileSync(output, "");
    const others = HALF.map((folder) => `--path-ignore-patterns=${folder}**`);
    const second = run(others, Bun.file(output));
    const codes = [await run(HALF, "inherit"), await second];
    process.stdout.write(readFileSync(output));
    return Math.max(...codes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const given = process.argv.slice(2);
process.exitCode = given.length > 0 ? await run(given, "inherit") : await runAll();
