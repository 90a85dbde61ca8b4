/**
 * All segments together.
 *
 * @module
 */
import type { HistogramSnapshot, LaneRates } from "@isthmus/ipc";
import type { TotalFrame } from "../wire/frame.ts";
import type { RatedSample } from "./sampler.ts";
import { latencyFrame, round } from "./segments.ts";

/** Adds up what can be added up, and takes the worst of the rest. */
export function totalOf(rated: readonly RatedSample[]): TotalFrame {
  const channels = rated.flatMap(({ sample }) => sample.channel ?? []);
  const flows = rated.flatMap(({ rates }) => rates?.channel ?? []);
  const locks = rated.filter(({ sample, rates }) => sample.mutex && rates);
  // Where there are channels but nothing to compare with, the rate is unknown and not 0.
  const isUnknown = channels.length > 0 && flows.length === 0;
  const flow = (name: keyof LaneRates): number | null =>
    isUnknown ? null : round(flows.reduce((sum, rates) => sum + rates[name], 0));
  const lock = (name: "acquisitionsPerSecond" | "contentionsPerSecond"): number | null =>
    locks.length === 0
      ? null
      : round(locks.reduce((sum, one) => sum + (one.rates?.[name] ?? 0), 0));
  return {
    records_per_second: flow("recordsPerSecond"),
    consumed_per_second: flow("consumedPerSecond"),
    bytes_per_second: flow("bytesPerSecond"),
    drops_per_second: flow("dropsPerSecond"),
    drops: channels.reduce((sum, { drops }) => sum + drops, 0),
    lag: channels.reduce((sum, { lag }) => sum + lag, 0),
    fill: channels.length === 0 ? null : Math.max(...channels.map(({ fill }) => fill)),
    latency: latencyFrame(mergeAll(flows.flatMap(({ latency }) => latency ?? []))),
    acquisitions_per_second: lock("acquisitionsPerSecond"),
    contentions_per_second: lock("contentionsPerSecond"),
  };
}

function mergeAll(histograms: readonly HistogramSnapshot[]): HistogramSnapshot | undefined {
  const full = histograms.filter(({ count }) => count > 0);
  return full.reduce<HistogramSnapshot | undefined>(
    (merged, each) => merged?.merge(each) ?? each,
    undefined,
  );
}
