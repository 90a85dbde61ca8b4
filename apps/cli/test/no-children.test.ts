import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { PATIENCE_MS } from "@isthmus/testing/patience";
import { createPlaces } from "@isthmus/testing/places";
import type { ProgramResult } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { CONCEPTS } from "../src/demo/concepts.ts";
import { DemoRoom } from "../src/demo/room.ts";
import { runDemo } from "../src/demo/run-demo.ts";
import { runCli } from "./support/run-cli.ts";

const PRELOAD = join(import.meta.dir, "fixtures", "no-children.ts");
const MUTE = join("..", "..", "..", "test", "fixtures", "mute.ts");
const REASONS = [
  ["refused", /does not start another process: ENOENT.*no\/such\/program/],
  ["crash", /exit code 9\W+crashed on purpose/],
] as const;

async function run(how: string, args: readonly string[]): Promise<ProgramResult> {
  using directory = new TemporaryDirectory();
  const places = createPlaces(directory);
  const env = { ...places.env, BUN_OPTIONS: `--preload=${PRELOAD}`, ISTHMUS_TEST_CHILDREN: how };
  const result = await runCli(args, { env });
  expect(places.leftOver()).toEqual([]);
  return result;
}

describe.each(REASONS)("where no process can be started (%s)", (how, reason) => {
  test("the demonstration says so at each step that needs one, and ends", async () => {
    const { stdout, stderr, exitCode } = await run(how, ["demo", "--json"]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 1 });
    const records = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records).toHaveLength(CONCEPTS.flatMap(({ steps }) => steps).length);
    const failed = records.filter(({ ok }) => !ok);
    expect([...new Set(failed.map(({ concept }) => concept))]).toEqual([4, 5]);
    for (const { detail } of failed) expect(detail).toMatch(reason);
  });

  test("chaos says so at once", async () => {
    const { stdout, stderr, exitCode } = await run(how, ["chaos", "--seconds", "1"]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr.trim().split("\n").at(-1)).toMatch(reason);
  });
});

/** Runs steps that fail, in a room whose processes have so long to answer. */
async function detailsOf(
  patienceMs: number,
  ...runs: ((room: DemoRoom) => Promise<string>)[]
): Promise<string[]> {
  await using room = new DemoRoom(new AbortController().signal, patienceMs);
  const steps = runs.map((run, index) => ({ name: `step ${index}`, run }));
  const results = await Array.fromAsync(
    runDemo([{ number: 1, title: "One", steps }], room, () => undefined),
  );
  expect(results.filter(({ ok }) => ok)).toEqual([]);
  return results.map(({ detail }) => detail);
}

/** Waits for what never happens, until the step has failed for another reason. */
async function waitInVain({ signal }: DemoRoom): Promise<never> {
  return await new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

describe("where a process does not do what is waited for", () => {
  test("one that says nothing fails the step, and no other is started", async () => {
    const details = await detailsOf(
      500,
      async (room) => await room.spawn(MUTE).nextLine(),
      async (room) => await room.spawn("peer.ts", "open", "x").nextLine(),
    );
    for (const detail of details)
      expect(detail).toMatch(/Process \d+ did not answer within 500 ms/);
  });

  test("one that says nothing ends a step that waits for something else", async () => {
    const [detail] = await detailsOf(500, async (room) => {
      room.spawn(MUTE);
      return await waitInVain(room);
    });
    expect(detail).toMatch(/Process \d+ did not answer within 500 ms/);
  });

  test("one that ends too early ends a step that waits for something else", async () => {
    const [detail] = await detailsOf(PATIENCE_MS, async (room) => {
      const child = room.spawn("peer.ts", "no-such-role");
      while (child.isMute && !room.signal.aborted) await Bun.sleep(5);
      return await waitInVain(room);
    });
    expect(detail).toMatch(/ended too early: exit code 1, .*Unknown role "no-such-role"/);
  });
});
