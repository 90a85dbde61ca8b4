/**
 * One segment in one moment, as a program reads it.
 *
 * @module
 */
import type { SegmentRates, SegmentSample } from "@isthmus/ipc";
import { participantRecord } from "../segments/channel-record.ts";
import { countParticipants } from "../segments/segment-record.ts";
import { flowOf } from "./top-flow.ts";

/**
 * The public record of `top --json`; its fields are a contract.
 *
 * @param sample The segment.
 * @param rates What has happened since the sample before; undefined for the first one.
 * @param sampledAtMs The time, in milliseconds since 1970.
 * @returns A plain object; what a segment does not have, or cannot be known yet, is `null`.
 */
export function topRecord(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
  sampledAtMs: number,
): Readonly<Record<string, unknown>> {
  const { live, dead } = countParticipants(sample);
  const { mutex } = sample;
  return {
    sampled_at_ms: sampledAtMs,
    name: sample.name,
    kind: sample.kind,
    held: sample.isHeld ?? null,
    participants_live: live,
    participants_dead: dead,
    ...flowFields(sample, rates),
    wakes_per_second: round(rates?.wakesPerSecond),
    lock_owner: mutex?.owner
      ? { pid: mutex.owner.pid, name: mutex.owner.name, alive: mutex.owner.isAlive }
      : null,
    acquisitions: mutex?.acquisitions ?? null,
    contentions: mutex?.contentions ?? null,
    acquisitions_per_second: mutex ? round(rates?.acquisitionsPerSecond) : null,
    contentions_per_second: mutex ? round(rates?.contentionsPerSecond) : null,
    error: sample.error?.message ?? null,
  };
}

function flowFields(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
): Readonly<Record<string, unknown>> {
  const { channel, topic, service } = sample;
  const flow = flowOf(sample, rates);
  const channelRates = rates?.channel;
  // While nothing has been consumed since the last look, what was before is still the best there is.
  const latency = channelRates?.latency?.count ? channelRates.latency : channel?.latency;
  const isFlowing = channel !== undefined || topic !== undefined || service !== undefined;
  const read = topic ? rates?.topic?.readPerSecond : rates?.service?.repliesPerSecond;
  return {
    records: channel?.records ?? topic?.records ?? service?.requests ?? null,
    bytes: channel?.bytes ?? topic?.bytes ?? service?.requestBytes ?? null,
    records_per_second: isFlowing ? round(flow.perSecond) : null,
    bytes_per_second: round(flow.bytesPerSecond),
    consumed: channel?.consumer.records ?? service?.replies ?? null,
    consumed_per_second: round(channel ? channelRates?.consumedPerSecond : read),
    fill: flow.fill ?? null,
    lag: flow.lag ?? null,
    drops: channel?.drops ?? topic?.drops ?? null,
    lost: topic?.lost ?? null,
    timeouts: service?.timeouts ?? null,
    errors: service?.errors ?? null,
    full_waits: channel?.fullWaits ?? topic?.fullWaits ?? service?.waits ?? null,
    empty_waits: channel?.consumer.emptyWaits ?? null,
    corruptions: channel?.consumer.corruptions ?? service?.corruptions ?? null,
    latency_ns_p50: latency ? latency.percentile(50) : null,
    latency_ns_p99: latency ? latency.percentile(99) : null,
    latency_ns_max: latency ? latency.maxNs : null,
    ...participantFields(sample),
    version: sample.struct?.version ?? null,
    updates_per_second: sample.struct ? round(rates?.updatesPerSecond) : null,
    set: sample.event?.isSet ?? null,
    settings_per_second: sample.event ? round(rates?.setsPerSecond) : null,
    available: sample.semaphore?.available ?? null,
    max: sample.semaphore?.max ?? null,
  };
}

function participantFields({
  channel,
  topic,
  service,
}: SegmentSample): Readonly<Record<string, unknown>> {
  return {
    producers: channel
      ? channel.lanes.flatMap(({ producer }) => participantRecord(producer) ?? [])
      : null,
    consumer: participantRecord(channel?.consumer.participant),
    publishers: topic
      ? topic.publishers.flatMap(({ publisher }) => participantRecord(publisher) ?? [])
      : null,
    subscribers: topic
      ? topic.subscribers.map(({ participant, state, lag, lost }) => ({
          ...participantRecord(participant),
          state,
          lag,
          lost,
        }))
      : null,
    requesters: service
      ? service.requesters.flatMap(({ requester }) => participantRecord(requester) ?? [])
      : null,
    responder: participantRecord(service?.responder.participant),
  };
}

/** Thousandths are more than a rate can be known to. */
function round(rate: number | undefined): number | null {
  return rate === undefined ? null : Math.round(rate * 1000) / 1000;
}
