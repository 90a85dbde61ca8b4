import { describe, expect, test } from "bun:test";
import { crossingPoint } from "../src/report/crossing-point.ts";
import {
  formatBytes,
  formatFigure,
  formatRatio,
  formatTarget,
} from "../src/report/format-figure.ts";
import { markdownReport } from "../src/report/markdown-report.ts";
import { drawPictures } from "../src/report/pictures.ts";
import { BEGIN, END, withBenchmarkSection } from "../src/report/readme-section.ts";
import { caseOf, claimOf, resultsOf } from "./support/results.ts";

const LATENCY = {
  count: 900,
  latency_ns_min: 9000,
  latency_ns_p50: 10_000,
  latency_ns_p90: 20_000,
  latency_ns_p99: 300_000,
  latency_ns_p999: 4_000_000,
  latency_ns_max: 5_000_000,
};

const RESULTS = resultsOf({
  warnings: ["Only 3 rounds."],
  cases: [
    caseOf("a.one", [100, 110, 120], { labels: ["batched"] }),
    caseOf("a.two", [200, 210, 240], { role: "peer" }),
    caseOf("a.three", [], { skipped: "no\ncompiler | here" }),
    caseOf("latency.channel", [10_000], { latency: LATENCY, title: "channels" }),
    caseOf("transfer.pipe-16", [1e6], {
      unit: "bytes_per_second",
      title: "pipe, 16 B",
      record_bytes: 16,
    }),
    caseOf("transfer.pipe-4096", [1e9], {
      unit: "bytes_per_second",
      title: "pipe, 4096 B",
      record_bytes: 4096,
    }),
  ],
  claims: [
    claimOf("reached", 2.5, { target: { at_least: 2, up_to: 3 }, verdict: "holds" }),
    claimOf("missed", 0.5, {
      target: { at_least: 2 },
      verdict: "fails",
      reason: "The disk decides.",
    }),
    claimOf("plain", 4),
  ],
  peers_skipped: [{ peer: "zeromq", reason: "it aborts" }],
});

describe("figures", () => {
  test.each([
    [1.25 * 2 ** 30, "bytes_per_second", "1.25 GiB/s"],
    [12_340_000, "records_per_second", "12.3 M/s"],
    [7312, "ns", "7.31 µs"],
    [0.552, "ns", "0.55 ns"],
    [1.5 * 2 ** 20, "bytes", "1.50 MiB"],
    [null, "ns", "–"],
  ] as const)("%p in %s is %s", (value, unit, text) => {
    expect(formatFigure(value, unit)).toBe(text);
  });

  test("ratios, targets and sizes", () => {
    const { ratio } = claimOf("x", 2);
    expect(formatRatio(ratio)).toBe("2.00x (1.80–2.20)");
    expect(formatRatio(ratio && { ...ratio, samples: [2] })).toBe("2.00x (?)");
    expect([formatTarget({ at_least: 2, up_to: 3 }), formatTarget({ at_least: 1 })]).toEqual([
      "2–3x",
      "≥ 1x",
    ]);
    expect([formatBytes(512), formatBytes(4096), formatBytes(2 ** 30)]).toEqual([
      "512 B",
      "4 KiB",
      "1 GiB",
    ]);
  });
});

describe("the report", () => {
  const text = markdownReport(RESULTS, [{ file: "claims.svg", title: "Claims" }]);

  test("names machine, versions, parameters and the command that repeats it", () => {
    expect(text).toContain("Made-up <CPU> & Sons, 4 CPUs, 8 GiB");
    expect(text).toContain("Linux 9.9 x64, Bun 1.4.5");
    expect(text).toContain("2025-03-01, quick run, 5 interleaved rounds in 1 s");
    expect(text).toContain("`bun run cli benchmark --quick --rounds 5`");
  });

  test("has each claim with figures, interval, target and verdict, and says why one fails", () => {
    expect(text).toContain(
      "| title of reached (batched) | 110 ns | 210 ns | 2.50x (2.25–2.75) | 2–3x | holds |",
    );
    expect(text).toContain("| **fails** |");
    expect(text).toContain("- title of missed (fails): The disk decides.");
    expect(text).not.toContain("title of plain:");
  });

  test("warns, shows percentiles, and lists what was not measured", () => {
    expect(text).toContain("- Only 3 rounds.");
    expect(text).toContain("| channels | 10.0 µs | 20.0 µs | 300 µs | 4.00 ms | 5.00 ms | 900 |");
    expect(text).toContain("- zeromq: it aborts");
    expect(text).toContain("- a.three: no compiler | here");
    expect(text).toContain("![Claims](claims.svg)");
  });
});

describe("pictures", () => {
  const pictures = drawPictures(RESULTS);

  test("are drawn for what there is, and are whole documents", () => {
    expect(pictures.map(({ file }) => file)).toEqual([
      "claims.svg",
      "throughput.svg",
      "latency.svg",
    ]);
    for (const { svg } of pictures) {
      expect(svg).toStartWith("<svg ");
      expect(svg.trimEnd()).toEndWith("</svg>");
      expect(svg).toContain("prefers-color-scheme: dark");
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  test("escape what they are given", () => {
    const results = resultsOf({
      claims: [
        claimOf("x", 2, { title: 'a <b> & "c"', target: { at_least: 1 }, verdict: "holds" }),
      ],
    });
    const [picture] = drawPictures(results);
    expect(picture?.svg).toContain("a &lt;b&gt; &amp; &quot;c&quot;");
  });

  test("are not drawn for nothing", () => {
    expect(drawPictures(resultsOf({ claims: [] }))).toEqual([]);
  });
});

describe("crossingPoint()", () => {
  const small = (name: string, bytes: number, ns: number) =>
    caseOf(`small.${name}-${bytes}`, [ns], {
      role: name === "mapping" ? "isthmus" : "peer",
      record_bytes: bytes,
    });

  test("is the size from which on mapping never loses, to the best of the others", () => {
    const cases = [
      ...[10, 20, 30, 40].map((bytes, i) => small("mapping", bytes, [9, 5, 9, 3][i] ?? 0)),
      ...[10, 20, 30, 40].map((bytes) => small("readFileSync", bytes, 7)),
      ...[10, 20, 30, 40].map((bytes) => small("bytes", bytes, 50)),
    ];
    expect(crossingPoint(cases)?.fromBytes).toBe(40);
    expect(crossingPoint(cases)?.rows[0]).toEqual({ bytes: 10, mappingNs: 9, readingNs: 7 });
  });

  test("is nowhere when the largest file is read faster, and unknown without figures", () => {
    const cases = [small("mapping", 10, 9), small("bytes", 10, 7)];
    expect(crossingPoint(cases)).toMatchObject({ fromBytes: undefined });
    expect(crossingPoint([])).toBeUndefined();
  });
});

describe("withBenchmarkSection()", () => {
  test("replaces what lies between the two lines, and nothing else", () => {
    const document = `before\n${BEGIN}\nformer text\n${END}\nafter\n`;
    const once = withBenchmarkSection(document, RESULTS);
    expect(once).toStartWith(`before\n${BEGIN}\n`);
    expect(once).toEndWith(`${END}\nafter\n`);
    expect(once).not.toContain("former text");
    expect(once).toContain("Made-up <CPU> & Sons");
    expect(once).toContain("| title of missed (batched) |");
    expect(withBenchmarkSection(once, RESULTS)).toBe(once);
  });

  test("says why rows do not hold, or where that is said", () => {
    const document = `${BEGIN}${END}`;
    expect(withBenchmarkSection(document, RESULTS)).toContain("> Only 3 rounds.");
    const short = withBenchmarkSection(document, RESULTS, "table");
    expect(short).not.toContain("Only 3 rounds.");
    expect(short).toContain("| title of missed (batched) | 0.50x");
    expect(short).toContain("(docs/how-fast.md)");
  });

  test("tells apart what is slower than what one could use instead", () => {
    const more = [
      claimOf("lost", 0.5, { group: "latency" }),
      claimOf("won", 2, { group: "latency" }),
      claimOf("limit", 0.5, { group: "physics" }),
    ];
    const results = { ...RESULTS, claims: [...RESULTS.claims, ...more] };
    for (const detail of ["table", "whole"] as const) {
      const section = withBenchmarkSection(`${BEGIN}${END}`, results, detail);
      expect(section.split("Where it is slower")[1]).toContain("- title of lost: 0.50x");
      expect(section).not.toContain("title of won");
      expect(section).not.toContain("title of limit");
    }
    expect(withBenchmarkSection(`${BEGIN}${END}`, RESULTS)).not.toContain("Where it is slower");
  });

  test.each(["", BEGIN, `${BEGIN}${END}${BEGIN}`, END])("refuses a document %p", (document) => {
    expect(() => withBenchmarkSection(document, RESULTS)).toThrow("must have one line");
  });
});
