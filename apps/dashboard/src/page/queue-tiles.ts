/**
 * What the tiles say of a work queue.
 *
 * @module
 */
import type { FlowFrame, LatencyFrame, QueueFrame, SegmentFrame } from "../wire/frame.ts";
import { keyOf, tableKeyOf } from "./figures.ts";
import { count, duration, perSecond, type Quantity, rate, share, size, text } from "./format.ts";
import type { TileContent } from "./tile-contents.ts";

/** Fuller than this, and it is time to look. */
const FILL_WARNING = 0.8;

/** The tiles of a queue. */
export function queueTiles(
  segment: SegmentFrame,
  flow: FlowFrame,
  { paused }: QueueFrame,
): TileContent[] {
  const { name, figures, rates } = segment;
  const of = (id: string): number => figures[`queue.segment.${id}`] ?? 0;
  const level = (id: string): Quantity => ({ value: count(of(id)), unit: "" });
  const key = (id: string): string => tableKeyOf(name, `queue.segment.${id}`);
  const { consumed_per_second: done, records_per_second: added, fill, capacity_bytes } = flow;
  const deaths = rates["queue.segment.deadLettered"] ?? 0;
  const later = `${count(of("delayed"))} delayed, ${count(of("held"))} held`;
  return [
    {
      id: "records",
      title: "Jobs done",
      quantity: done === null ? undefined : perSecond(rate(done)),
      note: added === null ? "" : `${text(perSecond(rate(added)))} added`,
      key: keyOf(name, "consumed"),
    },
    {
      id: "waiting",
      title: "Waiting",
      quantity: level("waiting"),
      note: paused ? `paused; ${later}` : later,
      mood: paused ? "warning" : undefined,
      key: key("waiting"),
    },
    {
      id: "in-flight",
      title: "In flight",
      quantity: level("inFlight"),
      note: of("inFlight") > 0 ? `oldest ${text(duration(of("oldestInFlightMs") * 1e6))}` : "",
      key: key("inFlight"),
    },
    {
      id: "dead-letters",
      title: "Dead letters",
      quantity: level("deadLetters"),
      note: deaths > 0 ? `${text(perSecond(rate(deaths)))} now` : "none now",
      mood: deaths > 0 ? "bad" : undefined,
      key: key("deadLetters"),
    },
    timeTile(segment, "wait", "Wait time, 99 %", "nothing taken"),
    timeTile(segment, "run", "Run time, 99 %", "nothing done"),
    {
      id: "fill",
      title: "Fill",
      quantity: share(fill),
      note: `of ${text(size(capacity_bytes))}`,
      mood: fill > FILL_WARNING ? "warning" : undefined,
      key: keyOf(name, "fill"),
    },
  ];
}

function timeTile(
  { name, times }: SegmentFrame,
  what: "wait" | "run",
  title: string,
  none: string,
): TileContent {
  const id = `queue.times.${what}Time`;
  const time: LatencyFrame | null = times[id] ?? null;
  return {
    id: `${what}-time`,
    title,
    quantity: time === null ? undefined : duration(time.latency_ns_p99),
    note: time === null ? none : `half within ${text(duration(time.latency_ns_p50))}`,
    key: keyOf(tableKeyOf(name, id), "p99"),
  };
}
