/**
 * What passes through a segment, whatever its kind: records of a channel or a topic, requests of a service.
 *
 * @module
 */
import type { SegmentRates, SegmentSample } from "@isthmus/ipc";
import type { FlowFrame, LaneFrame } from "../wire/frame.ts";
import { round } from "./figures.ts";
import type { Told } from "./segment-figures.ts";

/** What the frame of a flow has that is no figure which all kinds have. */
type Shape = Pick<
  FlowFrame,
  "mode" | "capacity_bytes" | "record_bytes" | "consumed_at_ms" | "lanes"
>;

/** What readers of kinds that have no ends of their own here may say of themselves. */
interface Details {
  readonly mode?: string;
  readonly capacityBytes?: number;
  readonly recordBytes?: number;
}

/** Describes the traffic of a segment; `null` for kinds through which nothing passes. */
export function flowFrame(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
  { columns: flow, latency }: Pick<Told, "columns" | "latency">,
): FlowFrame | null {
  if (flow === undefined) return null;
  const shape = shapeOf(sample, rates);
  return {
    mode: shape.mode,
    capacity_bytes: shape.capacity_bytes,
    record_bytes: shape.record_bytes,
    records: flow.records.value,
    bytes: flow.bytes.value,
    consumed: flow.consumed.value,
    records_per_second: round(flow.records.perSecond),
    bytes_per_second: round(flow.bytes.perSecond),
    consumed_per_second: round(flow.consumed.perSecond),
    lag: flow.lag.value,
    fill: flow.fill.value,
    drops: flow.drops.value,
    drops_per_second: round(flow.drops.perSecond),
    full_waits: flow.fullWaits.value,
    full_waits_per_second: round(flow.fullWaits.perSecond),
    empty_waits: flow.emptyWaits.value,
    corruptions: flow.corruptions.value,
    consumed_at_ms: shape.consumed_at_ms,
    has_latency: latency !== undefined,
    latency: latency ?? null,
    lanes: shape.lanes,
  };
}

function shapeOf(sample: SegmentSample, rates: SegmentRates | undefined): Shape {
  const { channel, topic, service } = sample;
  if (channel) {
    return {
      mode: channel.mode,
      capacity_bytes: channel.capacityBytes,
      record_bytes: channel.recordBytes,
      consumed_at_ms: channel.consumer.lastActivityMs,
      lanes: channel.lanes.map(({ lane, producer, lag, fill }) =>
        laneFrame(lane, producer, { lag, fill }, rateOf(rates?.channel?.lanes, lane)),
      ),
    };
  }
  if (topic) {
    const { subscribers } = topic;
    const lagIn = (lane: number): number =>
      subscribers
        .flatMap(({ places }) => places.filter((place) => place.lane === lane))
        .reduce((most, { lag }) => Math.max(most, lag), 0);
    return {
      mode: topic.mode,
      capacity_bytes: topic.capacityBytes,
      record_bytes: topic.recordBytes,
      consumed_at_ms: Math.max(0, ...subscribers.map(({ lastActivityMs }) => lastActivityMs)),
      lanes: topic.publishers.map(({ lane, publisher, fill }) => {
        const perSecond = rateOf(rates?.topic?.publishers, lane);
        return laneFrame(lane, publisher, { lag: lagIn(lane), fill }, perSecond);
      }),
    };
  }
  if (service) {
    return {
      mode: service.requestMode,
      capacity_bytes: service.requestCapacityBytes,
      record_bytes: 0,
      consumed_at_ms: service.responder.lastActivityMs,
      lanes: service.requesters.map(({ lane, requester, queued, fill }) => {
        const flow = rates?.service?.requesters.find((one) => one.lane === lane);
        return laneFrame(lane, requester, { lag: queued, fill }, flow?.requestsPerSecond);
      }),
    };
  }
  const details = (sample as unknown as Readonly<Record<string, Details | undefined>>)[sample.kind];
  return {
    mode: details?.mode ?? "",
    capacity_bytes: details?.capacityBytes ?? 0,
    record_bytes: details?.recordBytes ?? 0,
    consumed_at_ms: 0,
    lanes: [],
  };
}

function laneFrame(
  lane: number,
  sender: { readonly pid: number } | undefined,
  { lag, fill }: Pick<LaneFrame, "lag" | "fill">,
  perSecond: number | undefined,
): LaneFrame {
  return { lane, pid: sender?.pid ?? null, records_per_second: round(perSecond), lag, fill };
}

function rateOf(
  lanes: readonly { readonly lane: number; readonly recordsPerSecond: number }[] | undefined,
  lane: number,
): number | undefined {
  return lanes?.find((one) => one.lane === lane)?.recordsPerSecond;
}
