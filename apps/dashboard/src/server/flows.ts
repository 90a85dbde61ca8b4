/**
 * What passes through a segment, whatever its kind: records of a channel or a topic, requests of a service.
 *
 * @module
 */
import type {
  ChannelInfo,
  ChannelRates,
  SegmentRates,
  SegmentSample,
  ServiceInfo,
  ServiceRates,
  TopicInfo,
  TopicRates,
} from "@isthmus/ipc";
import type { FlowFrame } from "../wire/frame.ts";
import { latencyFrame, round } from "./figures.ts";

/** Describes the traffic of a segment; `null` for kinds through which nothing passes. */
export function flowFrame(
  { channel, topic, service }: SegmentSample,
  rates: SegmentRates | undefined,
): FlowFrame | null {
  if (channel) return channelFlow(channel, rates?.channel);
  if (topic) return topicFlow(topic, rates?.topic);
  if (service) return serviceFlow(service, rates?.service);
  return null;
}

function channelFlow(channel: ChannelInfo, rates: ChannelRates | undefined): FlowFrame {
  const { consumer } = channel;
  return {
    mode: channel.mode,
    capacity_bytes: channel.capacityBytes,
    record_bytes: channel.recordBytes,
    records: channel.records,
    bytes: channel.bytes,
    consumed: consumer.records,
    records_per_second: round(rates?.recordsPerSecond),
    bytes_per_second: round(rates?.bytesPerSecond),
    consumed_per_second: round(rates?.consumedPerSecond),
    lag: channel.lag,
    fill: channel.fill,
    drops: channel.drops,
    drops_per_second: round(rates?.dropsPerSecond),
    full_waits: channel.fullWaits,
    full_waits_per_second: round(rates?.fullWaitsPerSecond),
    empty_waits: consumer.emptyWaits,
    corruptions: consumer.corruptions,
    consumed_at_ms: consumer.lastActivityMs,
    has_latency: channel.latency !== undefined,
    latency: latencyFrame(rates?.latency),
    lanes: channel.lanes.map(({ lane, producer, lag, fill }) => ({
      lane,
      pid: producer?.pid ?? null,
      records_per_second: round(rates?.lanes.find((one) => one.lane === lane)?.recordsPerSecond),
      lag,
      fill,
    })),
  };
}

/** What subscribers read counts once for each of them. */
function topicFlow(topic: TopicInfo, rates: TopicRates | undefined): FlowFrame {
  const { subscribers } = topic;
  const sum = (of: (one: (typeof subscribers)[number]) => number): number =>
    subscribers.reduce((total, one) => total + of(one), 0);
  return {
    mode: topic.mode,
    capacity_bytes: topic.capacityBytes,
    record_bytes: topic.recordBytes,
    records: topic.records,
    bytes: topic.bytes,
    consumed: sum(({ records }) => records),
    records_per_second: round(rates?.recordsPerSecond),
    bytes_per_second: round(rates?.bytesPerSecond),
    consumed_per_second: round(rates?.readPerSecond),
    lag: topic.lag,
    fill: topic.fill,
    drops: topic.drops + topic.lost,
    drops_per_second: rates ? round(rates.dropsPerSecond + rates.lostPerSecond) : null,
    full_waits: topic.fullWaits,
    full_waits_per_second: round(rates?.fullWaitsPerSecond),
    empty_waits: sum(({ emptyWaits }) => emptyWaits),
    corruptions: sum(({ corruptions }) => corruptions),
    consumed_at_ms: Math.max(0, ...subscribers.map(({ lastActivityMs }) => lastActivityMs)),
    has_latency: false,
    latency: null,
    lanes: topic.publishers.map(({ lane, publisher, position, fill }) => ({
      lane,
      pid: publisher?.pid ?? null,
      records_per_second: round(
        rates?.publishers.find((one) => one.lane === lane)?.recordsPerSecond,
      ),
      lag: Math.max(
        0,
        ...subscribers.flatMap(({ places }) =>
          places.filter((place) => place.lane === lane).map((place) => position - place.position),
        ),
      ),
      fill,
    })),
  };
}

/** Requests are what flows; replies say what has been done with them. */
function serviceFlow(service: ServiceInfo, rates: ServiceRates | undefined): FlowFrame {
  return {
    mode: service.requestMode,
    capacity_bytes: service.requestCapacityBytes,
    record_bytes: 0,
    records: service.requests,
    bytes: service.requestBytes,
    consumed: service.replies,
    records_per_second: round(rates?.requestsPerSecond),
    bytes_per_second: round(rates?.requestBytesPerSecond),
    consumed_per_second: round(rates?.repliesPerSecond),
    lag: service.pending,
    fill: service.fill,
    drops: service.timeouts,
    drops_per_second: round(rates?.timeoutsPerSecond),
    full_waits: service.waits,
    full_waits_per_second: round(rates?.waitsPerSecond),
    empty_waits: 0,
    corruptions: service.corruptions,
    consumed_at_ms: service.responder.lastActivityMs,
    has_latency: false,
    latency: null,
    lanes: service.requesters.map(({ lane, requester, queued, fill }) => ({
      lane,
      pid: requester?.pid ?? null,
      records_per_second: round(
        rates?.requesters.find((one) => one.lane === lane)?.requestsPerSecond,
      ),
      lag: queued,
      fill,
    })),
  };
}
