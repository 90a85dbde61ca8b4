/**
 * What the tiles say of caches, rate limiters, tables and shared counters.
 *
 * @module
 */
import type { SegmentFrame } from "../wire/frame.ts";
import { tableKeyOf } from "./figures.ts";
import { count, perSecond, type Quantity, rate, share, size, text } from "./format.ts";
import { kindName } from "./kind-words.ts";
import type { TileContent } from "./tile-contents.ts";

type Part = Omit<TileContent, "key"> & { readonly figure: string };

/** The figures of one segment, by their names in the table of its kind. */
class Figures {
  readonly #segment: SegmentFrame;
  readonly #kind: string;

  constructor(segment: SegmentFrame) {
    this.#segment = segment;
    this.#kind = kindName(segment);
  }

  value(name: string): number {
    return this.#segment.figures[this.#id(name)] ?? 0;
  }

  /** How fast it grows; undefined before the second look. */
  growth(name: string): number | undefined {
    return this.#segment.rates[this.#id(name)];
  }

  /** The same, as it is told in a note. */
  pace(name: string): string {
    return text(perSecond(rate(this.growth(name) ?? 0)));
  }

  speed(name: string): Quantity | undefined {
    const growth = this.growth(name);
    return growth === undefined ? undefined : perSecond(rate(growth));
  }

  tile({ figure, ...tile }: Part): TileContent {
    return { ...tile, key: tableKeyOf(this.#segment.name, this.#id(figure)) };
  }

  /** How much of its memory is in use, and whether something has to go for want of it. */
  fill(mood: TileContent["mood"]): TileContent {
    const room = text(size(this.value("capacityBytes")));
    const isEvicting = (this.growth("evictions") ?? 0) > 0;
    return this.tile({
      id: "memory",
      title: "Memory",
      quantity: share(this.value("bytes") / Math.max(1, this.value("capacityBytes"))),
      note: isEvicting ? `of ${room}, ${this.pace("evictions")} evicted` : `of ${room}`,
      mood: isEvicting ? mood : undefined,
      figure: "bytes",
    });
  }

  #id(name: string): string {
    return `${this.#kind}.segment.${name}`;
  }
}

const TILES: Readonly<Record<string, (figures: Figures) => TileContent[]>> = {
  cache: cacheTiles,
  limiter: limiterTiles,
  table: tableTiles,
  counters: countersTiles,
};

/** The tiles of a cache, a rate limiter, a table or shared counters; undefined for any other kind. */
export function storeTiles(segment: SegmentFrame): TileContent[] | undefined {
  return TILES[kindName(segment)]?.(new Figures(segment));
}

function cacheTiles(of: Figures): TileContent[] {
  const [hits, stale, misses] = ["hits", "staleHits", "misses"].map((name) => of.growth(name) ?? 0);
  const found = (hits ?? 0) + (stale ?? 0);
  const asked = found + (misses ?? 0);
  const now = asked > 0 ? `${text(share(found / asked))} of ${text(perSecond(rate(asked)))}` : "";
  const hasErrors = (of.growth("computeErrors") ?? 0) > 0;
  return [
    of.tile({
      id: "hits",
      title: "Hits",
      quantity: of.growth("hits") === undefined ? undefined : perSecond(rate(found)),
      note: asked > 0 ? `${now} asked for` : "nothing is asked for",
      figure: "hits",
    }),
    of.tile({
      id: "hit-ratio",
      title: "Hit ratio",
      quantity: share(of.value("hitRatio")),
      note: "since it was made",
      figure: "hitRatio",
    }),
    of.tile({
      id: "sets",
      title: "Sets",
      quantity: of.speed("sets"),
      note: `${of.pace("deletes")} deleted`,
      figure: "sets",
    }),
    of.tile({
      id: "computes",
      title: "Computed",
      quantity: of.speed("computes"),
      note: hasErrors ? `${of.pace("computeErrors")} throw` : `${of.pace("waits")} waited for it`,
      mood: hasErrors ? "bad" : undefined,
      figure: "computes",
    }),
    of.tile({
      id: "entries",
      title: "Entries",
      quantity: { value: count(of.value("entries")), unit: "" },
      note: `${of.pace("expirations")} expired`,
      figure: "entries",
    }),
    of.fill(undefined),
  ];
}

function limiterTiles(of: Figures): TileContent[] {
  const denied = of.growth("denied") ?? 0;
  const asked = (of.growth("allowed") ?? 0) + denied;
  return [
    of.tile({
      id: "allowed",
      title: "Allowed",
      quantity: of.speed("allowed"),
      note: `${count(of.value("allowed"))} so far`,
      figure: "allowed",
    }),
    of.tile({
      id: "denied",
      title: "Denied",
      quantity: of.speed("denied"),
      note: asked > 0 ? `${text(share(denied / asked))} of all` : "nobody asks",
      figure: "denied",
    }),
    of.tile({
      id: "keys",
      title: "Keys",
      quantity: { value: count(of.value("keys")), unit: "" },
      note: "",
      figure: "keys",
    }),
    // Whoever is forgotten while it lacks units has all of them again.
    of.fill("warning"),
  ];
}

function tableTiles(of: Figures): TileContent[] {
  return [
    of.tile({
      id: "updates",
      title: "Updates",
      quantity: of.speed("updates"),
      note: `${count(of.value("updates"))} so far`,
      figure: "updates",
    }),
  ];
}

function countersTiles(of: Figures): TileContent[] {
  const isDropping = (of.growth("dropped") ?? 0) > 0;
  return [
    of.tile({
      id: "series",
      title: "Series",
      quantity: { value: count(of.value("series")), unit: "" },
      note: "",
      figure: "series",
    }),
    of.tile({
      id: "dropped",
      title: "Dropped",
      quantity: of.speed("dropped"),
      note: `${count(of.value("dropped"))} so far`,
      mood: isDropping ? "bad" : undefined,
      figure: "dropped",
    }),
    of.fill(undefined),
  ];
}
