/**
 * The six figures that say how things are.
 *
 * @module
 */
import type { FlowFrame, Frame, LockFrame, SegmentFrame } from "../wire/frame.ts";
import { element, setAttribute, setText } from "./dom.ts";
import { ALL, keyOf, type Metric } from "./figures.ts";
import {
  byteRate,
  count,
  duration,
  NOTHING,
  perSecond,
  type Quantity,
  rate,
  share,
  text,
} from "./format.ts";
import type { Model } from "./model.ts";
import type { PageView } from "./page-view.ts";
import { Sparkline } from "./sparkline.ts";
import type { View } from "./view-state.ts";

/** Fuller than this, and it is time to look. */
const FILL_WARNING = 0.8;

/** What one tile shows. */
interface Content {
  readonly quantity: Quantity | undefined;
  readonly note: string;
  readonly mood?: "warning" | "bad" | undefined;
}

interface TileKind {
  readonly id: string;
  readonly title: string;
  readonly metric: Metric;
  readonly content: (figures: Scoped) => Content;
}

/** The figures of a scope, whichever it is. */
interface Scoped {
  readonly published: number | null;
  readonly consumed: number | null;
  readonly bytes: number | null;
  readonly drops: number | null;
  readonly dropsPerSecond: number | null;
  readonly fill: number | null;
  readonly lag: number | null;
  readonly latency: FlowFrame["latency"];
  readonly hasLatency: boolean;
  readonly acquisitions: number | null;
  readonly contentions: number | null;
}

const KINDS: readonly TileKind[] = [
  {
    id: "records",
    title: "Records",
    metric: "consumed",
    content: ({ published, consumed }) => ({
      quantity: consumed === null ? undefined : perSecond(rate(consumed)),
      note: published === null ? "" : `${text(perSecond(rate(published)))} sent`,
    }),
  },
  {
    id: "bytes",
    title: "Bytes",
    metric: "bytes",
    content: ({ bytes, published }) => ({
      quantity: bytes === null ? undefined : byteRate(bytes),
      note: bytes && published ? `${count(Math.round(bytes / published))} B a record` : "",
    }),
  },
  { id: "latency", title: "Latency, 99 %", metric: "p99", content: latencyContent },
  {
    id: "fill",
    title: "Ring fill",
    metric: "fill",
    content: ({ fill, lag }) => ({
      quantity: fill === null ? undefined : share(fill),
      note: lag === null ? "" : `${count(lag)} waiting`,
      mood: fill !== null && fill > FILL_WARNING ? "warning" : undefined,
    }),
  },
  {
    id: "drops",
    title: "Drops",
    metric: "drops",
    content: ({ drops, dropsPerSecond }) => ({
      quantity: drops === null ? undefined : rate(drops),
      note: dropsPerSecond ? `${text(perSecond(rate(dropsPerSecond)))} now` : "none now",
      mood: dropsPerSecond ? "bad" : undefined,
    }),
  },
  { id: "locks", title: "Lock waits", metric: "contentions", content: lockContent },
];

/** The row of tiles. */
export class Tiles implements PageView {
  readonly element: HTMLElement;
  readonly #tiles = KINDS.map((kind) => new Tile(kind));

  constructor() {
    const items = this.#tiles.map((tile) => tile.element);
    this.element = element("section", { id: "tiles", "aria-label": "Figures of now" }, ...items);
  }

  render(model: Model, view: View): void {
    const { frame } = model;
    if (frame === undefined) return;
    const segment = view.scope === ALL ? undefined : model.segment(view.scope);
    const figures = view.scope === ALL ? ofAll(frame) : ofSegment(segment);
    for (const tile of this.#tiles) tile.render(figures, model, view.scope);
  }
}

class Tile {
  readonly element: HTMLElement;
  readonly #kind: TileKind;
  readonly #value = element("span", { class: "value" });
  readonly #unit = element("span", { class: "unit" });
  readonly #note = element("p", { class: "note" });
  readonly #sparkline = new Sparkline();

  constructor(kind: TileKind) {
    this.#kind = kind;
    this.element = element(
      "article",
      { class: "tile card", id: `tile-${kind.id}` },
      element("h2", {}, kind.title),
      element("p", { class: "figure" }, this.#value, this.#unit),
      this.#note,
      this.#sparkline.element,
    );
  }

  render(figures: Scoped, { history }: Model, scope: string): void {
    const { quantity, note, mood } = this.#kind.content(figures);
    setText(this.#value, quantity?.value ?? NOTHING);
    setText(this.#unit, quantity?.unit ?? "");
    setText(this.#note, note);
    setAttribute(this.element, "data-mood", mood ?? "");
    this.#sparkline.render(history.of(30).values(keyOf(scope, this.#kind.metric)));
  }
}

function latencyContent({ latency, hasLatency }: Scoped): Content {
  if (latency === null) {
    return { quantity: undefined, note: hasLatency ? "nothing consumed" : "not measured" };
  }
  const half = text(duration(latency.latency_ns_p50));
  return { quantity: duration(latency.latency_ns_p99), note: `half within ${half}` };
}

function lockContent({ acquisitions, contentions }: Scoped): Content {
  if (acquisitions === null || contentions === null) {
    return { quantity: undefined, note: "no lock here" };
  }
  const locks = text(perSecond(rate(acquisitions)));
  const part = acquisitions > 0 ? `${text(share(contentions / acquisitions))} of ` : "";
  return { quantity: perSecond(rate(contentions)), note: `${part}${locks} locked` };
}

function ofAll({ total, segments }: Frame): Scoped {
  const hasFlow = segments.some(({ flow }) => flow !== null);
  const known = <T>(value: T): T | null => (hasFlow ? value : null);
  return {
    published: known(total.records_per_second),
    consumed: known(total.consumed_per_second),
    bytes: known(total.bytes_per_second),
    drops: known(total.drops),
    dropsPerSecond: total.drops_per_second,
    fill: total.fill,
    lag: known(total.lag),
    latency: total.latency,
    hasLatency: segments.some(({ flow }) => flow?.has_latency),
    acquisitions: total.acquisitions_per_second,
    contentions: total.contentions_per_second,
  };
}

function ofSegment(segment: SegmentFrame | undefined): Scoped {
  const flow: FlowFrame | null = segment?.flow ?? null;
  const lock: LockFrame | null = segment?.lock ?? null;
  return {
    published: flow?.records_per_second ?? null,
    consumed: flow?.consumed_per_second ?? null,
    bytes: flow?.bytes_per_second ?? null,
    drops: flow?.drops ?? null,
    dropsPerSecond: flow?.drops_per_second ?? null,
    fill: flow?.fill ?? null,
    lag: flow?.lag ?? null,
    latency: flow?.latency ?? null,
    hasLatency: flow?.has_latency ?? false,
    acquisitions: lock?.acquisitions_per_second ?? null,
    contentions: lock?.contentions_per_second ?? null,
  };
}
