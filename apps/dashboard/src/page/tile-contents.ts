/**
 * What the tiles say of everything, and of any one segment.
 *
 * @module
 */
import type { FlowFrame, Frame, LockFrame, SegmentFrame } from "../wire/frame.ts";
import type { Hello } from "../wire/hello.ts";
import { bridgeTiles } from "./bridge-tiles.ts";
import { figureQuantity } from "./figure-text.ts";
import { ALL, keyOf, tableKeyOf } from "./figures.ts";
import {
  ago,
  byteRate,
  count,
  duration,
  perSecond,
  type Quantity,
  rate,
  share,
  text,
} from "./format.ts";
import { journalTiles } from "./journal-tiles.ts";
import { figureTitle, hasTile } from "./kind-words.ts";
import { queueTiles } from "./queue-tiles.ts";
import { storeTiles } from "./store-tiles.ts";

/** Fuller than this, and it is time to look. */
const FILL_WARNING = 0.8;

/** What one tile shows. */
export interface TileContent {
  readonly id: string;
  readonly title: string;
  /** What it says exactly, where the title does not. */
  readonly help?: string;
  readonly quantity: Quantity | undefined;
  readonly note: string;
  readonly mood?: "warning" | "bad" | undefined;
  /** The figure of the history whose shape it shows. */
  readonly key: string;
}

/** The flow of a scope, whichever it is. */
interface Flow
  extends Pick<
    FlowFrame,
    | "records_per_second"
    | "consumed_per_second"
    | "bytes_per_second"
    | "drops"
    | "drops_per_second"
    | "lag"
    | "latency"
    | "has_latency"
  > {
  readonly fill: number;
  readonly full_waits_per_second: number;
  /** For how long each of those has waited that wait for room, in milliseconds. */
  readonly waits: readonly number[];
}

/** The tiles of a scope: those of what flows, of a lock, and else one for each figure of its kind. */
export function tileContents(
  frame: Frame,
  scope: string,
  words: Hello["figures"] | undefined,
): TileContent[] {
  if (scope === ALL) {
    const flow = flowOfAll(frame);
    const hasLock = frame.segments.some(({ lock }) => lock !== null);
    return [
      ...(flow ? flowTiles(flow, scope) : []),
      ...(hasLock ? [lockTile(frame.total, scope)] : []),
    ];
  }
  const segment = frame.segments.find(({ name }) => name === scope);
  if (segment === undefined) return [];
  const { flow, lock, queue, journal, bridge } = segment;
  if (bridge !== null) return bridgeTiles(segment, bridge);
  if (journal !== null) return journalTiles(segment, journal);
  if (flow !== null && queue !== null) return queueTiles(segment, flow, queue);
  if (flow !== null) {
    const full_waits_per_second = flow.full_waits_per_second ?? 0;
    const tiles = flowTiles({ ...flow, full_waits_per_second, waits: waitsOf(segment) }, scope);
    return lock === null ? tiles : [...tiles, lockTile(lock, scope)];
  }
  return [
    ...(lock === null ? [] : [ownerTile(lock, frame.sampled_at_ms, scope), lockTile(lock, scope)]),
    ...(storeTiles(segment) ?? figureTiles(segment, words ?? {})),
  ];
}

function flowTiles(flow: Flow, scope: string): TileContent[] {
  const { consumed_per_second: consumed, records_per_second: sent, bytes_per_second: bytes } = flow;
  return [
    {
      id: "records",
      title: "Records read",
      quantity: consumed === null ? undefined : perSecond(rate(consumed)),
      note: sent === null ? "" : `${text(perSecond(rate(sent)))} sent`,
      key: keyOf(scope, "consumed"),
    },
    {
      id: "bytes",
      title: "Bytes sent",
      quantity: bytes === null ? undefined : byteRate(bytes),
      note: bytes && sent ? `${count(Math.round(bytes / sent))} B a record` : "",
      key: keyOf(scope, "bytes"),
    },
    latencyTile(flow, scope),
    fillTile(flow, scope),
    {
      id: "drops",
      title: "Drops",
      quantity: rate(flow.drops),
      note: flow.drops_per_second
        ? `${text(perSecond(rate(flow.drops_per_second)))} now`
        : "none now",
      mood: flow.drops_per_second ? "bad" : undefined,
      key: keyOf(scope, "drops"),
    },
  ];
}

function latencyTile({ latency, has_latency }: Flow, scope: string): TileContent {
  const common = { id: "latency", title: "Latency, 99 %", key: keyOf(scope, "p99") };
  if (latency === null) {
    const note = has_latency ? "nothing consumed" : "not measured";
    return { ...common, quantity: undefined, note };
  }
  const half = text(duration(latency.latency_ns_p50));
  return { ...common, quantity: duration(latency.latency_ns_p99), note: `half within ${half}` };
}

/** How full it is, and who waits because of that. */
function fillTile({ fill, lag, waits, full_waits_per_second }: Flow, scope: string): TileContent {
  const longest = ago(Math.max(0, ...waits));
  let note = `${count(lag)} unread`;
  if (full_waits_per_second > 0)
    note = `${text(perSecond(rate(full_waits_per_second)))} wait for room`;
  if (waits.length > 0) {
    note = `${waits.length} ${waits.length === 1 ? "waits" : "wait"} for room, ${longest}`;
  }
  return {
    id: "fill",
    title: "Ring fill",
    quantity: share(fill),
    note,
    mood: waits.length > 0 || fill > FILL_WARNING ? "warning" : undefined,
    key: keyOf(scope, "fill"),
  };
}

type LockRates = Pick<LockFrame, "acquisitions_per_second" | "contentions_per_second">;

function lockTile(lock: LockRates, scope: string): TileContent {
  const { acquisitions_per_second: all, contentions_per_second: waited } = lock;
  const part = all && waited !== null ? `${text(share(waited / all))} of ` : "";
  return {
    id: "locks",
    title: "Lock waits",
    quantity: waited === null ? undefined : perSecond(rate(waited)),
    note: all === null ? "" : `${part}${text(perSecond(rate(all)))} locked`,
    key: keyOf(scope, "contentions"),
  };
}

function ownerTile(lock: LockFrame, atMs: number, scope: string): TileContent {
  const { owner_pid, owner_name, owner_alive, owned_since_ms } = lock;
  const held = owned_since_ms === null ? "" : `for ${ago(atMs - owned_since_ms)}`;
  return {
    id: "owner",
    title: "Owner",
    quantity: { value: owner_pid === null ? "nobody" : String(owner_pid), unit: "" },
    note: [owner_name, owner_alive === false ? "died holding it" : held].filter(Boolean).join(", "),
    mood: owner_alive === false ? "bad" : undefined,
    key: keyOf(scope, "acquisitions"),
  };
}

/** One for each figure that the tables have of this kind. */
function figureTiles(segment: SegmentFrame, words: Hello["figures"]): TileContent[] {
  return Object.entries(segment.figures).flatMap(([id, value]): TileContent[] => {
    const what = words[id];
    // What a lock counts has its own tile and chart.
    if (what === undefined || what.kind === "lock" || !hasTile(id)) return [];
    const growth = segment.rates[id];
    return [
      {
        id: id.replaceAll(".", "-"),
        title: figureTitle(id),
        help: what.help,
        quantity: figureQuantity(id, what, value),
        note: growth === undefined ? "" : text(perSecond(rate(growth))),
        key: tableKeyOf(segment.name, id),
      },
    ];
  });
}

function waitsOf({ participants }: SegmentFrame): number[] {
  return participants.flatMap(({ waiting_ms }) => waiting_ms ?? []);
}

function flowOfAll({ total, segments }: Frame): Flow | undefined {
  const flows = segments.flatMap(({ flow }) => flow ?? []);
  if (flows.length === 0) return undefined;
  return {
    ...total,
    fill: total.fill ?? 0,
    has_latency: flows.some(({ has_latency }) => has_latency),
    full_waits_per_second: flows.reduce((sum, one) => sum + (one.full_waits_per_second ?? 0), 0),
    waits: segments.flatMap(waitsOf),
  };
}
