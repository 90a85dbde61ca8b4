/**
 * The pictures of a run.
 *
 * @module
 */
import type { BenchResults, CaseRecord } from "../results/bench-results.ts";
import { formatBytes, formatNanoseconds } from "./format-figure.ts";
import type { ReportPicture } from "./markdown-report.ts";
import { claimsChart } from "./svg/claims-chart.ts";
import { lineChart, type Series } from "./svg/line-chart.ts";

const PERCENTILES = [
  ["p50", "latency_ns_p50"],
  ["p90", "latency_ns_p90"],
  ["p99", "latency_ns_p99"],
  ["p99.9", "latency_ns_p999"],
  ["max", "latency_ns_max"],
] as const;

/** A picture and its content. */
export interface DrawnPicture extends ReportPicture {
  readonly svg: string;
}

/**
 * Draws all that there are figures for.
 *
 * @param results The run.
 */
export function drawPictures({ cases, claims }: BenchResults): DrawnPicture[] {
  const all = [
    ["claims.svg", "Claims against their targets", claimsChart(claims)],
    ["throughput.svg", "Throughput against record size, two processes", throughput(cases)],
    ["latency.svg", "Latency of a round trip on a fixed schedule", latency(cases)],
  ] as const;
  return all.flatMap(([file, title, svg]) => (svg === undefined ? [] : [{ file, title, svg }]));
}

/** Bytes in the unit of the axis. */
const MIB = 2 ** 20;

function throughput(cases: readonly CaseRecord[]): string | undefined {
  const measured = cases.filter(({ suite, median }) => suite === "transfer" && median !== null);
  const sizes = [...new Set(measured.map(({ record_bytes: bytes = 0 }) => bytes))];
  const carriers = Map.groupBy(measured, ({ title }) => title.slice(0, title.lastIndexOf(",")));
  const series = [...carriers].map(
    ([name, group]): Series => ({
      name,
      points: group.map(({ record_bytes: x = 0, median: y }) => ({ x, y: (y ?? 0) / MIB })),
    }),
  );
  return lineChart({
    title: "Throughput against record size, two processes",
    series,
    columns: sizes.sort((one, two) => one - two).map((x) => ({ x, label: formatBytes(x) })),
    // The marks are powers of ten.
    formatY: (value) => `${value} MiB/s`,
  });
}

function latency(cases: readonly CaseRecord[]): string | undefined {
  const series = cases.flatMap(({ title, latency: record }): Series[] =>
    record === undefined
      ? []
      : [{ name: title, points: PERCENTILES.map(([, field], x) => ({ x, y: record[field] })) }],
  );
  return lineChart({
    title: "Latency of a round trip on a fixed schedule",
    series,
    columns: PERCENTILES.map(([label], x) => ({ x, label })),
    formatY: formatNanoseconds,
  });
}
