/**
 * What `/metrics` answers. Names follow Prometheus's rules: base units, `_total` for counters, no pid in a label.
 *
 * @module
 */
import type { ChannelInfo, HistogramSnapshot, SegmentInfo } from "@isthmus/ipc";
import { MetricFamily, type MetricType } from "./exposition.ts";

/** Powers of two, for there the histogram's own buckets end: 1 µs to 69 s, each 4 times the one before. */
const BOUND_EXPONENTS = [10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36] as const;
const BOUNDS_NS: readonly number[] = BOUND_EXPONENTS.map((exponent) => 2 ** exponent);

/** What is told about the server itself. */
export interface ServerFigures {
  readonly version: string;
  readonly bun: string;
  readonly startedAtMs: number;
  readonly clients: number;
  /** Frames that were left out for clients that were behind. */
  readonly skipped: number;
}

/**
 * Writes all metrics.
 *
 * @param segments The segments now.
 * @param server The server.
 */
export function metricsText(segments: readonly SegmentInfo[], server: ServerFigures): string {
  const readable = segments.filter(({ error }) => error === undefined);
  return [
    ...serverFamilies(server),
    ...segmentFamilies(segments),
    ...participantFamilies(readable),
    ...lockFamilies(readable),
    ...channelFamilies(readable.flatMap(({ name, channel }) => (channel ? { name, channel } : []))),
  ].join("");
}

function serverFamilies(server: ServerFigures): MetricFamily[] {
  const { version, bun, startedAtMs, clients, skipped } = server;
  return [
    gauge("isthmus_build_info", "Versions of the server; always 1.").add(1, { version, bun }),
    gauge("isthmus_dashboard_clients", "Pages that watch.").add(clients),
    counter(
      "isthmus_dashboard_skipped_frames_total",
      "Frames left out for pages that were behind.",
    ).add(skipped),
    ...processFamilies(startedAtMs),
  ];
}

/** By the names that every program uses for them. */
function processFamilies(startedAtMs: number): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    counter("process_cpu_seconds_total", "CPU time of the server.").add((user + system) / 1e6),
    gauge("process_resident_memory_bytes", "Memory of the server.").add(rss),
    gauge("process_heap_bytes", "Memory of its objects.").add(heapUsed),
    gauge("process_start_time_seconds", "When it was started.").add(startedAtMs / 1000),
  ];
}

function segmentFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const size = gauge("isthmus_segment_size_bytes", "Length of the segment's file.");
  const held = gauge("isthmus_segment_held", "Whether anybody holds the name.");
  const damaged = gauge("isthmus_segment_damaged", "Whether the file cannot be understood.");
  for (const { name, kind, totalBytes, isHeld, error } of segments) {
    size.add(totalBytes, { segment: name, kind });
    if (isHeld !== undefined) held.add(Number(isHeld), { segment: name, kind });
    damaged.add(Number(error !== undefined), { segment: name, kind });
  }
  return [size, held, damaged];
}

function participantFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const family = gauge("isthmus_segment_participants", "Who takes part, by role and state.");
  for (const { name, participants } of segments) {
    const counts = new Map<string, number>();
    for (const { role, isAlive } of participants) {
      const key = `${role} ${isAlive ? "live" : "dead"}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const [key, count] of counts) {
      const [role = "", state = ""] = key.split(" ");
      family.add(count, { segment: name, role, state });
    }
  }
  return [family];
}

function lockFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const acquired = counter("isthmus_lock_acquisitions_total", "How often the lock was acquired.");
  const contended = counter("isthmus_lock_contentions_total", "Acquisitions that had to wait.");
  const recovered = counter(
    "isthmus_lock_recoveries_total",
    "Acquisitions after an owner's death.",
  );
  const held = gauge("isthmus_lock_held", "Whether somebody holds the lock.");
  for (const { name: segment, mutex } of segments) {
    if (!mutex) continue;
    acquired.add(mutex.acquisitions, { segment });
    contended.add(mutex.contentions, { segment });
    recovered.add(mutex.recoveries, { segment });
    held.add(Number(mutex.owner !== undefined), { segment });
  }
  return [acquired, contended, recovered, held];
}

interface NamedChannel {
  readonly name: string;
  readonly channel: ChannelInfo;
}

/** Metrics of which every channel has one sample. */
const CHANNEL_METRICS: readonly (readonly [
  name: string,
  type: MetricType,
  help: string,
  value: (channel: ChannelInfo) => number,
])[] = [
  ["drops_total", "counter", "Records refused for want of room.", ({ drops }) => drops],
  ["full_waits_total", "counter", "Waits of producers for room.", ({ fullWaits }) => fullWaits],
  [
    "dry_waits_total",
    "counter",
    "Waits of the consumer for records.",
    ({ consumer }) => consumer.emptyWaits,
  ],
  [
    "corruptions_total",
    "counter",
    "Impossible values that a reader found.",
    ({ consumer }) => consumer.corruptions,
  ],
  ["lag_records", "gauge", "Records published and not consumed.", ({ lag }) => lag],
  ["fill_ratio", "gauge", "How full the fullest lane is, 0 to 1.", ({ fill }) => fill],
  [
    "capacity_bytes",
    "gauge",
    "Room for one producer's records.",
    ({ capacityBytes }) => capacityBytes,
  ],
];

function channelFamilies(channels: readonly NamedChannel[]): MetricFamily[] {
  const records = counter("isthmus_channel_records_total", "Records, by direction.");
  const bytes = counter("isthmus_channel_bytes_total", "Bytes of their payloads, by direction.");
  const latency = new MetricFamily(
    "isthmus_channel_latency_seconds",
    "histogram",
    "How long records took from being sent to being consumed.",
  );
  for (const { name: segment, channel } of channels) {
    const { consumer } = channel;
    records.add(channel.records, { segment, direction: "published" });
    records.add(consumer.records, { segment, direction: "consumed" });
    bytes.add(channel.bytes, { segment, direction: "published" });
    bytes.add(consumer.bytes, { segment, direction: "consumed" });
    if (channel.latency) addLatency(latency, segment, channel.latency);
  }
  const others = CHANNEL_METRICS.map(([name, type, help, value]) => {
    const family = new MetricFamily(`isthmus_channel_${name}`, type, help);
    for (const { name: segment, channel } of channels) family.add(value(channel), { segment });
    return family;
  });
  return [records, bytes, ...others, latency];
}

function addLatency(family: MetricFamily, segment: string, histogram: HistogramSnapshot): void {
  const buckets = histogram.buckets();
  const cumulative = BOUNDS_NS.map((bound) =>
    buckets.reduce((sum, { toNs, count }) => sum + (toNs <= bound ? count : 0), 0),
  );
  const bounds = BOUNDS_NS.map((bound) => bound / 1e9);
  const { count, sumNs } = histogram;
  family.addHistogram(bounds, cumulative, { count, sum: sumNs / 1e9 }, { segment });
}

function counter(name: string, help: string): MetricFamily {
  return new MetricFamily(name, "counter", help);
}

function gauge(name: string, help: string): MetricFamily {
  return new MetricFamily(name, "gauge", help);
}
