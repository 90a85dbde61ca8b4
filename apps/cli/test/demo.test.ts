import { describe, expect, test } from "bun:test";
import { createPlaces } from "@isthmus/testing/places";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { CONCEPTS } from "../src/demo/concepts.ts";
import { runCli } from "./support/run-cli.ts";

const STEPS = CONCEPTS.flatMap(({ number, steps }) => steps.map(({ name }) => ({ number, name })));
describe("isthmus demo", () => {
  test("--json prints one line per step, all of them ok, and leaves nothing behind", async () => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    const { stdout, stderr, exitCode } = await runCli(["demo", "--json"], { env: places.env });
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.filter(({ ok }) => !ok)).toEqual([]);
    expect(records.map(({ concept, step }) => ({ number: concept, name: step }))).toEqual(STEPS);
    for (const record of records) {
      expect(Object.keys(record)).toEqual(["concept", "step", "ok", "detail"]);
      expect(record.detail).not.toBe("");
    }
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(places.leftOver()).toEqual([]);
  });

  test("runs when no command is named, and ends with a summary and what to do next", async () => {
    const { stdout, stderr, exitCode } = await runCli([]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    for (const { number, title } of CONCEPTS) expect(stdout).toContain(`${number}  ${title}\n`);
    const summary = stdout.slice(stdout.lastIndexOf("\n\n") + 2);
    expect(summary).toMatch(/^Concept +steps +ok +skipped +failed +time\n/);
    expect(summary).toMatch(new RegExp(`\\nTogether +${STEPS.length} +\\d+ +\\d+ +0 `));
    const next = summary.match(/^→ isthmus (\w+)/gm)?.map((line) => line.split(" ")[2]) ?? [];
    expect(next.slice(0, 2)).toEqual(["producer", "consumer"]);
    for (const name of next) expect((await runCli(["help", name ?? ""])).exitCode).toBe(0);
    expect(summary.split("\n").at(-2)).toStartWith("→ isthmus help ");
  });
});
