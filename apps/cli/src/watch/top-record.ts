/**
 * One segment in one moment, as a program reads it.
 *
 * @module
 */
import type { SegmentRates, SegmentSample } from "@isthmus/ipc";
import { partyRecord } from "../segments/channel-record.ts";
import { countParticipants } from "../segments/segment-record.ts";

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
    ...channelFields(sample, rates),
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

function channelFields(
  { channel }: SegmentSample,
  rates: SegmentRates | undefined,
): Readonly<Record<string, unknown>> {
  const flow = rates?.channel;
  // While nothing has been consumed since the last look, what was before is still the best there is.
  const latency = flow?.latency?.count ? flow.latency : channel?.latency;
  return {
    records: channel?.records ?? null,
    bytes: channel?.bytes ?? null,
    records_per_second: round(flow?.recordsPerSecond),
    bytes_per_second: round(flow?.bytesPerSecond),
    consumed: channel?.consumer.records ?? null,
    consumed_per_second: round(flow?.consumedPerSecond),
    fill: channel?.fill ?? null,
    lag: channel?.lag ?? null,
    drops: channel?.drops ?? null,
    full_waits: channel?.fullWaits ?? null,
    dry_waits: channel?.consumer.dryWaits ?? null,
    corruptions: channel?.consumer.corruptions ?? null,
    latency_ns_p50: latency ? latency.percentile(50) : null,
    latency_ns_p99: latency ? latency.percentile(99) : null,
    latency_ns_max: latency ? latency.maxNs : null,
    producers: channel
      ? channel.lanes.flatMap(({ producer }) => partyRecord(producer) ?? [])
      : null,
    consumer: partyRecord(channel?.consumer.party),
  };
}

/** Thousandths are more than a rate can be known to. */
function round(rate: number | undefined): number | null {
  return rate === undefined ? null : Math.round(rate * 1000) / 1000;
}
