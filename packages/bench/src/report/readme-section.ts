/**
 * The section about speed of the README, which has the table, and of `docs/how-fast.md`, which also says why.
 *
 * @module
 */
import type { BenchResults, ClaimRecord } from "../results/bench-results.ts";
import { formatRatio } from "./format-figure.ts";
import { claimsTable, reasonLines } from "./markdown-report.ts";
import { describeRun } from "./run-description.ts";

/** The section lies between these two lines. */
export const BEGIN = "<!-- benchmark:begin (written by: bun run bench:readme) -->";
export const END = "<!-- benchmark:end -->";

/** Groups of rows that compare with what one would use instead, and not with what a part of it costs. */
const ALTERNATIVES = new Set([
  "scan",
  "mapping",
  "pipes",
  "messages",
  "latency",
  "state",
  "cache",
  "journal",
]);

const SLOWER = "Where it is slower than what one could use instead:";
const BATCHED =
  "> Whoever batches beats a system call for each record: rows marked so publish many records together.";
const ELSEWHERE =
  "The figures of both sides, why rows fail or are uncertain, and what this run warns of: [how fast](docs/how-fast.md).";

/**
 * Puts a run into a document.
 *
 * @param document The document.
 * @param results The run.
 * @param detail Whether it says why rows do not hold, and what the run warns of, or leads to where that is said.
 * @returns The document with what was between the two lines replaced.
 * @throws {Error} when it does not have exactly one such place.
 */
export function withBenchmarkSection(
  document: string,
  results: BenchResults,
  detail: "table" | "whole" = "whole",
): string {
  const [before, rest, ...more] = document.split(BEGIN);
  const [, after, ...others] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || others.length > 0) {
    throw new Error(`The document must have one line "${BEGIN}" and after it one line "${END}"`);
  }
  const isWhole = detail === "whole";
  const [shown, hidden] = told(results, isWhole);
  const section = [
    ...(isWhole ? describeRun(results) : [briefly(results)]).map((line) => `- ${line}`),
    "",
    ...claimsTable({ ...results, claims: shown }, isWhole),
    "",
    ...slowerLines(hidden),
    ...(isWhole
      ? [...reasonLines(shown), ...results.warnings.map((warning) => `> ${warning}\n>`), BATCHED]
      : [ELSEWHERE]),
  ].join("\n");
  return `${before}${BEGIN}\n\n${section}\n\n${END}${after}`;
}

/** The rows of the table, and all others. What files contain has many rows, of which the short table has none. */
function told({ claims }: BenchResults, isWhole: boolean): [ClaimRecord[], ClaimRecord[]] {
  const { shown = [], hidden = [] } = Object.groupBy(claims, ({ target, group, verdict }) => {
    const isClaim = target !== undefined ? isWhole || group !== "scan" : group === "large";
    return isClaim && verdict !== "skipped" ? "shown" : "hidden";
  });
  return [shown, hidden];
}

/** The rows in which the alternative has won. */
function slowerLines(claims: readonly ClaimRecord[]): string[] {
  const slower = claims.filter(
    ({ group, ratio }) => ALTERNATIVES.has(group) && ratio !== null && ratio.high < 1,
  );
  if (slower.length === 0) return [];
  return [SLOWER, "", ...slower.map(({ title, ratio }) => `- ${title}: ${formatRatio(ratio)}`), ""];
}

/** On what machine, and when; how to repeat it is said where the figures are. */
function briefly({ machine, parameters, started_at }: BenchResults): string {
  const { cpu, cpu_count: cpus, bun } = machine;
  const day = started_at.slice(0, 10);
  return `${cpu}, ${cpus} CPUs, Bun ${bun}, ${day}, ${parameters.rounds} interleaved rounds`;
}
