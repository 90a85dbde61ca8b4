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
import { MetricFamily } from "./exposition.ts";

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
    ...figureFamilies(readable),
    versionFamily(readable),
    ...histogramFamilies(readable),
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
  for (const segment of segments) {
    const { name, totalBytes, isHeld, error } = segment;
    const labels = { segment: name, kind: kindName(segment) };
    size.add(totalBytes, labels);
    if (isHeld !== undefined) held.add(Number(isHeld), labels);
    damaged.add(Number(error !== undefined), labels);
  }
  return [size, held, damaged];
}

function participantFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const family = gauge("isthmus_segment_participants", "Who takes part, by role and state.");
  for (const segment of segments) {
    const states = participantStates(segment);
    const keys = segment.participants.map(({ slot, role }) => `${role} ${states.get(slot)}`);
    for (const [key, { length }] of Map.groupBy(keys, (each) => each)) {
      const [role = "", state = ""] = key.split(" ");
      family.add(length, { segment: segment.name, role, state });
    }
  }
  return [family];
}

function lockFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const held = gauge("isthmus_lock_held", "Whether somebody holds the lock.");
  for (const { name: segment, mutex } of segments) {
    if (mutex) held.add(Number(mutex.owner !== undefined), { segment });
  }
  return [held];
}

/** Every figure of every kind, as their tables say. */
function figureFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const families = new Map<string, MetricFamily>();
  for (const info of segments) {
    for (const total of figureTotals(info)) {
      const { figure } = total;
      // Prometheus counts time in seconds.
      const value = figure.unit === "milliseconds" ? total.value / 1000 : total.value;
      const name = familyName(total);
      const family = families.get(name) ?? new MetricFamily(name, figure.type, figure.help);
      families.set(name, family);
      const { direction } = figure;
      family.add(value, { segment: info.name, ...(direction === undefined ? {} : { direction }) });
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
    if (struct) family.add(struct.version, { segment });
  return family;
}

/** How long things take, of every segment that counts it. */
function histogramFamilies(segments: readonly SegmentInfo[]): MetricFamily[] {
  const families = new Map<string, MetricFamily>();
  for (const info of segments) {
    for (const total of figureHistograms(info)) {
      const name = familyName(total);
      const family = families.get(name) ?? new MetricFamily(name, "histogram", total.figure.help);
      families.set(name, family);
      addDurations(family, info.name, total.value);
    }
  }
  return [...families.values()];
}

function addDurations(family: MetricFamily, segment: string, histogram: HistogramSnapshot): void {
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
