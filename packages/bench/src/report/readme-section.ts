/**
 * The README's section about speed, from a results file.
 *
 * @module
 */
import type { BenchResults } from "../results/bench-results.ts";
import { claimsTable, reasonLines } from "./markdown-report.ts";
import { describeRun } from "./run-description.ts";

/** The section lies between these two lines. */
export const BEGIN = "<!-- benchmark:begin (written by: bun run bench:readme) -->";
export const END = "<!-- benchmark:end -->";

/**
 * Puts a run into a document.
 *
 * @param document The README.
 * @param results The run.
 * @returns The document with what was between the two lines replaced.
 * @throws {Error} when it does not have exactly one such place.
 */
export function withBenchmarkSection(document: string, results: BenchResults): string {
  const [before, rest, ...more] = document.split(BEGIN);
  const [, after, ...others] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || others.length > 0) {
    throw new Error(`The document must have one line "${BEGIN}" and after it one line "${END}"`);
  }
  const claims = results.claims.filter(
    ({ target, group, verdict }) =>
      (target !== undefined || group === "large") && verdict !== "skipped",
  );
  const section = [
    ...describeRun(results).map((line) => `- ${line}`),
    "",
    ...claimsTable({ ...results, claims }),
    "",
    ...reasonLines(claims),
    ...results.warnings.map((warning) => `> ${warning}\n>`),
    "> Whoever batches beats a system call for each record: rows marked so publish many records together.",
  ].join("\n");
  return `${before}${BEGIN}\n\n${section}\n\n${END}${after}`;
}
