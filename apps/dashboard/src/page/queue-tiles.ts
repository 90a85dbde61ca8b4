/**
 * What the tiles say of a work queue.
 *
 * @module
 */
import type { FlowFrame, LatencyFrame, QueueFrame, SegmentFrame } from "../wire/frame.ts";
import { keyOf, tableKeyOf } from "./figures.ts";
import { count, duration, perSecond, rate, share, size, text } from "./format.ts";
import type { TileContent } from "./tile-contents.ts";
import { TileFigures } from "./tile-figures.ts";

/** Fuller than this, and it is time to look. */
const FILL_WARNING = 0.8;

/** The tiles of a queue. */
export function queueTiles(
  segment: SegmentFrame,
  flow: FlowFrame,
  { paused }: QueueFrame,
): TileContent[] {
  const { name } = segment;
  const of = new TileFigures(segment, "queue.segment");
  const { consumed_per_second: done, records_per_second: added, fill, capacity_bytes } = flow;
  const later = `${count(of.value("delayed"))} delayed, ${count(of.value("held"))} held`;
  const waiting = paused ? `paused; ${later}` : later;
  const halt = paused ? "warning" : undefined;
  const inFlight = of.level("inFlight");
  const oldest = `oldest ${text(duration(of.value("oldestInFlightMs") * 1e6))}`;
  const dead = of.level("deadLetters");
  const isDying = (of.growth("deadLettered") ?? 0) > 0;
  const dying = isDying ? `${of.pace("deadLettered")} now` : "none now";
  return [
    {
      id: "records",
      title: "Jobs done",
      quantity: done === null ? undefined : perSecond(rate(done)),
      note: added === null ? "" : `${text(perSecond(rate(added)))} added`,
      key: keyOf(name, "consumed"),
    },
    of.tile("waiting", "Waiting", "waiting", of.level("waiting"), waiting, halt),
    of.tile("in-flight", "In flight", "inFlight", inFlight, of.value("inFlight") > 0 ? oldest : ""),
    of.tile(
      "dead-letters",
      "Dead letters",
      "deadLetters",
      dead,
      dying,
      isDying ? "bad" : undefined,
    ),
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
