/**
 * A channel as a program reads it.
 *
 * @module
 */
import type { ChannelInfo, HistogramSnapshot, ParticipantInfo } from "@isthmus/ipc";

/** The public record of a channel within `inspect --json` and `ls --json`; its fields are a contract. */
export function channelRecord(channel: ChannelInfo): Readonly<Record<string, unknown>> {
  const { consumer, latency } = channel;
  return {
    mode: channel.mode,
    record_bytes: channel.recordBytes,
    capacity_bytes: channel.capacityBytes,
    max_producers: channel.maxProducers,
    records: channel.records,
    bytes: channel.bytes,
    drops: channel.drops,
    full_waits: channel.fullWaits,
    lag: channel.lag,
    fill: channel.fill,
    consumer_wakes: channel.consumerWakes,
    producer_wakes: channel.producerWakes,
    timeout_wakes: channel.timeoutWakes,
    lanes: channel.lanes.map((lane) => ({
      lane: lane.lane,
      producer: participantRecord(lane.producer),
      position: lane.position,
      records: lane.records,
      bytes: lane.bytes,
      drops: lane.drops,
      full_waits: lane.fullWaits,
      last_activity_ms: lane.lastActivityMs,
      consumed_position: lane.consumedPosition,
      consumed_records: lane.consumedRecords,
      consumed_bytes: lane.consumedBytes,
      lag: lane.lag,
      fill: lane.fill,
    })),
    consumer: {
      participant: participantRecord(consumer.participant),
      records: consumer.records,
      bytes: consumer.bytes,
      empty_waits: consumer.emptyWaits,
      corruptions: consumer.corruptions,
      idle: consumer.isIdle,
      last_activity_ms: consumer.lastActivityMs,
    },
    latency: latency ? latencyRecord(latency) : null,
  };
}

/** Who has a place in a channel; `null` when nobody does. */
export function participantRecord(
  participant: ParticipantInfo | undefined,
): Readonly<Record<string, unknown>> | null {
  return participant
    ? { pid: participant.pid, name: participant.name, alive: participant.isAlive }
    : null;
}

function latencyRecord(latency: HistogramSnapshot): Readonly<Record<string, unknown>> {
  return {
    records: latency.count,
    latency_ns_min: latency.minNs,
    latency_ns_mean: latency.meanNs,
    latency_ns_p50: latency.percentile(50),
    latency_ns_p90: latency.percentile(90),
    latency_ns_p99: latency.percentile(99),
    latency_ns_p999: latency.percentile(99.9),
    latency_ns_max: latency.maxNs,
  };
}
