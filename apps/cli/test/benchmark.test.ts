import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createPlaces } from "@isthmus/testing/places";
import { testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MAIN, runCli } from "./support/run-cli.ts";

/** Two micro benchmarks: the fastest claim. */
const FAST = ["benchmark", "--quick", "--rounds", "3", "--only", "physics-accessor"];

describe("isthmus benchmark", () => {
  test("--json prints the whole run as one line, and writes it beside a report and pictures", async () => {
    using directory = new TemporaryDirectory();
    const { env, leftOver } = createPlaces(directory);
    const output = directory.file("out");
    const { stdout, stderr, exitCode } = await runCli([...FAST, "--json", "--output", output], {
      env,
    });
    expect(exitCode).toBe(0);
    expect(stdout.split("\n").length).toBe(2);
    const results = JSON.parse(stdout);
    expect(results).toMatchObject({
      kind: "isthmus-bench",
      schema_version: 1,
      parameters: { mode: "quick", rounds: 3, only: ["physics-accessor"] },
      claims: [{ id: "physics-accessor", verdict: "measured" }],
    });
    expect(results.cases.map(({ id }: { id: string }) => id)).toEqual([
      "accessors.readInt32",
      "accessors.getInt32",
    ]);
    expect(results.claims[0].ratio.samples.length).toBe(3);
    expect(JSON.parse(readFileSync(directory.file("out/results.json"), "utf8"))).toEqual(results);
    expect(readdirSync(output).sort()).toEqual(["report.md", "results.json"]);
    expect(stderr).toContain(`written to ${output}`);
    expect(leftOver()).toEqual([]);
  });

  test("prints a table, and with --compare what has changed", async () => {
    using directory = new TemporaryDirectory();
    const options = { cwd: directory.path };
    expect((await runCli([...FAST], options)).exitCode).toBe(0);
    const old = "bench-results/results.json";
    const { stdout, exitCode } = await runCli([...FAST, "--compare", old], options);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ViewAccessor\.readInt32 \/ DataView +[\d.]+ ns +[\d.]+ ns .* measured/);
    expect(stdout).toMatch(/accessors\.getInt32 .* (faster|slower|unclear)/);
    expect(stdout).toContain("repeat it: `isthmus benchmark --quick --rounds 3");
  });

  test("an unknown name is a usage error that lists the groups", async () => {
    const { stdout, stderr, exitCode } = await runCli(["benchmark", "--only", "speed"]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toContain(
      "--only speed is neither a claim nor a suite; groups of claims are sequential",
    );
    expect(stderr).not.toContain("physics-mutex");
    const near = await runCli(["benchmark", "--only", "mesages"]);
    expect(near.stderr).toContain("did you mean messages?");
  });

  test.each([
    [["--rounds", "0"], 2, "it must be a whole number"],
    [["--compare", "absent.json"], 3, "absent.json"],
    [["--compare", "../package.json"], 1, 'its kind must be "isthmus-bench"'],
  ])("%p ends with %d before anything is measured", async (flags, expected, message) => {
    const { stdout, stderr, exitCode } = await runCli(["benchmark", ...flags], {
      cwd: import.meta.dir,
    });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: expected });
    expect(stderr).toContain(message);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s ends it with %d and leaves no file and no process behind",
    async (signal, expected) => {
      using directory = new TemporaryDirectory();
      const places = createPlaces(directory);
      const command = ["benchmark", "--only", "records", "--output", directory.file("out")];
      await using child = Bun.spawn([process.execPath, MAIN, ...command], {
        env: testEnvironment(places.env),
        stdout: "pipe",
        stderr: "pipe",
      });
      // Two processes talk by then.
      while (processesIn(directory.path).length < 2) await Bun.sleep(10);
      child.kill(signal);
      expect(await child.exited).toBe(expected);
      while (processesIn(directory.path).length > 0) await Bun.sleep(10);
      expect(places.leftOver()).toEqual([]);
      expect(readdirSync(directory.path).sort()).toEqual(["names", "tmp"]);
      expect(await new Response(child.stdout).text()).toBe("");
      expect(await new Response(child.stderr).text()).toContain("isthmus: interrupted");
    },
  );
});

test("Ctrl-C ends it with what complete rounds have found", async () => {
  using directory = new TemporaryDirectory();
  const command = ["benchmark", "--only", "physics-accessor", "--rounds", "900", "--output", "out"];
  await using child = Bun.spawn([process.execPath, MAIN, ...command], {
    cwd: directory.path,
    env: testEnvironment(createPlaces(directory).env),
    stdout: "pipe",
    stderr: "pipe",
  });
  let told = "";
  for await (const bytes of child.stderr) {
    told += Buffer.from(bytes);
    if (!child.killed && /round [2-9]/.test(told)) child.kill("SIGINT");
  }
  expect(await child.exited).toBe(130);
  expect(told).toEndWith("isthmus: interrupted\n");
  const { parameters, claims } = await Bun.file(join(directory.path, "out", "results.json")).json();
  expect(parameters.rounds).toBeGreaterThan(0);
  expect(await new Response(child.stdout).text()).toContain(claims[0].title);
});

/** The processes that work in a directory, found by their own. */
function processesIn(path: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`ISTHMUS_DIR=${path}/names/`);
    } catch {
      // Ended since, or somebody else's.
      return false;
    }
  });
}
