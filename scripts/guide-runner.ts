/**
 * Runs the programs of the guides, one after the other, in this process: `bun guide-runner.ts REPORT DIRECTORY…`.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import { MAIN } from "./guides.ts";

/** What became of a program. */
export interface GuideRun {
  readonly directory: string;
  /** Its lines on standard output, with the quotes that Bun prints. */
  readonly printed: readonly string[];
  readonly error?: string | undefined;
}

/** A page that waits longer waits for ever. */
const PAGE_MS = 20_000;

const [report = "", ...directories] = process.argv.slice(2);
const runs: GuideRun[] = [];
const print = console.log;
for (const directory of directories) {
  const printed: string[] = [];
  console.log = (...values: unknown[]) => {
    printed.push(format(...values).replaceAll("'", '"'));
  };
  process.chdir(directory);
  try {
    await inTime(import(join(directory, MAIN)));
    runs.push({ directory, printed });
  } catch (error) {
    runs.push({ directory, printed, error: Bun.inspect(error) });
  }
}
console.log = print;
writeFileSync(report, JSON.stringify(runs));

/** What a promise gives, unless it takes too long. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = Bun.sleep(PAGE_MS).then(() => {
    throw new Error(`Not done within ${PAGE_MS} ms`);
  });
  return Promise.race([promise, late]);
}

// Servers and listeners that a page leaves behind end here, as they would with their program.
process.exit(0);
