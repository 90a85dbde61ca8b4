/** Short versions of what `bun run stress` does at length, and harm that it must find. */
import { describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { Consumer, struct, u32 } from "@isthmus/ipc";
import { OtherNames } from "@isthmus/programs/name-root";
import { Home } from "@isthmus/testing/home";
import { createPlaces } from "@isthmus/testing/places";
import {
  interruptProgram,
  type ProgramOptions,
  type ProgramResult,
  runProgram,
} from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import type { Fault } from "../src/judges/findings.ts";
import { findLeaks, takeStock } from "../src/resources.ts";
import type { NemesisOrder } from "../src/roster.ts";
import type { Verdict } from "../src/run-chaos.ts";
import { flood } from "../src/stress/flood.ts";
import { journalStorm } from "../src/stress/journal-storm.ts";

const NONE = { lost: 0, torn: 0, duplicated: 0, stuck: 0, leaked: 0 };
const MAIN = join(import.meta.dir, "..", "src", "stress", "stress-main.ts");

function runStress(
  args: readonly string[],
  env: ProgramOptions["env"] = {},
): Promise<ProgramResult> {
  return runProgram([process.execPath, MAIN, ...args], { env });
}

/** Lets records flow until one participant has done harm on purpose, and no other is done. */
async function floodWith(order: NemesisOrder): Promise<Verdict> {
  const { verdict } = await flood({
    seed: 1,
    records: 0,
    leastKills: 0,
    order,
    signal: new AbortController().signal,
    onSkip: () => {},
    onProgress: () => {},
  });
  return verdict;
}

describe("stress", () => {
  test("floods, opens and closes, and keeps many open, and nothing is lost or left", async () => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    const sizes = ["--records", "300000", "--cycles", "300", "--channels", "100", "--kills", "4"];
    const args = [...sizes, "--journal-kills", "4", "--seed", "1", "--json"];
    const { stdout, stderr, exitCode } = await runStress(args, places.env);
    expect(exitCode, stderr).toBe(0);
    const { parts, ...faults } = JSON.parse(stdout) as { parts: Record<string, number>[] };
    expect(faults).toMatchObject({ seed: 1, ...NONE });
    const [crowd, channels, mutexes, flooded, storm, journals] = parts;
    expect(crowd).toMatchObject({ channels: 100, records: 10_000 });
    expect(crowd?.["descriptors_open"]).toBeGreaterThanOrEqual(100);
    expect([channels?.["cycles"], mutexes?.["cycles"]]).toEqual([300, 300]);
    expect(flooded?.["delivered"]).toBeGreaterThanOrEqual(300_000);
    expect(flooded?.["kills"]).toBeGreaterThanOrEqual(10);
    expect(storm?.["kills"]).toBeGreaterThanOrEqual(4);
    expect(storm?.["done"]).toBeGreaterThan(0);
    expect(journals?.["kills"]).toBeGreaterThanOrEqual(4);
    expect(journals?.["records"]).toBeGreaterThan(0);
    expect(places.leftOver()).toEqual([]);
  });

  const harms: readonly (readonly [NemesisOrder, Fault])[] = [
    [{ scenario: "flood", role: "producer", harm: "skip" }, "lost"],
    [{ scenario: "flood", role: "producer", harm: "repeat" }, "duplicated"],
    [{ scenario: "flood", role: "producer", harm: "tear" }, "torn"],
    [{ scenario: "deluge", role: "producer", harm: "tear" }, "torn"],
  ];
  for (const [order, fault] of harms) {
    test(`finds that a producer of ${order.scenario} does this: ${order.harm}`, async () => {
      const { faults } = await floodWith(order);
      expect(faults[fault]).toBeGreaterThan(0);
      expect({ ...faults, [fault]: 0 }).toEqual(NONE);
    });
  }

  test.each([["promise", "lost"] as const, ["tear", "torn"] as const])(
    "finds that a victim of a journal's storm does this: %s",
    async (harm, fault) => {
      using _home = new Home();
      using directory = new TemporaryDirectory();
      const { findings } = await journalStorm({
        seed: 1,
        kills: 1,
        directory: directory.path,
        harm,
        signal: new AbortController().signal,
        onProgress: () => {},
      });
      expect(findings.map((finding) => finding.fault)).toContain(fault);
    },
  );

  test("a storm that is interrupted tells what it has found", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const interruption = new AbortController();
    const { figures, findings } = await journalStorm({
      seed: 1,
      kills: 1_000_000,
      directory: directory.path,
      harm: "promise",
      signal: interruption.signal,
      onProgress: (kills) => {
        if (kills === 3) interruption.abort();
      },
    });
    expect(figures.kills).toBeGreaterThanOrEqual(3);
    expect(findings.map(({ fault }) => fault)).toContain("lost");
  });

  test("finds what was left open, mapped, or lying about", () => {
    using directory = new TemporaryDirectory();
    using _names = new OtherNames(directory.path);
    const schema = struct({ id: u32 });
    // What a process needs for its first segment, it keeps.
    Consumer.createOrOpen("first", { schema }).dispose();
    const before = takeStock(directory.path);
    expect(findLeaks("nothing", before, takeStock(directory.path))).toEqual([]);
    const fd = openSync(directory.path, "r");
    try {
      using _left = Consumer.createOrOpen("left", { schema });
      const found = findLeaks("this", before, takeStock(directory.path));
      const segments = process.platform === "linux" ? ["segments after this"] : [];
      const details = ["descriptors after this", ...segments, "files after this"];
      expect(found.map(({ detail }) => detail)).toEqual(details);
    } finally {
      closeSync(fd);
    }
    const grown = { ...before, rssBytes: before.rssBytes + (65 << 20) };
    expect(findLeaks("this", before, grown)).toMatchObject([{ fault: "leaked", count: 1 }]);
  });

  test("Ctrl-C ends it with 130 and leaves nothing behind", async () => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    for (const [args, pattern] of [
      [["--cycles", "1000000000"], /[1-9]\d* cycles/],
      [["--records", "1000000000000"], /[1-9]\d* kill/],
      [["--kills", "100000"], /[1-9]\d* kill/],
      [["--journal-kills", "100000"], /[1-9]\d* kill/],
    ] as const) {
      const command = [process.execPath, MAIN, ...args];
      const { stderr, exitCode } = await interruptProgram(command, pattern, places);
      expect(exitCode, stderr).toBe(130);
      expect(places.leftOver()).toEqual([]);
    }
  });

  test("refuses what it does not know, and tells what it knows", async () => {
    for (const args of [["--records", "many"], ["--channels", "100000"], ["--nothing"]]) {
      const { exitCode, stderr } = await runStress(args);
      expect(exitCode).toBe(2);
      expect(stderr).toStartWith("stress: ");
    }
    expect(await runStress(["--help"])).toMatchObject({ exitCode: 0, stderr: "" });
  });
});
