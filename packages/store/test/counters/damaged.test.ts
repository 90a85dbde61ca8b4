/** Counters that somebody has damaged: an error or an answer, never a crash, a hang or a lie in somebody else's line. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { Home } from "@isthmus/testing/home";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { SharedCounters } from "../../src/index.ts";
import { damagedCopy } from "../support/damage.ts";

const RUNS = 150 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
const LINE = /^(# (HELP|TYPE) [a-zA-Z_:][\w:]* .*|[a-zA-Z_:][\w:]*(\{.*\})? \S+)$/;

function use(name: string): void {
  try {
    using counters = SharedCounters.openExisting(name);
    for (const line of counters.text().split("\n").slice(0, -1)) expect(line).toMatch(LINE);
    counters.counter("hits_total", { labels: ["path"] }).inc({ path: "new" });
    counters.gauge("late", { aggregate: "max" }).set(1);
    expect(counters.text()).toContain("late 1");
    void counters.metrics;
  } catch (error) {
    const { name: kind, code } = error as Error & { code?: string };
    expect([kind, code].join(" ")).toMatch(
      /^(CorruptSegmentError|TimeoutError|SystemError|TypeError ERR_INVALID_ARG_VALUE)/,
    );
  }
}

test("SharedCounters answers or refuses, whatever is in its segment", () => {
  using home = new Home();
  const random = new SeededRandom(seedOf("damaged counters"));
  {
    const options = { capacityBytes: 4096, maxParticipants: 4, lifetime: "persistent" } as const;
    using counters = SharedCounters.createNew("sound", options);
    const hits = counters.counter("hits_total", { help: "Hits.", labels: ["path"] });
    for (let i = 0; i < 20; i++) hits.inc({ path: `/${i}` });
    counters.histogram("seconds", { help: "Time." }).observe(0.1);
    counters.gauge("open").set(3);
  }
  const sound = readFileSync(home.file("sound"));
  for (let run = 0; run < RUNS; run++) {
    const damaged = damagedCopy(sound, random, { words: 20, limitBytes: 2500 });
    writeFileSync(home.file("sound"), damaged);
    use("sound");
  }
});
