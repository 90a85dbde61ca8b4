/**
 * What it costs to watch: CPU and memory of the server, while a client reads along.
 *
 * @module
 */
import { join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Command } from "../test/support/command.ts";

import { FrameCounter } from "./frame-counter.ts";

const CROWD = join(import.meta.dir, "..", "test", "fixtures", "crowd.ts");
const SERVED = join(import.meta.dir, "served.ts");
/** One of every other kind. */
const OTHER_SEGMENTS = 7;
/** Compilers and caches have settled by then, and what is kept of the last frames is full. */
const WARM_UP_MS = 20_000;
const INTERVAL_MS = 100;
const PARTS = 6;

/** What was found. */
export interface ServerCost {
  readonly segments: number;
  readonly interval_ms: number;
  readonly seconds: number;
  /** Of one core. */
  readonly cpu_share: number;
  readonly frames_per_second: number;
  readonly frame_bytes: number;
  /** What is left of the heap after a collection, from the beginning to the end of the time. */
  readonly heap_bytes: readonly number[];
}

interface Reading {
  readonly cpu_seconds: number;
  readonly heap_bytes: number;
}

/**
 * Watches so many segments for so long.
 *
 * @param segments How many there are.
 * @param seconds How long.
 * @param onProgress Is told how far it is.
 */
export async function measureServer(
  segments: number,
  seconds: number,
  onProgress: (text: string) => void,
): Promise<ServerCost> {
  using directory = new TemporaryDirectory();
  const channels = String(segments - OTHER_SEGMENTS);
  await using crowd = new Command(directory.path, [channels, "500"], CROWD);
  await crowd.line();
  await using server = new Command(directory.path, [String(INTERVAL_MS)], SERVED);
  const { url } = JSON.parse(await server.line()) as { readonly url: string };
  await using client = await FrameCounter.open(url);
  await Bun.sleep(WARM_UP_MS);
  const startMs = performance.now();
  const first = { ...client.counts };
  const readings = [await read(server)];
  for (let part = 1; part <= PARTS; part++) {
    await Bun.sleep((seconds * 1000) / PARTS);
    readings.push(await read(server));
    onProgress(`${segments} segments: ${part} of ${PARTS} parts`);
  }
  const elapsed = (performance.now() - startMs) / 1000;
  const frames = client.counts.frames - first.frames;
  const cpu = (readings.at(-1)?.cpu_seconds ?? 0) - (readings[0]?.cpu_seconds ?? 0);
  return {
    segments,
    interval_ms: INTERVAL_MS,
    seconds: elapsed,
    cpu_share: cpu / elapsed,
    frames_per_second: frames / elapsed,
    frame_bytes: Math.round((client.counts.bytes - first.bytes) / Math.max(1, frames)),
    heap_bytes: readings.map(({ heap_bytes }) => heap_bytes),
  };
}

async function read(server: Command): Promise<Reading> {
  server.signal("SIGUSR2");
  return JSON.parse(await server.line()) as Reading;
}
