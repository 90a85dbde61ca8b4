/**
 * What the tiles say of caches, rate limiters, tables and shared counters.
 *
 * @module
 */
import type { SegmentFrame } from "../wire/frame.ts";
import { count, perSecond, rate, share, text } from "./format.ts";
import type { TileContent } from "./tile-contents.ts";
import { TileFigures } from "./tile-figures.ts";

const TILES: Readonly<Record<string, (of: TileFigures) => TileContent[]>> = {
  cache: cacheTiles,
  limiter: limiterTiles,
  table: tableTiles,
  counters: countersTiles,
};

/** The tiles of a cache, a rate limiter, a table or shared counters; undefined for any other kind. */
export function storeTiles(segment: SegmentFrame): TileContent[] | undefined {
  const { kind } = segment;
  return TILES[kind]?.(new TileFigures(segment, `${kind}.segment`));
}

/** How often so far, as it is told in a note. */
function soFar(of: TileFigures, name: string): string {
  return `${count(of.value(name))} so far`;
}

function cacheTiles(of: TileFigures): TileContent[] {
  const [hits, stale, misses] = ["hits", "staleHits", "misses"].map((name) => of.growth(name) ?? 0);
  const found = (hits ?? 0) + (stale ?? 0);
  const asked = found + (misses ?? 0);
  const speed = of.growth("hits") === undefined ? undefined : perSecond(rate(found));
  const part = `${text(share(found / asked))} of ${text(perSecond(rate(asked)))} asked for`;
  const isFailing = (of.growth("computeErrors") ?? 0) > 0;
  const waits = isFailing
    ? `${of.pace("computeErrors")} throw`
    : `${of.pace("waits")} waited for it`;
  const mood = isFailing ? "bad" : undefined;
  const ratio = share(of.value("hitRatio"));
  return [
    of.tile("hits", "Hits", "hits", speed, asked > 0 ? part : "nothing is asked for"),
    of.tile("hit-ratio", "Hit ratio", "hitRatio", ratio, "since it was made"),
    of.tile("sets", "Sets", "sets", of.speed("sets"), `${of.pace("deletes")} deleted`),
    of.tile("computes", "Computed", "computes", of.speed("computes"), waits, mood),
    of.tile(
      "entries",
      "Entries",
      "entries",
      of.level("entries"),
      `${of.pace("expirations")} expired`,
    ),
    of.fillTile(undefined),
  ];
}

function limiterTiles(of: TileFigures): TileContent[] {
  const denied = of.growth("denied") ?? 0;
  const asked = (of.growth("allowed") ?? 0) + denied;
  const part = asked > 0 ? `${text(share(denied / asked))} of all` : "nobody asks";
  return [
    of.tile("allowed", "Allowed", "allowed", of.speed("allowed"), soFar(of, "allowed")),
    of.tile("denied", "Denied", "denied", of.speed("denied"), part),
    of.tile("keys", "Keys", "keys", of.level("keys"), ""),
    // Whoever is forgotten while it lacks units has all of them again.
    of.fillTile("warning"),
  ];
}

function tableTiles(of: TileFigures): TileContent[] {
  return [of.tile("updates", "Updates", "updates", of.speed("updates"), soFar(of, "updates"))];
}

function countersTiles(of: TileFigures): TileContent[] {
  const mood = (of.growth("dropped") ?? 0) > 0 ? "bad" : undefined;
  return [
    of.tile("series", "Series", "series", of.level("series"), ""),
    of.tile("dropped", "Dropped", "dropped", of.speed("dropped"), soFar(of, "dropped"), mood),
    of.fillTile(undefined),
  ];
}
