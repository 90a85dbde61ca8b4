/** Processes that count together: what they have counted stays, whoever is killed. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { linesOf } from "@isthmus/testing/lines-of";
import { ifSharedPorts } from "@isthmus/testing/requirement";
import { testEnvironment } from "@isthmus/testing/run-program";
import { SharedCounters } from "../../src/index.ts";
import { Servers } from "../support/servers.ts";

const KILLS = 3 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);

test("no count is lost or doubled when places are taken over from the killed", async () => {
  using home = new Home();
  using evidence = new Home(tmpdir());
  process.env["ISTHMUS_DIR"] = home.path;
  // Three places, one of them this process's: every process after the first two takes over from a dead one.
  using counters = SharedCounters.createNew("storm", { maxParticipants: 3 });
  const paths: string[] = [];
  const begin = async () => {
    const path = evidence.file(`${paths.length}`);
    paths.push(path);
    const script = join(import.meta.dir, "fixtures", "counting.ts");
    const peer = Bun.spawn([process.execPath, script, "storm", path], {
      env: testEnvironment({ ISTHMUS_DIR: home.path }),
      stdout: "pipe",
    });
    expect((await linesOf(peer.stdout).next()).value).toBe("counting");
    return peer;
  };
  let running = await Promise.all([begin(), begin()]);
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      await Bun.sleep(5 + ((kill * 7) % 20));
      const [victim, other] = running as [(typeof running)[0], (typeof running)[0]];
      victim.kill("SIGKILL");
      await victim.exited;
      running = [other, await begin()];
    }
  } finally {
    for (const one of running) one.kill("SIGKILL");
    await Promise.all(running.map(({ exited }) => exited));
  }
  const done = paths
    .filter((path) => existsSync(path))
    .reduce((sum, path) => sum + readFileSync(path).readDoubleLE(0), 0);
  const families = Object.fromEntries(counters.read().map((family) => [family.name, family]));
  const total = (name: string): number => {
    const family = families[name]!;
    return family.samples.reduce((sum, one) => sum + ("value" in one ? one.value : one.count), 0);
  };
  expect(done).toBeGreaterThan(1000);
  for (const name of ["counted_total", "sizes", "by_part_total"]) {
    // Each of the killed may have counted once more than it could say.
    expect(total(name)).toBeGreaterThanOrEqual(done);
    expect(total(name)).toBeLessThanOrEqual(done + paths.length);
  }
  // All are dead: so are their gauges.
  expect(total("alive")).toBe(0);
  expect(counters.metrics.dropped).toBe(0);
});

ifSharedPorts("four servers on one port answer one scrape, also when one is killed", async () => {
  using home = new Home();
  await using servers = await Servers.start(home, import.meta.dir, "servers");
  const get = async (path: string): Promise<string> => {
    return (await servers.fetch(path)).text();
  };
  const pids = await Promise.all(Array.from({ length: 100 }, () => get("/")));
  expect(new Set(pids).size).toBeGreaterThan(1);
  // Whoever answers says the same.
  for (let i = 0; i < 5; i++) {
    const text = await get("/metrics");
    expect(text).toContain('requests_total{status="200"} 100\n');
    expect(text).toContain("request_seconds_count 100\n");
    expect(text).toContain("servers 4\n");
  }
  await servers.kill(1);
  await get("/");
  const text = await get("/metrics");
  expect(text).toContain('requests_total{status="200"} 101\n');
  expect(text).toContain("servers 3\n");
});
