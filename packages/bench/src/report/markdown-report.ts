/**
 * A run as a Markdown document.
 *
 * @module
 */
import type { BenchResults, CaseRecord, ClaimRecord } from "../results/bench-results.ts";
import { claimFigures } from "./claim-figures.ts";
import { crossingPoint } from "./crossing-point.ts";
import {
  formatBytes,
  formatFigure,
  formatNanoseconds,
  formatRatio,
  formatTarget,
} from "./format-figure.ts";
import { describeRun } from "./run-description.ts";

/** A picture that lies beside the report. */
export interface ReportPicture {
  readonly file: string;
  readonly title: string;
}

const HOW = [
  "A ratio is how many times better the first of the two is. It is the median of the ratios of the rounds;",
  "the interval in parentheses comes from 2000 bootstrap resamples of the rounds (95 %). A claim **holds** when all",
  "of the interval reaches the target, **fails** when none of it does, and is **uncertain** otherwise. Rows without a",
  "target claim nothing. `warm` and `cold` tell whether the file was in the page cache, `batched` that many records",
  "share a publication or a system call. Everything that is read is added up and compared inside the timed part.",
];

/**
 * Writes a report.
 *
 * @param results The run.
 * @param pictures What lies beside it.
 * @returns Markdown.
 */
export function markdownReport(
  results: BenchResults,
  pictures: readonly ReportPicture[] = [],
): string {
  return [
    "# Benchmark of Isthmus",
    "",
    ...describeRun(results).map((line) => `- ${line}`),
    "",
    ...warnings(results),
    "## Claims",
    "",
    ...claimsTable(results),
    "",
    ...HOW,
    "",
    ...reasonLines(results.claims),
    ...pictures.flatMap(({ file, title }) => [`![${title}](${file})`, ""]),
    ...crossing(results.cases),
    ...latencies(results.cases),
    ...suites(results.cases),
    ...notMeasured(results),
  ].join("\n");
}

/**
 * The claims as a Markdown table.
 *
 * @param results The run.
 * @param hasFigures Whether it has those of both sides, too.
 * @returns One line each.
 */
export function claimsTable({ claims, cases }: BenchResults, hasFigures = true): string[] {
  const byId = new Map(cases.map((each) => [each.id, each]));
  const rows = claims.map((claim) => {
    const { subject, baseline } = claimFigures(claim, cases);
    return [
      claim.title + labelsOf(claim, byId),
      ...(hasFigures ? [subject, baseline] : []),
      formatRatio(claim.ratio),
      formatTarget(claim.target),
      claim.verdict === "fails" ? "**fails**" : claim.verdict,
    ];
  });
  const figures = hasFigures ? ["first", "second"] : [];
  return table(["first / second", ...figures, "ratio", "target", "verdict"], rows);
}

/** Labels of either side that the title does not tell. */
function labelsOf({ subject }: ClaimRecord, byId: ReadonlyMap<string, CaseRecord>): string {
  const labels = byId.get(subject)?.labels ?? [];
  return labels.length === 0 ? "" : ` (${labels.join(", ")})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function warnings({ warnings: list }: BenchResults): string[] {
  if (list.length === 0) return [];
  return ["**Before you believe it:**", "", ...list.map((warning) => `- ${warning}`), ""];
}

/**
 * Why rows do not simply hold.
 *
 * @param claims The rows.
 * @returns One line each, after one that introduces them; none where there is nothing to explain.
 */
export function reasonLines(claims: readonly ClaimRecord[]): string[] {
  const told = claims.filter(({ reason, verdict }) => reason !== undefined && verdict !== "holds");
  if (told.length === 0) return [];
  // Many rows share a reason: said once, it is read.
  const lines = [...Map.groupBy(told, ({ reason }) => reason)].map(([reason, rows]) => {
    const which = rows.map(({ title, verdict }) => `${title} (${verdict})`).join("; ");
    return `- ${which}: ${oneLine(reason)}`;
  });
  return ["Why, where a row does not simply hold:", "", ...lines, ""];
}

function crossing(cases: readonly CaseRecord[]): string[] {
  const point = crossingPoint(cases);
  if (point === undefined) return [];
  const rows = point.rows.map(({ bytes, mappingNs, readingNs }) => [
    formatBytes(bytes),
    formatNanoseconds(mappingNs),
    formatNanoseconds(readingNs),
    mappingNs <= readingNs ? "mapping" : "reading",
  ]);
  const found =
    point.fromBytes === undefined
      ? "Mapping was not the faster way at the largest of these sizes."
      : `Mapping is the faster way from ${formatBytes(point.fromBytes)} on; \`MemoryMappedFile.threshold\` is 1 MiB.`;
  return [
    "## Small files",
    "",
    ...table(["size", "mapping", "best ordinary way", "faster"], rows),
    "",
    found,
    "",
  ];
}

function latencies(cases: readonly CaseRecord[]): string[] {
  const rows = cases.flatMap(({ title, latency }) =>
    latency === undefined
      ? []
      : [
          [
            title,
            formatNanoseconds(latency.latency_ns_p50),
            formatNanoseconds(latency.latency_ns_p90),
            formatNanoseconds(latency.latency_ns_p99),
            formatNanoseconds(latency.latency_ns_p999),
            formatNanoseconds(latency.latency_ns_max),
            String(latency.count),
          ],
        ],
  );
  if (rows.length === 0) return [];
  return [
    "## Latencies",
    "",
    "Questions go out on a fixed schedule, and each latency counts from the moment at which its question was due:",
    "what waits behind a slow answer is counted, too (no coordinated omission).",
    "",
    ...table(["round trip", "p50", "p90", "p99", "p99.9", "max", "count"], rows),
    "",
  ];
}

function suites(cases: readonly CaseRecord[]): string[] {
  return [...Map.groupBy(cases, ({ suite }) => suite)].flatMap(([suite, group]) => [
    `## Suite \`${suite}\``,
    "",
    ...table(
      ["case", "role", "median", "lowest", "highest", "labels"],
      group.map(({ title, role, unit, median, min, max, labels, skipped, failed }) => [
        title,
        role,
        failed ? "failed" : skipped ? "skipped" : formatFigure(median, unit),
        formatFigure(min, unit),
        formatFigure(max, unit),
        labels.join(", "),
      ]),
    ),
    "",
  ]);
}

function notMeasured({ peers_skipped: peers, cases }: BenchResults): string[] {
  const lines = [
    ...peers.map(({ peer, reason }) => `- ${peer}: ${oneLine(reason)}`),
    ...cases.flatMap(({ id, skipped, failed }) =>
      failed
        ? [`- ${id} failed: ${oneLine(failed)}`]
        : skipped
          ? [`- ${id}: ${oneLine(skipped)}`]
          : [],
    ),
  ];
  return lines.length === 0 ? [] : ["## Not measured", "", ...lines, ""];
}

function oneLine(text = ""): string {
  return text.replace(/\s+/g, " ").trim();
}
