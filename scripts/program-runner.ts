/**
 * Runs the programs of documents, one after the other, in this process: `bun program-runner.ts REPORT DIRECTORY…`.
 *
 * @module
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import { PATIENCE_MS, within } from "../packages/testing/src/patience.ts";
import { MAIN, type ProgramRun } from "./programs.ts";

const [report = "", ...directories] = process.argv.slice(2);
const runs: ProgramRun[] = [];
const print = console.log;
for (const directory of directories) {
  const printed: string[] = [];
  console.log = (...values: unknown[]) => {
    printed.push(format(...values).replaceAll("'", '"'));
  };
  // What is known of it when this process is killed.
  save({ directory, printed, error: "It was not done when all were to be", left: [] });
  const found = names();
  process.chdir(directory);
  const error = await errorOf(import(join(directory, MAIN)));
  runs.push({ directory, printed, error, left: names().filter((name) => !found.includes(name)) });
}
console.log = print;
save();

/** Writes what has become of the programs so far, and of one that runs. */
function save(...running: readonly ProgramRun[]): void {
  writeFileSync(report, JSON.stringify([...runs, ...running]));
}

/** Why a promise gives nothing, or not in time. */
async function errorOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await within(promise, () => `Not done within ${PATIENCE_MS} ms`);
    return undefined;
  } catch (error) {
    return Bun.inspect(error);
  }
}

/** What lives in shared memory; the pipes of processes go with them. */
function names(): string[] {
  const directory = process.env["ISTHMUS_DIR"] ?? "";
  return existsSync(directory)
    ? readdirSync(directory).filter((name) => !name.startsWith("."))
    : [];
}

// Servers and listeners that a program leaves behind end here, as they would with their program.
process.exit(0);
