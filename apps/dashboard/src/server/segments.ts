/**
 * One segment in one moment, as the page gets it.
 *
 * @module
 */
import type {
  ChannelInfo,
  ChannelRates,
  HistogramSnapshot,
  ParticipantInfo,
  SegmentRates,
  SegmentSample,
} from "@isthmus/ipc";
import type {
  FlowFrame,
  LatencyFrame,
  LockFrame,
  ParticipantFrame,
  ParticipantState,
  SegmentFrame,
} from "../wire/frame.ts";
import type { RatedSample } from "./sampler.ts";

/** A ring that is fuller than this has no room worth mentioning. */
const FULL = 0.9;
/** With less time between two samples nobody can be said to stand still. */
const STALL_WINDOW_MS = 800;

/** Describes a segment. */
export function segmentFrame({ sample, earlier, rates }: RatedSample): SegmentFrame {
  const { channel, error } = sample;
  return {
    name: sample.name,
    kind: sample.kind,
    held: sample.isHeld ?? null,
    persistent: sample.isPersistent,
    total_bytes: sample.totalBytes,
    created_at_ms: sample.createdAtMs,
    epoch: sample.epoch,
    participants: sample.participants.map((one) => participantFrame(one, sample, earlier, rates)),
    flow: channel ? flowFrame(channel, rates?.channel) : null,
    lock: lockFrame(sample, rates),
    wakes_per_second: round(rates?.wakesPerSecond),
    error: error ? error.message : null,
  };
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

/** Thousandths are more than a rate can be known to. */
export function round(rate: number | undefined): number | null {
  return rate === undefined ? null : Math.round(rate * 1000) / 1000;
}

function flowFrame(channel: ChannelInfo, rates: ChannelRates | undefined): FlowFrame {
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
    dry_waits: consumer.dryWaits,
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

function lockFrame({ mutex }: SegmentSample, rates: SegmentRates | undefined): LockFrame | null {
  if (!mutex) return null;
  const { owner, acquisitions, contentions, recoveries } = mutex;
  return {
    owner_pid: owner?.pid ?? null,
    owner_name: owner?.name ?? null,
    owner_alive: owner?.isAlive ?? null,
    owned_since_ms: owner?.sinceMs ?? null,
    acquisitions,
    contentions,
    recoveries,
    acquisitions_per_second: round(rates?.acquisitionsPerSecond),
    contentions_per_second: round(rates?.contentionsPerSecond),
  };
}

/** What a participant does in a segment of its kind. */
interface Part {
  readonly position: number | null;
  readonly lag: number | null;
  readonly perSecond: number | undefined;
  readonly state: ParticipantState;
}

function participantFrame(
  one: ParticipantInfo,
  sample: SegmentSample,
  earlier: SegmentSample | undefined,
  rates: SegmentRates | undefined,
): ParticipantFrame {
  const part =
    producerPart(one, sample, rates) ??
    consumerPart(one, sample, earlier, rates) ??
    ({ position: null, lag: null, perSecond: undefined, state: "live" } satisfies Part);
  return {
    slot: one.slot,
    generation: one.generation,
    pid: one.pid,
    name: one.name,
    role: one.role,
    state: one.isAlive ? part.state : "dead",
    joined_at_ms: one.joinedAtMs,
    position: part.position,
    lag: part.lag,
    records_per_second: round(part.perSecond),
  };
}

function producerPart(
  { slot }: ParticipantInfo,
  { channel }: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const lane = channel?.lanes.find(({ producer }) => producer?.slot === slot);
  if (lane === undefined) return undefined;
  const flow = rates?.channel?.lanes.find((each) => each.lane === lane.lane);
  const perSecond = flow?.recordsPerSecond;
  const silent = lane.fill > FULL ? "waiting" : "idle";
  const state = perSecond === 0 ? silent : "live";
  return { position: lane.position, lag: lane.lag, perSecond, state };
}

function consumerPart(
  { slot }: ParticipantInfo,
  { channel }: SegmentSample,
  earlier: SegmentSample | undefined,
  rates: SegmentRates | undefined,
): Part | undefined {
  if (channel?.consumer.party?.slot !== slot) return undefined;
  const perSecond = rates?.channel?.consumedPerSecond;
  const hadWork = channel.lag > 0 && (earlier?.channel?.lag ?? 0) > 0;
  const isLong = (rates?.elapsedMs ?? 0) >= STALL_WINDOW_MS;
  const silent = hadWork && isLong ? "stalled" : "idle";
  const position = channel.lanes.reduce((sum, { consumedPosition }) => sum + consumedPosition, 0);
  return { position, lag: channel.lag, perSecond, state: perSecond === 0 ? silent : "live" };
}
