/**
 * What it costs to watch: CPU and memory of the server, while a client reads along.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "@isthmus/bench/statistics";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Command } from "../test/support/command.ts";
import { DashboardProcess } from "../test/support/dashboard-process.ts";
import { parseExposition } from "../test/support/exposition-parser.ts";
import { FrameCounter } from "./frame-counter.ts";

const CROWD = join(import.meta.dir, "..", "test", "fixtures", "crowd.ts");
/** One of every other kind. */
const OTHER_SEGMENTS = 7;
/** Compilers and caches have settled by then. */
const WARM_UP_MS = 10_000;
/** Each costs the server a few milliseconds. */
const READING_MS = 5000;
const INTERVAL_MS = 100;

/** What was found. */
export interface ServerCost {
  readonly segments: number;
  readonly interval_ms: number;
  readonly seconds: number;
  /** Of one core. */
  readonly cpu_share: number;
  readonly frames_per_second: number;
  readonly frame_bytes: number;
  /** The middle of the first and of the last quarter of the time. */
  readonly heap_bytes_first: number;
  readonly heap_bytes_last: number;
  readonly heap_bytes_max: number;
  readonly resident_bytes_first: number;
  readonly resident_bytes_last: number;
}

interface Reading {
  readonly cpuSeconds: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
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
  const settings = { directory: directory.path, intervalMs: INTERVAL_MS };
  await using dashboard = await DashboardProcess.start(settings);
  await using client = await FrameCounter.open(dashboard);
  await Bun.sleep(WARM_UP_MS);
  const readings = [await read(dashboard)];
  const startMs = performance.now();
  const first = { ...client.counts };
  while (performance.now() - startMs < seconds * 1000) {
    await Bun.sleep(READING_MS);
    readings.push(await read(dashboard));
    const passed = Math.round((performance.now() - startMs) / 1000);
    onProgress(`watching ${segments} segments: ${passed} of ${seconds} s`);
  }
  const elapsed = (performance.now() - startMs) / 1000;
  const frames = client.counts.frames - first.frames;
  const cpu = (readings.at(-1)?.cpuSeconds ?? 0) - (readings[0]?.cpuSeconds ?? 0);
  const quarter = Math.ceil(readings.length / 4);
  const middle = (part: readonly Reading[], name: keyof Reading): number =>
    median(part.map((reading) => reading[name]));
  return {
    segments,
    interval_ms: INTERVAL_MS,
    seconds: elapsed,
    cpu_share: cpu / elapsed,
    frames_per_second: frames / elapsed,
    frame_bytes: Math.round((client.counts.bytes - first.bytes) / Math.max(1, frames)),
    heap_bytes_first: middle(readings.slice(0, quarter), "heapBytes"),
    heap_bytes_last: middle(readings.slice(-quarter), "heapBytes"),
    heap_bytes_max: Math.max(...readings.map(({ heapBytes }) => heapBytes)),
    resident_bytes_first: middle(readings.slice(0, quarter), "residentBytes"),
    resident_bytes_last: middle(readings.slice(-quarter), "residentBytes"),
  };
}

/** Reads the server's own figures; that costs it a few milliseconds each time. */
async function read(dashboard: DashboardProcess): Promise<Reading> {
  const families = parseExposition(await (await dashboard.get("/metrics")).text());
  const value = (name: string): number => families.get(name)?.samples[0]?.value ?? Number.NaN;
  return {
    cpuSeconds: value("process_cpu_seconds_total"),
    heapBytes: value("process_heap_bytes"),
    residentBytes: residentBytesOf(dashboard.pid) ?? value("process_resident_memory_bytes"),
  };
}

/** Without what is only mapped: the watched memory is not the server's. */
function residentBytesOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
  } catch {
    return undefined;
  }
}
