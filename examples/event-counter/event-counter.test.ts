/** The event-sourced counter: real processes, one of which is killed in the middle of adding. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "@isthmus/testing/child";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { testExample } from "../shared/test-example.ts";
import { EventCounter } from "./event-counter.ts";

testExample({
  directory: import.meta.dir,
  small: ["--events", "200"],
  says: [/worker \d+ was killed; \d+ of its events count/, /a journal, and shared memory/],
  large: ["--events", "10000000"],
});

const NAME = "counter";
const FOR_EVER = 1e9;

function start(path: string, person: number, times: number): Child {
  const args = [path, NAME, person, times, 0].map(String);
  return new Child([process.execPath, join(import.meta.dir, "worker.ts"), ...args]);
}

describe("EventCounter", () => {
  test("counts everything that was promised, once, for everybody, whoever is killed", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("events.journal");
    using counter = new EventCounter(path, NAME);
    await using victim = start(path, 1, FOR_EVER);
    await using other = start(path, 2, 300);
    let promised = 0;
    for (let i = 0; i < 3; i++) promised = Number(await victim.line());
    await victim.kill();
    for (let done = 0; done < 300; ) done = Number(await other.line());
    expect(await other.line()).toContain("endMs");
    expect(await other.end()).toBe(0);
    counter.add(3, -5);
    expect(counter.of(1)).toBeGreaterThanOrEqual(promised);
    expect([counter.of(2), counter.of(3), counter.of(4)]).toEqual([300, -5, 0]);
    using late = new EventCounter(path, NAME);
    expect(late.total).toBe(late.of(1) + 300 - 5);
    await until(() => counter.total === late.total, "what the victim had no time to publish");
    expect([counter.of(1), counter.of(2), counter.of(3)]).toEqual([late.of(1), 300, -5]);
    expect(counter.events).toBe(late.of(1) + 300 + 1);
  });

  test("counts on in a process that comes when all others are gone", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("events.journal");
    for (let times = 1; times <= 3; times++) {
      using counter = new EventCounter(path, NAME);
      counter.add(1, 10);
      expect(counter.total).toBe(times * 10);
    }
    using counter = new EventCounter(path, NAME);
    setTimeout(() => counter.add(2, 1), 5);
    for (let i = 0; i < 4; i++) await counter.next();
    expect(counter.total).toBe(31);
  });

  test("says so when events are missing, rather than a count that is wrong", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("events.journal");
    {
      using counter = new EventCounter(path, NAME);
      for (let i = 0; i < 3; i++) counter.add(1, 1);
      await counter.flushed();
    }
    const file = join(path, "00000000000000000001.seg");
    const bytes = readFileSync(file);
    const second = bytes.indexOf(Buffer.from(new Float64Array([2]).buffer), 4096);
    bytes.writeUInt8(99, second + 24);
    writeFileSync(file, bytes);
    using counter = new EventCounter(path, NAME);
    expect(() => counter.total).toThrow("Events 2 to 2 are missing");
  });
});
