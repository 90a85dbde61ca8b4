/**
 * Figures as they are sent.
 *
 * @module
 */
import type { HistogramSnapshot } from "@isthmus/ipc";
import type { LatencyFrame } from "../wire/frame.ts";

/** Thousandths are more than a rate can be known to. */
export function round(rate: number | undefined): number | null {
  return rate === undefined ? null : Math.round(rate * 1000) / 1000;
}

/**
 * The figures of a histogram.
 *
 * @returns `null` when nothing is in it.
 */
export function latencyFrame(histogram: HistogramSnapshot | undefined): LatencyFrame | null {
  if (!histogram?.count) return null;
  return {
    count: histogram.count,
    latency_ns_p50: histogram.percentile(50),
    latency_ns_p90: histogram.percentile(90),
    latency_ns_p99: histogram.percentile(99),
    latency_ns_max: histogram.maxNs,
  };
}
