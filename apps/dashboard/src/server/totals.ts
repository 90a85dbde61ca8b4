/**
 * All segments together.
 *
 * @module
 */
import { flowLatency } from "@isthmus/ipc";
import { mergeLatencies } from "@isthmus/ipc/internal";
import type { FlowFrame, SegmentFrame, TotalFrame } from "../wire/frame.ts";
import { latencyFrame, round } from "./figures.ts";
import type { RatedSample } from "./sampler.ts";

/** The rates of a flow that can be added up. */
type Rate = "records_per_second" | "consumed_per_second" | "bytes_per_second" | "drops_per_second";

/**
 * Adds up what can be added up, and takes the worst of the rest.
 *
 * @param rated The segments.
 * @param segments The same, described.
 */
export function totalOf(
  rated: readonly RatedSample[],
  segments: readonly SegmentFrame[],
): TotalFrame {
  const flows = segments.flatMap(({ flow }) => flow ?? []);
  const latencies = rated.flatMap(({ sample, rates }) => flowLatency(sample, rates)?.recent ?? []);
  const locks = rated.filter(({ sample, rates }) => sample.mutex && rates);
  const lock = (name: "acquisitionsPerSecond" | "contentionsPerSecond"): number | null =>
    locks.length === 0
      ? null
      : round(locks.reduce((sum, one) => sum + (one.rates?.[name] ?? 0), 0));
  return {
    records_per_second: sumOf(flows, "records_per_second"),
    consumed_per_second: sumOf(flows, "consumed_per_second"),
    bytes_per_second: sumOf(flows, "bytes_per_second"),
    drops_per_second: sumOf(flows, "drops_per_second"),
    drops: flows.reduce((sum, { drops }) => sum + drops, 0),
    lag: flows.reduce((sum, { lag }) => sum + lag, 0),
    fill: flows.length === 0 ? null : Math.max(...flows.map(({ fill }) => fill)),
    latency: latencyFrame(mergeLatencies(latencies)),
    acquisitions_per_second: lock("acquisitionsPerSecond"),
    contentions_per_second: lock("contentionsPerSecond"),
  };
}

/** Where something flows but there is nothing to compare it with, the rate is unknown and not 0. */
function sumOf(flows: readonly FlowFrame[], rate: Rate): number | null {
  const known = flows.flatMap((flow) => flow[rate] ?? []);
  if (known.length === 0 && flows.length > 0) return null;
  return round(known.reduce((sum, one) => sum + one, 0));
}
