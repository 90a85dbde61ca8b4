/**
 * The demonstration as a person reads it.
 *
 * @module
 */
import { formatDuration } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import type { DemoConcept, StepResult } from "./step.ts";

/** The line before a concept's first step. */
export function formatConceptTitle({ number, title }: DemoConcept, style: Style): string {
  const space = number === 1 ? "" : "\n";
  return `${space}${style.bold(`${number}  ${title}`)}\n`;
}

/** One step: a mark, its name and time, and below it what was found. */
export function formatStepResult(result: StepResult, style: Style): string {
  const time = style.dim(formatDuration(result.elapsedMs));
  const detail = result.ok ? style.dim(result.detail) : style.red(result.detail);
  return `   ${markOf(result, style)} ${result.step}  ${time}\n     ${detail}\n`;
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
  );
  return `\n${table.join("\n")}\n`;
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
