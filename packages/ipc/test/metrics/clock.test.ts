/** The clock that processes share. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { sharedClock } from "../../src/metrics/clock.ts";

const CLOCK = join(import.meta.dir, "..", "..", "src", "metrics", "clock.ts");
const PROGRAM = `
  const { sharedClock } = await import(${JSON.stringify(CLOCK)});
  const now = sharedClock();
  for await (const _ of console) process.stdout.write(now() + "\\n");
`;

test("sharedClock() goes forward, in whole nanoseconds", () => {
  const now = sharedClock();
  let before = now();
  for (let i = 0; i < 100_000; i++) {
    const after = now();
    if (!(Number.isInteger(after) && after >= before)) throw new Error(`${after} after ${before}`);
    before = after;
  }
  expect(before).toBeGreaterThan(0);
});

test("another process's clock says a time between two of this one's", async () => {
  const now = sharedClock();
  await using child = Bun.spawn([process.execPath, "-e", PROGRAM], {
    stdin: "pipe",
    stdout: "pipe",
  });
  const reader = child.stdout.getReader();
  for (let round = 0; round < 50; round++) {
    const before = now();
    child.stdin.write("\n");
    child.stdin.flush();
    const { value } = await reader.read();
    const after = now();
    const there = Number(new TextDecoder().decode(value));
    expect({ isBetween: there >= before && there <= after }).toEqual({ isBetween: true });
  }
  child.stdin.end();
  expect(await child.exited).toBe(0);
});
