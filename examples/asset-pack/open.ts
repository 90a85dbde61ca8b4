/**
 * Opens packs and adds up one asset of each: `open.ts mapped|index|whole PATH NAME …`.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { endOfParent, say } from "../shared/processes.ts";
import { quantile } from "../shared/report.ts";
import { AssetPack } from "./asset-pack.ts";

/** The first time of anything is that of compiling it. */
const ROUNDS = 21;

/** What opening cost. */
export interface Opening {
  readonly openMs: number;
  /** The most memory that the process had meanwhile. */
  readonly peakBytes: number;
  readonly sum: number;
}

/** Where each asset lies, for those who do not use the pack's own table: as JSON beside it. */
export type Index = Readonly<Record<string, readonly [offset: number, length: number]>>;

const WAYS: Readonly<Record<string, (path: string, name: string) => number>> = {
  /** Nothing is read but what is looked at. */
  mapped: (path, name) => {
    using pack = new AssetPack(path);
    return sumOf(pack.floats(name));
  },
  /** Reads and parses what there is, then the one asset. */
  index: (path, name) => {
    const [offset, length] = placeOf(path, name);
    const bytes = new Uint8Array(length);
    const fd = openSync(path, "r");
    try {
      readSync(fd, bytes, 0, length, offset);
    } finally {
      closeSync(fd);
    }
    return sumOf(new Float32Array(bytes.buffer));
  },
  /** Has all assets in memory, as a game that may need any of them at once. */
  whole: (path, name) => {
    const { buffer, byteOffset } = readFileSync(path);
    const [offset, length] = placeOf(path, name);
    return sumOf(new Float32Array(buffer, byteOffset + offset, length / 4));
  },
};

function placeOf(path: string, name: string): readonly [offset: number, length: number] {
  const index = JSON.parse(readFileSync(`${path}.json`, "utf8")) as Index;
  const place = index[name];
  if (place === undefined) throw new RangeError(`There is no asset "${name}"`);
  return place;
}

function sumOf(numbers: Float32Array): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

endOfParent();
const [way = "", ...packs] = process.argv.slice(2);
const open = WAYS[way];
if (open === undefined) throw new RangeError(`There is no way "${way}"`);
for (let pack = 0; pack < packs.length; pack += 2) {
  const [path = "", name = ""] = packs.slice(pack);
  let sum = 0;
  let peakBytes = 0;
  const times = Array.from({ length: ROUNDS }, () => {
    const startMs = performance.now();
    sum = open(path, name);
    const elapsedMs = performance.now() - startMs;
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    return elapsedMs;
  });
  say({ openMs: quantile(times, 0.5), peakBytes, sum } satisfies Opening);
}
