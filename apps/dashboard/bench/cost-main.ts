/**
 * `bun run bench:dashboard [--seconds N] [--only server,producer,page]`: what the dashboard costs, against what it may.
 * Prints one JSON object per part; what exceeds its target is told, and ends with exit code 1.
 *
 * @module
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { findBrowser } from "../test/support/browser.ts";
import { measurePage } from "./page-cost.ts";
import { measureProducer } from "./producer-cost.ts";
import { measureServer } from "./server-cost.ts";

const PARTS = ["server", "producer", "page"] as const;
const SEGMENTS = 50;
const SECONDS = 180;
const PAGE_SECONDS = 20;
const PAIRS = 20;

/** What it may cost. */
const CPU_SHARE_MOST = 0.05;
const HEAP_GROWTH_MOST_BYTES = 16 * 1024 * 1024;
const PRODUCER_RATIO_LEAST = 0.97;
const FRAMES_PER_SECOND_LEAST = 58;
const FRAME_MS_MOST: number = 1000 / 60;

const { values } = parseArgs({
  options: { seconds: { type: "string" }, only: { type: "string" } },
});
const seconds = Number(values.seconds ?? SECONDS);
const only = values.only?.split(",") ?? PARTS;
const failures: string[] = [];

if (only.includes("server")) {
  const cost = await measureServer(SEGMENTS, seconds, say);
  tell("server", cost);
  judge(cost.cpu_share < CPU_SHARE_MOST, `watching takes ${percent(cost.cpu_share)} of a core`);
  const [first = 0] = cost.heap_bytes;
  const growth = (cost.heap_bytes.at(-1) ?? 0) - first;
  judge(growth < HEAP_GROWTH_MOST_BYTES, `the heap has grown by ${growth} bytes`);
}
if (only.includes("producer")) {
  const cost = await measureProducer(PAIRS, say);
  tell("producer", cost);
  // Where the interval holds 1, no difference was seen.
  const isUnchanged = cost.ratio.value > PRODUCER_RATIO_LEAST || cost.ratio.high >= 1;
  judge(isUnchanged, `a watched producer is ${percent(cost.ratio.value)} as fast`);
}
const browser = only.includes("page") ? findBrowser() : undefined;
if (browser !== undefined) {
  const cost = await measurePage(browser, SEGMENTS, PAGE_SECONDS);
  tell("page", cost);
  const { frames_per_second: frames, cpu_ms_per_frame: cpuMs } = cost;
  const isBusy = (loadavg()[0] ?? 0) > cpus().length;
  if (isBusy) say("the machine is too busy to judge frames a second; their CPU time is judged");
  else judge(frames >= FRAMES_PER_SECOND_LEAST, `the page draws ${frames.toFixed(1)} frames/s`);
  judge(cpuMs < FRAME_MS_MOST, `a frame takes ${cpuMs.toFixed(1)} ms of CPU time`);
}
for (const failure of failures) process.stderr.write(`too much: ${failure}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

function tell(part: (typeof PARTS)[number], cost: object): void {
  const load = loadavg()[0];
  process.stdout.write(`${JSON.stringify({ part, ...cost, load_average_1min: load })}\n`);
}

function judge(isFine: boolean, what: string): void {
  if (!isFine) failures.push(what);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
