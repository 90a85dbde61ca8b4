/**
 * The demonstration as a person reads it.
 *
 * @module
 */
import packageJson from "../../package.json" with { type: "json" };
import { COMMAND_NAME } from "../command-name.ts";
import { formatDuration } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { wrap } from "../output/wrap.ts";
import type { DemoConcept, StepResult } from "./step.ts";

const NEXT = [
  ["producer", "send a million records; and, in another terminal:"],
  ["consumer", "receive and check them"],
  ["dashboard", "watch what flows, in the browser; top does so here"],
  ["benchmark --quick", "how fast it is here, beside what one would use instead"],
  ["help", `all that there is; your own program: ${packageJson.homepage}`],
] as const;

const NEXT_AFTER_FAILURE = [
  ["doctor", "whether this machine is fit for it, and what to do if not"],
  ["demo --json", "the steps for a report, one line each"],
] as const;

/** The line before a concept's first step. */
export function formatConceptTitle({ number, title }: DemoConcept, style: Style): string {
  const space = number === 1 ? "" : "\n";
  return `${space}${style.bold(`${number}  ${title}`)}\n`;
}

/** One step: a mark, its name and time, and below it what was found. */
export function formatStepResult(result: StepResult, style: Style): string {
  const time = style.dim(formatDuration(result.elapsedMs));
  const detail = result.ok ? style.dim(result.detail) : style.red(result.detail);
  const title = wrap(`   ${markOf(result, style)} ${result.step}  ${time}`, style.columns, 2);
  return `${title}\n${wrap(`     ${detail}`, style.columns)}\n`;
}

/**
 * The table at the end.
 *
 * @param concepts The concepts, in order.
 * @param results The results of all their steps.
 * @param elapsedMs The time of the whole demonstration.
 * @param style The colours of stdout.
 * @returns The text, ending in a newline.
 */
export function formatSummary(
  concepts: readonly DemoConcept[],
  results: readonly StepResult[],
  elapsedMs: number,
  style: Style,
): string {
  const rows = concepts.map(({ number, title }) => {
    const own = results.filter(({ concept }) => concept === number);
    const timeMs = own.reduce((sum, result) => sum + result.elapsedMs, 0);
    return [`${number}  ${title}`, ...countCells(own, style), formatDuration(timeMs)];
  });
  const table = formatTable(
    [
      ["Concept", "steps", "ok", "skipped", "failed", "time"].map(style.bold),
      ...rows,
      ["Together", ...countCells(results, style), formatDuration(elapsedMs)],
    ],
    ["left", "right", "right", "right", "right", "right"],
    style.columns,
  );
  return `\n${table.join("\n")}\n`;
}

/**
 * What to do after the demonstration.
 *
 * @param isOk Whether every step succeeded.
 * @param style The colours of stdout.
 * @returns The text, ending in a newline.
 */
export function formatNextSteps(isOk: boolean, style: Style): string {
  const steps = isOk ? NEXT : NEXT_AFTER_FAILURE;
  const rows = steps.map(([args, what]) => [style.cyan(`→ ${COMMAND_NAME} ${args}`), what]);
  return `${formatTable(rows, [], style.columns).join("\n")}\n`;
}

function countCells(results: readonly StepResult[], style: Style): string[] {
  const failed = results.filter(({ ok }) => !ok).length;
  const skipped = results.filter(({ isSkipped }) => isSkipped).length;
  return [
    String(results.length),
    String(results.length - failed - skipped),
    skipped === 0 ? "0" : style.yellow(String(skipped)),
    failed === 0 ? "0" : style.red(String(failed)),
  ];
}

function markOf({ ok, isSkipped }: StepResult, style: Style): string {
  if (!ok) return style.red("✘");
  return isSkipped ? style.yellow("–") : style.green("✔");
}
