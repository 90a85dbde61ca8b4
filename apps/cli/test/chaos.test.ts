/** The command: a short run with everything there is, Ctrl-C in the middle, and what it refuses. */
import { describe, expect, test } from "bun:test";
import { createPlaces } from "@isthmus/testing/places";
import { interruptProgram } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MAIN, runCli } from "./support/run-cli.ts";

const RUN_SECONDS = 5;
const NONE = { lost: 0, torn: 0, duplicated: 0, stuck: 0, leaked: 0 };
const TIMES = ["recovery_ms_p99", "start_ms_p99", "wait_ms_p99", "processor_ms_p99"];

describe("isthmus chaos", () => {
  test("kills, stops, fills and deletes, and nothing is lost; the last line says so", async () => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    const args = ["chaos", "--seconds", String(RUN_SECONDS), "--seed", "5", "--json"];
    const { stdout, stderr, exitCode } = await runCli(args, { env: places.env });
    const record = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
    expect(stderr).toContain("--seed 5");
    expect(record, stderr).toMatchObject({ seed: 5, ...NONE });
    expect(Object.keys(record)).toEqual(["seed", "kills", ...Object.keys(NONE), ...TIMES]);
    expect(record["kills"]).toBeGreaterThan(0);
    expect(exitCode).toBe(0);
    expect(places.leftOver()).toEqual([]);
  });

  test("Ctrl-C ends it with 130 and leaves nothing behind", async () => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    const command = [process.execPath, MAIN, "chaos", "--seconds", "600"];
    const { stderr, exitCode } = await interruptProgram(command, /[1-9]\d* kill/, places);
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain("interrupted");
    expect(places.leftOver()).toEqual([]);
  });

  test("refuses what it does not know", async () => {
    for (const args of [
      ["--only", "nothing"],
      ["--seconds", "0"],
      ["--seed", "x"],
    ]) {
      const { exitCode, stderr } = await runCli(["chaos", ...args]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("isthmus");
    }
  });
});
