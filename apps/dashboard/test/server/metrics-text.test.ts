/** Every kind is told in full, by names that Prometheus's own checker has nothing against. */
import { describe, expect, test } from "bun:test";
import { FIGURES, figureTotals, type SegmentInfo } from "@isthmus/ipc";
import { testIf } from "@isthmus/testing/requirement";
import { segmentSamples } from "@isthmus/testing/segment-samples";
import { metricsText } from "../../src/server/metrics-text.ts";
import { parseExposition } from "../support/exposition-parser.ts";
import { findPromtool } from "../support/promtool.ts";

const SERVER = { version: "0.1.0", bun: "1.0.0", startedAtMs: 0, clients: 0, skipped: 0 };
const SAMPLES = segmentSamples(FIGURES, 1) as unknown as SegmentInfo[];
const TEXT = metricsText(SAMPLES, SERVER);
const families = parseExposition(TEXT);

/** The names of the families that tell of a segment. */
function familiesOf(segment: string): string[] {
  return Array.from(families.values())
    .filter(({ samples }) => samples.some(({ labels }) => labels.get("segment") === segment))
    .map(({ name }) => name);
}

describe("metricsText()", () => {
  test.each([
    ["channel", 13],
    ["topic", 13],
    ["service", 13],
    ["semaphore", 10],
    ["event", 8],
    ["struct", 8],
    ["mutex", 8],
  ] as const)("tells of a %s in %d families or more", (kind, least) => {
    expect(familiesOf(`a-${kind}`).length).toBeGreaterThanOrEqual(least);
  });

  test.each([
    ["channel", ["records_total", "drops_total", "full_waits_total", "empty_waits_total"]],
    ["topic", ["records_total", "lost_total", "laps_total", "lag_records", "fill_ratio"]],
    [
      "service",
      ["requests_total", "timeouts_total", "errors_total", "pending_requests", "serving"],
    ],
    ["semaphore", ["available_permits", "max_permits", "held_permits"]],
    ["event", ["set", "sets_total"]],
    ["struct", ["version", "updates_total", "record_max_bytes"]],
    ["queue", ["waiting_jobs", "in_flight_jobs", "done_total", "dead_lettered_total"]],
    ["cache", ["hits_total", "misses_total", "stale_hits_total", "hit_ratio", "entries"]],
    ["cache", ["evictions_total", "expirations_total", "computes_total", "waits_total", "bytes"]],
    ["limiter", ["allowed_total", "denied_total", "keys"]],
    ["table", ["updates_total", "rows"]],
    ["counters", ["series", "dropped_total", "bytes"]],
    ["journal", ["records_total", "bytes_total", "last_sequence", "synced_sequence"]],
    ["journal", ["unsynced_records", "lag_records", "segments", "disk_bytes"]],
    ["bridge", ["records_total", "bytes_total", "lost_total", "drops_total", "stalls_total"]],
    ["bridge", ["lag_records", "in_flight", "spilled_bytes", "away", "stalled", "stopped"]],
    ["bridge", ["acknowledge_seconds", "halted_seconds", "reconnects_total"]],
  ] as const)("tells of a %s what its owner asks for", (kind, names) => {
    const wanted = names.map((name) => `isthmus_${kind}_${name}`);
    expect(familiesOf(`a-${kind}`)).toEqual(expect.arrayContaining(wanted));
  });

  test("leaves out no figure that can be added up", () => {
    const told = Array.from(families.values()).flatMap(({ samples }) => samples);
    for (const info of SAMPLES) {
      const mine = told.filter(({ labels }) => labels.get("segment") === info.name);
      const values = mine.map(({ value }) => value);
      for (const { value, figure } of figureTotals(info)) {
        expect(values).toContain(figure.unit === "milliseconds" ? value / 1000 : value);
      }
    }
  });

  test("does not say how many permits are held where nobody notes it", () => {
    const [semaphore] = SAMPLES.flatMap(({ semaphore: one }) => one ?? []);
    const [info] = SAMPLES.filter(({ kind }) => kind === "semaphore");
    const unnoted = { ...info, semaphore: { ...semaphore, returnsOnDeath: false, held: [] } };
    const text = metricsText([unnoted as SegmentInfo], SERVER);
    expect(text).toContain("isthmus_semaphore_available_permits{");
    expect(text).not.toContain("isthmus_semaphore_held_permits{");
  });

  const promtool = findPromtool();
  testIf(promtool !== undefined, "promtool")("is what promtool accepts", () => {
    const stdin = new TextEncoder().encode(TEXT);
    const { stdout, stderr, exitCode } = Bun.spawnSync([promtool ?? "", "check", "metrics"], {
      stdin,
    });
    expect({ said: `${stdout}${stderr}`, exitCode }).toEqual({ said: "", exitCode: 0 });
  });
});
