/** What is counted together is told together, and nothing else is. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { testIf } from "@isthmus/testing/requirement";
import { type HistogramSample, SharedCache, SharedCounters } from "../../src/index.ts";

const SMALL = { capacityBytes: 4096, maxParticipants: 8 } as const;

/** The value of one series. */
function sampleOf(counters: SharedCounters, name: string, labels: object = {}): number | undefined {
  const family = counters.read().find((one) => one.name === name);
  if (family === undefined || family.type === "histogram") return undefined;
  return family.samples.find((sample) => Bun.deepEquals(sample.labels, labels))?.value;
}

/** Text with everything that has to be escaped. */
function sampleText(counters: SharedCounters): string {
  const help = 'Back\\slash,\n"two" lines.';
  const hits = counters.counter("hits_total", { help, labels: ["path"] });
  hits.inc({ path: 'a\\b"c\nd é' }, 1e21);
  counters.gauge("celsius", { help: "Warmth." }).set(-Infinity);
  counters.gauge("unset", { help: "Nothing.", aggregate: "max" });
  const seconds = counters.histogram("seconds", { help: "Time.", buckets: [0.5], labels: ["a"] });
  seconds.observe({ a: "x" }, 0.25);
  return counters.text();
}

/** Runs in a thread of its own, which has a place of its own as a process would. */
async function elsewhere(body: string): Promise<void> {
  const source = `
    import { SharedCounters } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};
    ${body}
    process.exit(0);`;
  const url = URL.createObjectURL(new Blob([source], { type: "application/typescript" }));
  const worker = new Worker(url, { env: { ...process.env } as Record<string, string> });
  await new Promise((resolve, reject) => {
    worker.addEventListener("close", resolve);
    worker.onerror = (event) => reject(new Error(event.message));
  });
}

describe("SharedCounters", () => {
  test("counts with labels and without, the same name being the same thing", () => {
    using _home = new Home();
    using one = SharedCounters.createNew("all", SMALL);
    using two = SharedCounters.openExisting("all");
    const plain = one.counter("plain_total", { help: "Plain." });
    plain.inc();
    two.counter("plain_total").inc(2.5);
    expect(sampleOf(one, "plain_total")).toBe(3.5);
    const requests = one.counter("requests_total", { labels: ["method", "code"] });
    requests.inc({ method: "GET", code: 200 });
    requests.labels({ code: "200", method: "GET" }).inc(2);
    requests.inc({ method: "GET,", code: 404 }, 0);
    expect(sampleOf(two, "requests_total", { method: "GET", code: "200" })).toBe(3);
    expect(sampleOf(two, "requests_total", { method: "GET,", code: "404" })).toBe(0);
    expect(two.metrics).toMatchObject({ series: 3, dropped: 0, capacityBytes: 4096 });
  });

  test("tells labels apart however they are put together", () => {
    using _home = new Home();
    using counters = SharedCounters.createNew("all", SMALL);
    const pairs = counters.counter("pairs_total", { labels: ["a", "b"] });
    for (const [a, b] of [
      ["1:x", ""],
      ["1", ":x"],
      ["", "1:x"],
      ["x1:", "y"],
      ["x", "1:y"],
    ] as const) {
      pairs.inc({ a, b });
    }
    expect(counters.metrics.series).toBe(5);
  });

  test("puts a histogram's observations into the first bucket that is not below them", () => {
    using _home = new Home();
    using counters = SharedCounters.createNew("all", SMALL);
    const sizes = counters.histogram("sizes", { buckets: [1, 2.5, Infinity] });
    for (const size of [0, 1, 1.5, 2.5, 99]) sizes.observe(size);
    expect(counters.read()[0]).toMatchObject({
      samples: [
        {
          count: 5,
          sum: 104,
          buckets: [
            { le: 1, count: 2 },
            { le: 2.5, count: 4 },
            { le: Infinity, count: 5 },
          ],
        },
      ],
    });
    const seconds = counters.histogram("seconds", { labels: ["path"] });
    const took = seconds.startTimer({ path: "/" })();
    const sample = counters.read()[1]?.samples[0] as HistogramSample;
    expect([sample.sum, sample.buckets.length]).toEqual([took, 12]);
  });

  test("keeps what a thread has counted when it has gone, and drops its gauges", async () => {
    using _home = new Home();
    using counters = SharedCounters.createNew("all", { ...SMALL, maxParticipants: 2 });
    counters.counter("jobs_total").inc();
    for (const aggregate of ["sum", "min", "max", "average", "last"] as const) {
      counters.gauge(aggregate, { aggregate }).set(10);
    }
    const seen: object[] = [];
    const note = (): void => {
      const names = ["jobs_total", "sum", "min", "max", "average", "last"];
      seen.push(names.map((name) => sampleOf(counters, name)));
    };
    // Two places in all: the second thread takes that of the first, and counts on where that has stopped.
    for (const amount of [1, 2]) {
      await elsewhere(`
        const counters = SharedCounters.openExisting("all");
        counters.counter("jobs_total").inc(${amount});
        if (${amount} === 1) for (const aggregate of ["sum", "min", "max", "average", "last"])
          counters.gauge(aggregate, { aggregate }).set(20);
        const expected = ${amount} === 1 ? [30, 10, 20, 15, 20] : [10, 10, 10, 10, 20];
        const found = counters.read().slice(1).map(({ samples }) => samples[0]?.value);
        if (!Bun.deepEquals(found, expected)) throw new Error(found.join());`);
      note();
    }
    expect(seen).toEqual([
      [2, 10, 10, 10, 10, 20],
      [4, 10, 10, 10, 10, 20],
    ]);
  });

  test("adds to gauges, and tells of none that nobody has set", () => {
    using _home = new Home();
    using counters = SharedCounters.createNew("all", SMALL);
    const open = counters.gauge("open");
    open.inc();
    open.inc(4);
    open.dec(2);
    counters.gauge("low", { aggregate: "min" });
    const last = counters.gauge("last", { aggregate: "last", labels: ["what"] });
    last.setToCurrentTime({ what: "backup" });
    expect([sampleOf(counters, "open"), sampleOf(counters, "low")]).toEqual([3, undefined]);
    expect(
      Math.abs(Date.now() / 1000 - sampleOf(counters, "last", { what: "backup" })!),
    ).toBeLessThan(60);
    expectCode(() => last.inc({ what: "backup" }), "NotSupportedError", "ERR_NOT_SUPPORTED");
  });

  test("drops what there is no room for and says so; what is there goes on", () => {
    using _home = new Home();
    using counters = SharedCounters.createNew("full", SMALL);
    const ids = counters.counter("ids_total", { labels: ["id"] });
    for (let id = 0; id < 2000; id++) ids.inc({ id });
    const { series, dropped, bytes } = counters.metrics;
    expect([series + dropped, bytes]).toEqual([2000, 4096]);
    expect(series).toBeGreaterThan(300);
    ids.inc({ id: 0 });
    ids.inc({ id: 1999 });
    expect(sampleOf(counters, "ids_total", { id: "0" })).toBe(2);
    expect(counters.metrics.dropped).toBe(dropped + 1);
    expectCode(() => counters.counter("late_total"), "SystemError", "ENOSPC");
    expectCode(() => counters.histogram("late"), "SystemError", "ENOSPC");
  });

  test("is text", () => {
    using _home = new Home();
    using counters = SharedCounters.createNew("all", SMALL);
    expect(counters.text()).toBe("");
    const text = sampleText(counters);
    expect(text).toBe(
      [
        '# HELP hits_total Back\\\\slash,\\n"two" lines.',
        "# TYPE hits_total counter",
        'hits_total{path="a\\\\b\\"c\\nd é"} 1e+21',
        "# HELP celsius Warmth.",
        "# TYPE celsius gauge",
        "celsius -Inf",
        "# HELP unset Nothing.",
        "# TYPE unset gauge",
        "# HELP seconds Time.",
        "# TYPE seconds histogram",
        'seconds_bucket{a="x",le="0.5"} 1',
        'seconds_bucket{a="x",le="+Inf"} 1',
        'seconds_sum{a="x"} 0.25',
        'seconds_count{a="x"} 1',
        "",
      ].join("\n"),
    );
  });

  testIf(Bun.which("promtool") !== null, "promtool")("is text that Prometheus reads", async () => {
    using _home = new Home();
    using counters = SharedCounters.createNew("all", SMALL);
    const check = Bun.spawn(["promtool", "check", "metrics"], {
      stdin: new Blob([sampleText(counters)]),
      stdout: "pipe",
      stderr: "pipe",
    });
    const said = (await check.stderr.text()) + (await check.stdout.text());
    expect([said, await check.exited]).toEqual(["", 0]);
  });

  test("are disposed for a call whose labels have disposed them", () => {
    using _home = new Home();
    for (const isKnown of [false, true]) {
      for (const kind of ["counter", "gauge"] as const) {
        const counters = SharedCounters.createNew("ended", SMALL);
        const metric = counters[kind]("hits", { labels: ["path"] });
        if (isKnown) metric.labels({ path: "/" });
        const labels = {
          get path() {
            counters.dispose();
            return "/";
          },
        };
        expectCode(() => metric.inc(labels), "DisposedError", "ERR_DISPOSED");
      }
    }
  });

  test("refuses what means nothing", () => {
    using _home = new Home();
    using counters = SharedCounters.createNew("all", SMALL);
    using _cache = SharedCache.createNew("cache", { capacityBytes: 8192 });
    const type = ["TypeError", "ERR_INVALID_ARG_TYPE"] as const;
    const value = ["TypeError", "ERR_INVALID_ARG_VALUE"] as const;
    const range = ["RangeError", "ERR_OUT_OF_RANGE"] as const;
    expectCode(() => SharedCounters.createNew("all"), "SystemError", "EEXIST");
    expectCode(() => SharedCounters.openExisting("none"), "SystemError", "ENOENT");
    expectCode(
      () => SharedCounters.openExisting("cache"),
      "CorruptSegmentError",
      "ERR_CORRUPT_SEGMENT",
    );
    expectCode(() => SharedCounters.createNew("x", { capacityBytes: 100 }), ...range);
    expectCode(
      () => SharedCounters.createNew("x", { capacityBytes: 2 ** 26, maxParticipants: 100 }),
      ...range,
    );
    expectCode(() => SharedCounters.createNew("x", { size: 1 } as never), ...value);
    for (const name of ["", "1a", "a-b", "a b", "a{b}", 'a"', "é"])
      expectCode(() => counters.counter(name), ...value);
    expectCode(() => counters.counter(1 as never), ...type);
    expectCode(() => counters.counter("a", { labels: ["__a"] }), ...value);
    expectCode(() => counters.counter("a", { labels: ["a", "a"] }), ...value);
    expectCode(() => counters.counter("a", { buckets: [] } as never), ...value);
    expectCode(() => counters.histogram("a", { labels: ["le"] }), ...value);
    expectCode(() => counters.histogram("a", { buckets: [2, 1] }), ...range);
    expectCode(() => counters.histogram("a", { buckets: [Number.NaN] }), ...range);
    expectCode(() => counters.gauge("a", { aggregate: "mean" as never }), ...value);
    const hits = counters.counter("hits_total", { labels: ["path"] });
    expectCode(() => hits.inc(), ...type);
    for (const values of [undefined, null, "/"])
      expectCode(() => hits.labels(values as never), ...type);
    expectCode(() => hits.inc({} as never), ...type);
    expectCode(() => hits.inc({ path: "/", code: 1 } as never), ...value);
    for (const by of [-1, Number.NaN, Infinity])
      expectCode(() => hits.inc({ path: "/" }, by), ...range);
    expectCode(() => counters.gauge("hits_total"), ...value);
    expectCode(() => counters.counter("hits_total"), ...value);
    counters.histogram("seconds");
    expectCode(() => counters.counter("seconds_count"), ...value);
    expectCode(() => counters.histogram("seconds", { buckets: [1] }), ...value);
    expectCode(() => counters.histogram("seconds").observe(Number.NaN), ...range);
    expectCode(() => counters.gauge("warmth").set(Number.NaN), ...range);
    counters.dispose();
    expectCode(() => hits.inc({ path: "/" }), "DisposedError", "ERR_DISPOSED");
    expectCode(() => counters.text(), "DisposedError", "ERR_DISPOSED");
  });
});
