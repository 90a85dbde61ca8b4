/**
 * Whether the page stays smooth: its frames, and how busy its thread is, with an hour of history.
 *
 * @module
 */
import { quantile } from "@isthmus/bench/statistics";
import { TestBrowser } from "../test/support/browser.ts";
import { SyntheticHour } from "./synthetic-hour.ts";

const SETTLED_MS = 8000;
/** A frame that came later than this has missed its place: at 60 a second there is one every 16.7 ms. */
const LATE_MS = 25;

/** What was found. */
export interface PageCost {
  readonly segments: number;
  readonly seconds: number;
  readonly frames_per_second: number;
  readonly frame_ms_p50: number;
  readonly frame_ms_p99: number;
  readonly late_share: number;
  /** CPU time of the page's thread, of one core: what else the machine does is not in it. */
  readonly thread_cpu_share: number;
  /** CPU time of that thread for each frame that was drawn. */
  readonly cpu_ms_per_frame: number;
  readonly heap_bytes: number;
}

/**
 * Shows an hour of so many segments, ten times a second, for so long.
 *
 * @param browserPath The browser.
 * @param segments How many segments.
 * @param seconds How long.
 */
export async function measurePage(
  browserPath: string,
  segments: number,
  seconds: number,
): Promise<PageCost> {
  await using server = await SyntheticHour.start(segments);
  await using browser = await TestBrowser.launch(browserPath);
  const page = await browser.context.newPage();
  await page.goto(`${server.url}#window=3600`);
  await page.locator("#chart-throughput .legend .value").first().waitFor();
  await page.waitForTimeout(SETTLED_MS);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const metrics = async (): Promise<ReadonlyMap<string, number>> => {
    const all = await session.send("Performance.getMetrics");
    return new Map(all.metrics.map(({ name, value }) => [name, value]));
  };
  const before = await metrics();
  const startMs = performance.now();
  const deltas = await page.evaluate(frameTimes, seconds * 1000);
  const elapsed = (performance.now() - startMs) / 1000;
  const after = await metrics();
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const framesPerSecond = (1000 * deltas.length) / deltas.reduce((sum, each) => sum + each, 0);
  return {
    segments,
    seconds: elapsed,
    frames_per_second: framesPerSecond,
    frame_ms_p50: quantile(deltas, 0.5),
    frame_ms_p99: quantile(deltas, 0.99),
    late_share: deltas.filter((each) => each > LATE_MS).length / deltas.length,
    thread_cpu_share: grown("ThreadTime") / elapsed,
    cpu_ms_per_frame: (1000 * grown("ThreadTime")) / elapsed / framesPerSecond,
    heap_bytes: after.get("JSHeapUsedSize") ?? Number.NaN,
  };
}

/** Runs in the page: the times between its frames. */
async function frameTimes(milliseconds: number): Promise<number[]> {
  return await new Promise((resolve) => {
    const deltas: number[] = [];
    const startMs = performance.now();
    let lastMs: number | undefined;
    const onFrame = (nowMs: number): void => {
      if (lastMs !== undefined) deltas.push(nowMs - lastMs);
      lastMs = nowMs;
      if (nowMs - startMs < milliseconds) requestAnimationFrame(onFrame);
      else resolve(deltas);
    };
    requestAnimationFrame(onFrame);
  });
}
