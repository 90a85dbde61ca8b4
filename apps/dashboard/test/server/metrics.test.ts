import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TEST_MS, until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { metricsText } from "../../src/server/metrics-text.ts";
import { Command } from "../support/command.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";
import { type Family, parseExposition } from "../support/exposition-parser.ts";

const CROWD = join(import.meta.dir, "..", "fixtures", "crowd.ts");

const stack = new AsyncDisposableStack();
let dashboard: DashboardProcess;

beforeAll(async () => {
  const directory = stack.use(new TemporaryDirectory()).path;
  const crowd = stack.use(new Command(directory, ["2", "1000"], CROWD));
  await crowd.line();
  dashboard = stack.use(await DashboardProcess.start({ directory }));
}, TEST_MS);

afterAll(async () => await stack.disposeAsync());

async function scrape(): Promise<Map<string, Family>> {
  const response = await dashboard.get("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return parseExposition(await response.text());
}

/** The value of the sample with these labels. */
function sampleValue(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  const wanted = Object.entries(labels);
  return families
    .get(name)
    ?.samples.find((one) => wanted.every(([key, value]) => one.labels.get(key) === value))?.value;
}

describe("/metrics", () => {
  test("follows the format's rules and counts what flows", async () => {
    const labels = { segment: "channel-00", direction: "consumed" };
    const first = await scrape();
    const before = sampleValue(first, "isthmus_channel_records_total", labels) ?? Number.NaN;
    await until(async () => {
      return (sampleValue(await scrape(), "isthmus_channel_records_total", labels) ?? 0) > before;
    }, "records that were counted");
    const last = await scrape();
    const count = (suffix: string, segment: string): number | undefined =>
      last
        .get("isthmus_channel_latency_seconds")
        ?.samples.find(
          ({ name, labels: each }) => name.endsWith(suffix) && each.get("segment") === segment,
        )?.value;
    expect(count("_count", "channel-00")).toBeGreaterThan(0);
    expect(count("_sum", "channel-01")).toBeGreaterThan(0);
    expect(sampleValue(last, "isthmus_channel_capacity_bytes", labels)).toBeUndefined();
    expect(
      sampleValue(last, "isthmus_channel_capacity_bytes", { segment: "channel-00" }),
    ).toBeGreaterThanOrEqual(1 << 16);
  });

  test("tells about every kind of segment, who takes part, and the server itself", async () => {
    const families = await scrape();
    const kinds = families
      .get("isthmus_segment_size_bytes")
      ?.samples.map(({ labels }) => labels.get("kind"));
    expect(new Set(kinds)).toEqual(
      new Set(["channel", "event", "memory", "mutex", "semaphore", "service", "struct", "topic"]),
    );
    const producers = { segment: "channel-01", role: "producer", state: "live" };
    expect(sampleValue(families, "isthmus_segment_participants", producers)).toBe(1);
    expect(
      sampleValue(families, "isthmus_lock_acquisitions_total", { segment: "mutex" }),
    ).toBeGreaterThan(0);
    expect(sampleValue(families, "isthmus_build_info", { bun: Bun.version })).toBe(1);
    expect(sampleValue(families, "process_cpu_seconds_total", {})).toBeGreaterThan(0);
    const names = Array.from(families.keys());
    expect(names.every((name) => /^(isthmus|process)_/.test(name))).toBe(true);
    // A pid in a label would make a new series with every process.
    const keys = Array.from(families.values()).flatMap(({ samples }) =>
      samples.flatMap(({ labels }) => Array.from(labels.keys())),
    );
    expect(keys).not.toContain("pid");
  });
});

describe("a family", () => {
  const server = { bun: "1.0.0", startedAtMs: 0, clients: 0, skipped: 0 };

  test("escapes what would break a line", () => {
    const version = 'a"b\\c\nd';
    const families = parseExposition(metricsText([], { ...server, version }));
    const [sample] = families.get("isthmus_build_info")?.samples ?? [];
    expect(sample?.labels.get("version")).toBe(version);
  });

  test("without samples is not told", () => {
    const text = metricsText([], { ...server, version: "0.1.0" });
    expect(text).not.toContain("isthmus_segment_size_bytes");
  });
});
