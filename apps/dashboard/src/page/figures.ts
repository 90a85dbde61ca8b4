/**
 * From a frame to figures with names.
 *
 * @module
 */
import type {
  FlowFrame,
  Frame,
  LatencyFrame,
  LockFrame,
  SegmentFrame,
  TotalFrame,
} from "../wire/frame.ts";
import type { Figure } from "./history.ts";
import { hasTile } from "./kind-words.ts";

/** What can be drawn of a scope. */
export type Metric =
  | "published"
  | "consumed"
  | "bytes"
  | "drops"
  | "waits"
  | "p50"
  | "p90"
  | "p99"
  | "max"
  | "fill"
  | "lag"
  | "acquisitions"
  | "contentions";

/** Of a queue: what there is of each sort of jobs, and for how long the oldest one is in flight. */
const QUEUE_LEVELS = [
  "queue.segment.waiting",
  "queue.segment.delayed",
  "queue.segment.held",
  "queue.segment.inFlight",
  "queue.segment.deadLetters",
  "queue.segment.oldestInFlightMs",
] as const;

/** How long its jobs wait, and are worked on. */
const QUEUE_TIMES = ["queue.times.waitTime", "queue.times.runTime"] as const;

/** The scope of everything together. No segment has an empty name. */
export const ALL = "";

/** The name of a figure that all flows and locks have. */
export function keyOf(scope: string, metric: Metric, lane?: number): string {
  return lane === undefined ? `${scope}/${metric}` : `${scope}/${metric}/${lane}`;
}

/** The name of a figure of the tables of a kind. */
export function tableKeyOf(scope: string, id: string): string {
  return `${scope}/${id}`;
}

/** Everything of a frame that charts can show. */
export function figuresOf(frame: Frame): Figure[] {
  const { total } = frame;
  const of = maker(ALL);
  return [
    ...passingFigures(ALL, total),
    of("acquisitions", total.acquisitions_per_second),
    of("contentions", total.contentions_per_second),
    ...frame.segments.flatMap(segmentFigures),
  ];
}

function segmentFigures(segment: SegmentFrame): Figure[] {
  const { name, flow, lock, queue } = segment;
  return [
    ...(queue ? queueFigures(segment) : []),
    ...(flow ? flowFigures(name, flow) : tableFigures(segment)),
    ...(lock ? lockFigures(name, lock) : []),
  ];
}

/** What a queue has besides its flow: how many jobs there are of each sort, and how long they take. */
function queueFigures({ name, figures, times }: SegmentFrame): Figure[] {
  const levels = QUEUE_LEVELS.map((id): Figure => {
    return { key: tableKeyOf(name, id), value: figures[id] ?? null, merge: "max" };
  });
  return [
    ...levels,
    ...QUEUE_TIMES.flatMap((id) => latencyFigures(tableKeyOf(name, id), times[id] ?? null)),
  ];
}

/** What the tables of a kind have, where nothing flows: how fast it grows, or how much it is. */
function tableFigures({ name, figures, rates, wakes_per_second }: SegmentFrame): Figure[] {
  // At the first look no rate is known, and what has only grown so far would be taken for one.
  if (wakes_per_second === null) return [];
  return Object.entries(figures).flatMap(([id, value]): Figure[] => {
    if (!hasTile(id) || id.startsWith("lock.")) return [];
    const rate = rates[id];
    const key = tableKeyOf(name, id);
    return [
      rate === undefined ? { key, value, merge: "max" } : { key, value: rate, merge: "mean" },
    ];
  });
}

/** What one flow and all of them together have. */
function passingFigures(scope: string, flow: FlowFrame | TotalFrame): Figure[] {
  const of = maker(scope);
  return [
    of("published", flow.records_per_second),
    of("consumed", flow.consumed_per_second),
    of("bytes", flow.bytes_per_second),
    of("drops", flow.drops_per_second),
    of("fill", flow.fill),
    of("lag", flow.lag),
    ...latencyFigures(scope, flow.latency),
  ];
}

function flowFigures(scope: string, flow: FlowFrame): Figure[] {
  const of = maker(scope);
  return [
    ...passingFigures(scope, flow),
    of("waits", flow.full_waits_per_second),
    ...flow.lanes.flatMap(({ lane, records_per_second, fill, lag }) => [
      of("published", records_per_second, lane),
      of("fill", fill, lane),
      of("lag", lag, lane),
    ]),
  ];
}

function latencyFigures(scope: string, latency: LatencyFrame | null): Figure[] {
  const of = maker(scope);
  return [
    of("p50", latency?.latency_ns_p50 ?? null),
    of("p90", latency?.latency_ns_p90 ?? null),
    of("p99", latency?.latency_ns_p99 ?? null),
    of("max", latency?.latency_ns_max ?? null),
  ];
}

function lockFigures(scope: string, lock: LockFrame): Figure[] {
  const of = maker(scope);
  return [
    of("acquisitions", lock.acquisitions_per_second),
    of("contentions", lock.contentions_per_second),
  ];
}

/** Of rates the mean of a step is shown, of all else the worst. */
const MEANS: ReadonlySet<Metric> = new Set([
  "published",
  "consumed",
  "bytes",
  "waits",
  "acquisitions",
  "contentions",
]);

function maker(scope: string): (metric: Metric, value: number | null, lane?: number) => Figure {
  return (metric, value, lane) => ({
    key: keyOf(scope, metric, lane),
    value,
    merge: MEANS.has(metric) ? "mean" : "max",
  });
}
