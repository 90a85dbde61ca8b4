/**
 * What `/metrics` answers. Names follow Prometheus's rules: base units, `_total` for counters, no pid in a label.
 *
 * @module
 */
import {
  FIGURES,
  type Figure,
  type FigureTotal,
  figureHistograms,
  figureTotals,
  type HistogramSnapshot,
  participantStates,
  type SegmentInfo,
} from "@isthmus/ipc";
import { kindName } from "@isthmus/ipc/internal";
import type { HistogramSample, MetricFamily, NumberSample } from "@isthmus/store";
import { exposition } from "@isthmus/store/internal";

/** Powers of two, for there the histogram's own buckets end: 1 µs to 69 s, each 4 times the one before. */
const BOUND_EXPONENTS = [10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36] as const;
const BOUNDS_NS: readonly number[] = BOUND_EXPONENTS.map((exponent) => 2 ** exponent);

/** A family of counters or gauges, while it is being filled. */
type Numbers = Extract<MetricFamily, { type: "counter" | "gauge" }> & {
  readonly samples: NumberSample[];
};

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
  const families = [
    ...serverFamilies(server),
    ...segmentFamilies(segments),
    participantFamily(readable),
    lockFamily(readable),
    ...figureFamilies(readable),
    versionFamily(readable),
    ...histogramFamilies(readable),
  ];
  return exposition(families.filter(({ samples }) => samples.length > 0));
}

function serverFamilies(server: ServerFigures): MetricFamily[] {
  const { version, bun, startedAtMs, clients, skipped } = server;
  return [
    gauge("isthmus_build_info", "Versions of the server; always 1.", sample(1, { version, bun })),
    gauge("isthmus_dashboard_clients", "Pages that watch.", sample(clients)),
    counter(
      "isthmus_dashboard_skipped_frames_total",
      "Frames left out for pages that were behind.",
      sample(skipped),
    ),
    ...processFamilies(startedAtMs),
  ];
}

/** By the names that every program uses for them. */
function processFamilies(startedAtMs: number): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    counter("process_cpu_seconds_total", "CPU time of the server.", sample((user + system) / 1e6)),
    gauge("process_resident_memory_bytes", "Memory of the server.", sample(rss)),
    gauge("process_heap_bytes", "Memory of its objects.", sample(heapUsed)),
    gauge("process_start_time_seconds", "When it was started.", sample(startedAtMs / 1000)),
  ];
}

function segmentFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const size = gauge("isthmus_segment_size_bytes", "Length of the segment's file.");
  const held = gauge("isthmus_segment_held", "Whether anybody holds the name.");
  const damaged = gauge("isthmus_segment_damaged", "Whether the file cannot be understood.");
  for (const segment of segments) {
    const { name, totalBytes, isHeld, error } = segment;
    const labels = { segment: name, kind: kindName(segment) };
    size.samples.push(sample(totalBytes, labels));
    if (isHeld !== undefined) held.samples.push(sample(Number(isHeld), labels));
    damaged.samples.push(sample(Number(error !== undefined), labels));
  }
  return [size, held, damaged];
}

function participantFamily(segments: readonly SegmentInfo[]): MetricFamily {
  const family = gauge("isthmus_segment_participants", "Who takes part, by role and state.");
  for (const segment of segments) {
    const states = participantStates(segment);
    const keys = segment.participants.map(({ slot, role }) => `${role} ${states.get(slot)}`);
    for (const [key, { length }] of Map.groupBy(keys, (each) => each)) {
      const [role = "", state = ""] = key.split(" ");
      family.samples.push(sample(length, { segment: segment.name, role, state }));
    }
  }
  return family;
}

function lockFamily(segments: readonly SegmentInfo[]): MetricFamily {
  const held = gauge("isthmus_lock_held", "Whether somebody holds the lock.");
  for (const { name: segment, mutex } of segments) {
    if (mutex) held.samples.push(sample(Number(mutex.owner !== undefined), { segment }));
  }
  return held;
}

/** Every figure of every kind, as their tables say. */
function figureFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const families = new Map<string, Numbers>();
  for (const info of segments) {
    for (const total of figureTotals(info)) {
      const { figure } = total;
      // Prometheus counts time in seconds.
      const value = figure.unit === "milliseconds" ? total.value / 1000 : total.value;
      const name = familyName(total);
      const make = figure.type === "counter" ? counter : gauge;
      const family = families.get(name) ?? make(name, figure.help);
      families.set(name, family);
      const { direction } = figure;
      const labels = { segment: info.name, ...(direction === undefined ? {} : { direction }) };
      family.samples.push(sample(value, labels));
    }
  }
  return [...families.values()];
}

/** The units that a gauge's name ends with. */
const SUFFIXES: ReadonlySet<Figure["unit"]> = new Set([
  "records",
  "bytes",
  "requests",
  "replies",
  "permits",
  "jobs",
  "ratio",
  "seconds",
]);

/** `capacityBytes` of a channel is `isthmus_channel_capacity_bytes`; a counter's name ends in `_total`. */
function familyName({ kind, name, figure }: Pick<FigureTotal, "kind" | "name" | "figure">): string {
  const { type } = figure;
  const unit = figure.unit === "milliseconds" ? "seconds" : figure.unit;
  const { family = name.replace(/^is(?=[A-Z])|Ms$/g, "") } = figure;
  const words = `isthmus_${kind}_${family.replace(/[A-Z]/g, "_$&").toLowerCase()}`.replace(
    "__",
    "_",
  );
  if (type === "counter") return `${words}_total`;
  return SUFFIXES.has(unit) && !words.endsWith(`_${unit}`) ? `${words}_${unit}` : words;
}

/** What a struct is at; its updates are counted, too. */
function versionFamily(segments: readonly SegmentInfo[]): MetricFamily {
  const family = gauge("isthmus_struct_version", FIGURES.struct.segment.version.help);
  for (const { name: segment, struct } of segments)
    if (struct) family.samples.push(sample(struct.version, { segment }));
  return family;
}

/** How long things take, of every segment that counts it. */
function histogramFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const totals = segments.flatMap((info) =>
    figureHistograms(info).map((total) => ({ segment: info.name, ...total })),
  );
  return Array.from(Map.groupBy(totals, familyName), ([name, each]) => ({
    name,
    help: each[0]?.figure.help ?? "",
    type: "histogram",
    samples: each.map(({ segment, value }) => durations(segment, value)),
  }));
}

function durations(segment: string, histogram: HistogramSnapshot): HistogramSample {
  const { count, sumNs } = histogram;
  const counts = histogram.buckets();
  const buckets = BOUNDS_NS.map((bound) => ({
    le: bound / 1e9,
    count: counts.reduce((sum, { toNs, count }) => sum + (toNs <= bound ? count : 0), 0),
  }));
  return {
    labels: { segment },
    count,
    sum: sumNs / 1e9,
    buckets: [...buckets, { le: Infinity, count }],
  };
}

function counter(name: string, help: string, ...samples: NumberSample[]): Numbers {
  return { name, help, type: "counter", samples };
}

function gauge(name: string, help: string, ...samples: NumberSample[]): Numbers {
  return { name, help, type: "gauge", samples };
}

function sample(value: number, labels: NumberSample["labels"] = {}): NumberSample {
  return { labels, value };
}
