/**
 * The folder of results.
 *
 * @module
 */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchResults } from "../results/bench-results.ts";
import { RESULTS_FILE } from "../results/latest-results.ts";
import { markdownReport } from "./markdown-report.ts";
import { drawPictures } from "./pictures.ts";

/**
 * Writes figures, report and pictures; what was in the folder under the same names is replaced.
 *
 * @param directory The folder; it is made when it is missing.
 * @param results The run.
 * @returns The names of the files.
 * @throws {Error} with Node's code when it cannot be written.
 */
export function writeResults(directory: string, results: BenchResults): string[] {
  const pictures = drawPictures(results);
  const files = [
    [RESULTS_FILE, `${JSON.stringify(results, null, 2)}\n`],
    ["report.md", markdownReport(results, pictures)],
    ...pictures.map(({ file, svg }) => [file, svg] as const),
  ] as const;
  mkdirSync(directory, { recursive: true });
  for (const [name, content] of files) {
    // Renamed into place: whoever serves the newest results never reads half of them.
    const temporary = join(directory, `.${name}.${process.pid}`);
    writeFileSync(temporary, content);
    renameSync(temporary, join(directory, name));
  }
  return files.map(([name]) => name);
}
