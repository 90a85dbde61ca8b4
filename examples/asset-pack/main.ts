/**
 * Opens packs of ever more assets: `bun examples/asset-pack/main.ts [--assets 10000] [--kib 64]`.
 *
 * @module
 */
import { strictEqual } from "node:assert";
import { mkdtempDisposableSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, duration, printTable, size } from "../shared/report.ts";
import { type Asset, AssetPack, writePack } from "./asset-pack.ts";
import type { Index, Opening } from "./open.ts";

const OPEN = join(import.meta.dir, "open.ts");
const { assets, kib } = numberOptions({ assets: 10_000, kib: 64 });
const WAYS = ["mapped", "index", "whole"] as const;

interface Pack {
  readonly length: number;
  readonly path: string;
  readonly bytes: number;
}

function nameOf(asset: number): string {
  return `meshes/${String(asset).padStart(6, "0")}`;
}

/** A mesh is numbers; its sum follows from its own number. */
function meshOf(asset: number): Asset {
  const write = ({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): void => {
    new Float32Array(buffer, byteOffset, length / Float32Array.BYTES_PER_ELEMENT).fill(asset);
  };
  return { name: nameOf(asset), length: kib * 1024, write };
}

function makePack(path: string, length: number): void {
  const meshes = Array.from({ length }, (_, asset) => meshOf(asset));
  writePack(path, meshes);
  using pack = new AssetPack(path);
  const places = [...pack.places()].map((one) => [one.name, [one.offset, one.length]] as const);
  writeFileSync(`${path}.json`, JSON.stringify(Object.fromEntries(places) satisfies Index));
}

await runExample(async (signal) => {
  using directory = mkdtempDisposableSync(join(tmpdir(), "isthmus-pack-"));
  const packs: Pack[] = [];
  for (const length of [assets / 100, assets / 10, assets].map(Math.ceil)) {
    const path = join(directory.path, `${length}.pack`);
    makePack(path, length);
    packs.push({ length, path, bytes: statSync(path).size });
    console.log(`${count(length)} assets in ${size(statSync(path).size)}`);
    await Bun.sleep(0);
    signal.throwIfAborted();
  }
  const columns: string[][] = [];
  for (const way of WAYS) {
    const openings = await openAll(signal, way, packs);
    const peak = Math.max(...openings.map(({ peakBytes }) => peakBytes));
    columns.push([way, ...openings.map(({ openMs }) => duration(openMs)), size(peak)]);
  }
  const names = packs.map(({ length, bytes }) => `${count(length)} assets, ${size(bytes)}`);
  const heads = ["open, and use one asset", ...names, "most memory"];
  printTable(heads.map((head, row) => [head, ...columns.map((column) => column[row] ?? "")]));
});

async function openAll(
  signal: AbortSignal,
  way: string,
  packs: readonly Pack[],
): Promise<Opening[]> {
  const args = packs.flatMap(({ path, length }) => [path, nameOf(length - 1)]);
  await using program = new Program(signal, OPEN, way, ...args);
  const openings: Opening[] = [];
  for (const { length } of packs) {
    const opening = await program.next<Opening>();
    strictEqual(opening.sum, (length - 1) * kib * 256);
    openings.push(opening);
  }
  return openings;
}
