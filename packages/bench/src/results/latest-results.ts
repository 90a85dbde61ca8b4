/**
 * The newest results in a folder.
 *
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BenchResults } from "./bench-results.ts";
import { BadResultsError, readResults } from "./read-results.ts";

/** The folder into which `isthmus benchmark` writes, in its working directory. */
export const RESULTS_DIRECTORY = "bench-results";

/** The name of the file of figures in a folder of results. */
export const RESULTS_FILE = "results.json";

/**
 * Finds the newest results: `results.json` in a folder or in a folder directly below it.
 *
 * @param directory The folder; it need not exist.
 * @returns What the newest readable file holds; `undefined` when there is none.
 */
export function latestResults(directory: string): BenchResults | undefined {
  const paths = [join(directory, RESULTS_FILE)];
  for (const entry of entriesOf(directory)) paths.push(join(directory, entry, RESULTS_FILE));
  const found = paths
    .map((path) => ({ path, modifiedMs: modifiedMsOf(path) }))
    .filter(({ modifiedMs }) => modifiedMs > 0)
    .sort((one, two) => two.modifiedMs - one.modifiedMs);
  for (const { path } of found) {
    try {
      return readResults(path);
    } catch (error) {
      // Half-written, of another version, or gone since: an older one may do.
      if (!(error instanceof BadResultsError) && !isMissing(error)) throw error;
    }
  }
  return undefined;
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function modifiedMsOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}
