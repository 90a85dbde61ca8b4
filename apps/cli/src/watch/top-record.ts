/**
 * One segment in one moment, as a program reads it.
 *
 * @module
 */
import {
  flowLatency,
  flowTotals,
  participantStates,
  type SegmentRates,
  type SegmentSample,
} from "@isthmus/ipc";
import { kindName } from "@isthmus/ipc/internal";
import { infoRecord, participantRecord } from "../segments/info-record.ts";
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
    kind: kindName(sample),
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
  const { channel, topic, service, journal, bridge } = sample;
  const top = flowOf(sample, rates);
  const flow = flowTotals(sample, rates);
  // While nothing has been consumed since the last look, what was before is still the best there is.
  const { value, recent } = flowLatency(sample, rates) ?? {};
  const latency = recent?.count ? recent : value;
  const appendedOrCarried = rates?.journal ?? rates?.bridge;
  // What subscribers do is told of each of them.
  const received = topic === undefined ? flow : undefined;
  return {
    records: flow?.records.value ?? journal?.records ?? null,
    bytes: flow?.bytes.value ?? journal?.bytes ?? null,
    records_per_second: round(flow?.records.perSecond ?? appendedOrCarried?.recordsPerSecond),
    bytes_per_second: round(top.bytesPerSecond),
    consumed: received?.consumed.value ?? null,
    consumed_per_second: round(flow?.consumed.perSecond),
    fill: top.fill ?? null,
    lag: top.lag ?? null,
    drops: channel?.drops ?? topic?.drops ?? null,
    lost: topic?.lost ?? null,
    timeouts: service?.timeouts ?? null,
    errors: service?.errors ?? null,
    full_waits: flow?.fullWaits.value ?? null,
    empty_waits: channel ? (flow?.emptyWaits.value ?? null) : null,
    corruptions: received?.corruptions.value ?? null,
    latency_ns_p50: latency ? latency.percentile(50) : null,
    latency_ns_p99: latency ? latency.percentile(99) : null,
    latency_ns_max: latency ? latency.maxNs : null,
    ...participantFields(sample, rates),
    version: sample.struct?.version ?? null,
    updates_per_second: sample.struct ? round(rates?.updatesPerSecond) : null,
    set: sample.event?.isSet ?? null,
    sets_per_second: sample.event ? round(rates?.setsPerSecond) : null,
    available: sample.semaphore?.available ?? null,
    max: sample.semaphore?.max ?? null,
    last_sequence: journal?.lastSequence ?? null,
    synced_sequence: journal?.syncedSequence ?? null,
    segments: journal?.segments ?? null,
    disk_bytes: journal?.diskBytes ?? null,
    ends: bridge ? bridge.ends.map(infoRecord) : null,
  };
}

function participantFields(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
): Readonly<Record<string, unknown>> {
  const { channel, topic, service } = sample;
  const states = participantStates(sample, rates);
  return {
    producers: channel
      ? channel.lanes.flatMap(({ producer }) => participantRecord(producer) ?? [])
      : null,
    consumer: participantRecord(channel?.consumer.participant),
    publishers: topic
      ? topic.publishers.flatMap(({ publisher }) => participantRecord(publisher) ?? [])
      : null,
    subscribers: topic
      ? topic.subscribers.map(({ participant, lag, lost }) => ({
          ...participantRecord(participant),
          state: states.get(participant.slot),
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
