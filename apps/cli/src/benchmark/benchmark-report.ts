/**
 * What the user reads after a benchmark.
 *
 * @module
 */
import {
  type BenchResults,
  type Comparison,
  claimFigures,
  crossingPoint,
  describeRun,
  formatBytes,
  formatFactor,
  formatFigure,
  formatRatio,
  formatTarget,
  reasonLines,
} from "@isthmus/bench";
import { COMMAND_NAME } from "../command-name.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { wrap } from "../output/wrap.ts";

const VERDICT_COLORS = {
  holds: "green",
  fails: "red",
  uncertain: "yellow",
  measured: "dim",
  skipped: "dim",
} as const;

const CHANGE_COLORS = { faster: "green", slower: "red", unclear: "dim" } as const;

/**
 * The claims table, or the cases where no claim was decided.
 *
 * @param results The run.
 * @param style The colours of the stream to which it goes.
 */
export function formatBenchmark(results: BenchResults, style: Style): string {
  const sections = [
    describeRun(results, COMMAND_NAME),
    results.claims.length === 0 ? casesTable(results, style) : claimsTable(results, style),
    smallFiles(results),
    problems(results, style),
  ];
  const text = sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
  return `${wrap(text, style.columns)}\n`;
}

/**
 * What became faster or slower.
 *
 * @param comparison Two runs side by side.
 * @param style The colours of the stream to which it goes.
 */
export function formatComparison(
  { changes, warnings, not_comparable: others }: Comparison,
  style: Style,
): string {
  const rows = changes.map((change) => [
    change.id,
    formatFigure(change.before, change.unit),
    formatFigure(change.after, change.unit),
    `${formatFactor(change.factor)} (${change.factor_low.toFixed(2)}–${change.factor_high.toFixed(2)})`,
    `${Math.round(change.certainty * 100)} %`,
    style[CHANGE_COLORS[change.verdict]](change.verdict),
  ]);
  const head = ["case", "before", "now", "times as fast", "sure", "verdict"];
  const lines = [
    ...formatTable(
      [head, ...rows],
      ["left", "right", "right", "right", "right", "left"],
      style.columns,
    ),
    ...warnings.map((warning) => style.yellow(warning)),
  ];
  if (others.length > 0) lines.push(style.dim(`Not comparable: ${others.join(", ")}`));
  return `${wrap(lines.join("\n"), style.columns)}\n`;
}

function claimsTable({ claims, cases }: BenchResults, style: Style): string[] {
  const byId = new Map(cases.map((each) => [each.id, each]));
  const rows = claims.map((claim) => {
    const { subject, baseline } = claimFigures(claim, cases);
    const labels = byId.get(claim.subject)?.labels ?? [];
    const marks = [labels.includes("cold") ? ", cold" : "", labels.includes("batched") ? " *" : ""];
    return [
      claim.title + marks.join(""),
      subject,
      baseline,
      formatRatio(claim.ratio),
      formatTarget(claim.target),
      style[VERDICT_COLORS[claim.verdict]](claim.verdict),
    ];
  });
  const head = ["first / second", "first", "second", "times better (95 %)", "claim", "verdict"];
  const table = formatTable(
    [head, ...rows],
    ["left", "right", "right", "right", "right", "left"],
    style.columns,
  );
  const reasons = reasonLines(claims.filter(({ verdict }) => verdict === "fails"));
  return [...table, style.dim("* many records share one publication"), ...reasons];
}

function casesTable({ cases }: BenchResults, style: Style): string[] {
  const rows = cases.map(({ id, title, unit, median, min, max }) => [
    id,
    title,
    formatFigure(median, unit),
    median === null ? "" : `${formatFigure(min, unit)} … ${formatFigure(max, unit)}`,
  ]);
  return formatTable(
    [["case", "", "median", "spread"], ...rows],
    ["left", "left", "right", "right"],
    style.columns,
  );
}

function smallFiles({ cases }: BenchResults): string[] {
  const point = crossingPoint(cases);
  if (point === undefined) return [];
  return [
    point.fromBytes === undefined
      ? "Mapping a file was not the faster way at any of the sizes up to the largest."
      : `Mapping a file is the faster way from ${formatBytes(point.fromBytes)} on; MemoryMappedFile.threshold is 1 MiB.`,
  ];
}

function problems({ warnings, cases, peers_skipped: peers }: BenchResults, style: Style): string[] {
  return [
    ...cases.flatMap(({ id, failed }) =>
      failed === undefined ? [] : [style.red(`${id} failed: ${failed.split("\n")[0]}`)],
    ),
    ...cases.flatMap(({ id, skipped }) =>
      skipped === undefined ? [] : [style.dim(`${id} skipped: ${skipped}`)],
    ),
    ...peers.map(({ peer, reason }) => style.dim(`${peer} skipped: ${reason}`)),
    ...warnings.map((warning) => style.yellow(warning)),
  ];
}
