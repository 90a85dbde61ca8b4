/** What is written for Python's Prometheus client, read as that reads it, and by that. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { testIf } from "@isthmus/testing/requirement";
import { SharedCounters } from "../../src/index.ts";

const PYTHON = process.env["ISTHMUS_TEST_PYTHON"] ?? "python3";
const hasClient =
  Bun.which(PYTHON) !== null &&
  Bun.spawnSync([
    PYTHON,
    "-c",
    "from prometheus_client import mmap_dict; mmap_dict._unpack_two_doubles",
  ]).exitCode === 0;

/** As `mmap_dict.py` reads a file. */
function* entriesOf(path: string): Generator<[key: unknown, value: number, seconds: number]> {
  const data = readFileSync(path);
  expect(Math.log2(data.length) % 1).toBe(0);
  expect(data.length).toBeGreaterThanOrEqual(65_536);
  const used = data.readInt32LE(0);
  for (let at = 8; at < used; ) {
    const keyBytes = data.readInt32LE(at);
    const padded = keyBytes + (8 - ((keyBytes + 4) % 8));
    expect(data.toString("utf8", at + 4 + keyBytes, at + 4 + padded).trim()).toBe("");
    const numbers = at + 4 + padded;
    const key: unknown = JSON.parse(data.toString("utf8", at + 4, at + 4 + keyBytes));
    yield [key, data.readDoubleLE(numbers), data.readDoubleLE(numbers + 8)];
    at = numbers + 16;
  }
}

/** Counts something of each kind. */
function count(counters: SharedCounters): void {
  const hits = counters.counter("hits_total", { help: "Hits, “all”.", labels: ["path"] });
  for (const path of ["/", "/a", "/ab", "/abc", "/abcd", "/é€", '/"\\\n']) hits.inc({ path }, 2);
  counters.counter("bare").inc();
  counters.gauge("open", { help: "Open." }).set(3);
  counters.gauge("low", { aggregate: "min" }).set(-1);
  counters.gauge("high", { aggregate: "max" }).set(9);
  counters.gauge("mean", { aggregate: "average" }).set(5);
  counters.gauge("time", { aggregate: "last" }).set(7);
  const seconds = counters.histogram("seconds", { help: "Time.", buckets: [0.5, 1] });
  for (const value of [0.25, 0.5, 0.75, 3]) seconds.observe(value);
}

describe("SharedCounters.writePythonFiles()", () => {
  test("writes files as Python's client has them", () => {
    using home = new Home();
    using place = new Home(tmpdir());
    process.env["ISTHMUS_DIR"] = home.path;
    using counters = SharedCounters.createNew("all_of_us");
    count(counters);
    counters.writePythonFiles(place.path);
    counters.counter("bare").inc();
    counters.writePythonFiles(place.path);
    const names = [
      "counter",
      "gauge_max",
      "gauge_min",
      "gauge_mostrecent",
      "gauge_sum",
      "histogram",
    ];
    expect(readdirSync(place.path).sort()).toEqual(
      names.map((kind) => `${kind}_isthmus-all_of_us.db`),
    );
    const entries = [...entriesOf(place.file("counter_isthmus-all_of_us.db"))];
    expect(entries).toHaveLength(8);
    expect(entries[5]?.[0]).toEqual(["hits", "hits_total", { path: "/é€" }, "Hits, “all”."]);
    expect(entries.at(-1)).toEqual([["bare", "bare_total", {}, ""], 2, expect.any(Number)]);
    const histogram = [...entriesOf(place.file("histogram_isthmus-all_of_us.db"))];
    expect(histogram.map(([key, value]) => [...(key as unknown[]).slice(1, 3), value])).toEqual([
      ["seconds_sum", {}, 4.5],
      ["seconds_bucket", { le: "0.5" }, 2],
      ["seconds_bucket", { le: "1" }, 1],
      ["seconds_bucket", { le: "+Inf" }, 1],
    ]);
    expectCode(() => counters.writePythonFiles(place.file("none")), "SystemError", "ENOENT");
    expectCode(() => counters.writePythonFiles(1 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
  });

  test("makes files as long as they must be", () => {
    using home = new Home();
    using place = new Home(tmpdir());
    process.env["ISTHMUS_DIR"] = home.path;
    using counters = SharedCounters.createNew("many");
    const ids = counters.counter("ids_total", { labels: ["id"] });
    for (let id = 0; id < 3000; id++) ids.inc({ id }, id);
    counters.writePythonFiles(place.path);
    const path = place.file("counter_isthmus-many.db");
    expect([...entriesOf(path)].map(([, value]) => value)).toEqual([...Array(3000).keys()]);
    expect(readFileSync(path).length).toBe(2 ** 18);
  });

  testIf(hasClient, "Python's prometheus_client 0.18")("adds up with what Python counts", () => {
    using home = new Home();
    using place = new Home(tmpdir());
    process.env["ISTHMUS_DIR"] = home.path;
    using counters = SharedCounters.createNew("all_of_us");
    count(counters);
    counters.writePythonFiles(place.path);
    const program = `
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
Counter("hits_total", "Hits, “all”.", ["path"]).labels("/é€").inc(5)
Gauge("open", "Open.", multiprocess_mode="sum").set(4)
Histogram("seconds", "Time.", buckets=[0.5, 1]).observe(0.1)
registry = CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
print(generate_latest(registry).decode())`;
    const { stdout, stderr } = Bun.spawnSync([PYTHON, "-c", program], {
      env: { ...process.env, PROMETHEUS_MULTIPROC_DIR: place.path },
    });
    expect(stderr.toString()).toBe("");
    const lines = stdout.toString().split("\n");
    for (const line of [
      'hits_total{path="/é€"} 7.0',
      'hits_total{path="/\\"\\\\\\n"} 2.0',
      "bare_total 1.0",
      "open 7.0",
      "low -1.0",
      "high 9.0",
      "mean 5.0",
      "time 7.0",
      'seconds_bucket{le="0.5"} 3.0',
      'seconds_bucket{le="1.0"} 4.0',
      'seconds_bucket{le="+Inf"} 5.0',
      "seconds_count 5.0",
      "seconds_sum 4.6",
    ]) {
      expect(lines).toContain(line);
    }
  });
});
