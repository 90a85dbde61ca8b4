import { expect, test } from "bun:test";
import { join } from "node:path";
import { json, WorkQueue } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { Command } from "../support/command.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";
import { describeInBrowser } from "./browser-suite.ts";
import { untilFits } from "./cut-off.ts";

const ACTOR = join(import.meta.dir, "..", "fixtures", "actor.ts");
const LONG_MS = 600_000;

describeInBrowser("the view of a queue", ({ open }) => {
  test("shows who works on what, and what becomes of it", async () => {
    using home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 2 });
    await using first = await worker(home.path);
    queue.add({ ms: LONG_MS }, { priority: 3 });
    await using dashboard = await DashboardProcess.start({ directory: home.path });
    await using watched = await open(`${dashboard.url}#segment=tasks`);
    const rowOf = ({ pid }: { readonly pid: number }, text: RegExp) =>
      watched.at(`#workers tr:has(td:text-is("${pid}"))`, text);
    await rowOf(first, /live\s*job 1[\d.]+ (ms|s)13$/).waitFor();
    await rowOf(process, /idle\s*idle–––$/).waitFor();
    await using second = await worker(home.path);
    await rowOf(second, /idle\s*idle/).waitFor();
    await watched.at("#detail", "PausednoAttempts, at most2").waitFor();
    await watched.at("#chart-throughput .legend", /added .*done/).waitFor();
    queue.addAll([{ ms: 0 }, { ms: 0 }], { delayMs: LONG_MS });
    await watched.at("#tile-waiting .note", "2 delayed, 0 held").waitFor();
    await watched.at("#tile-in-flight", "oldest").waitFor();
    await watched.at("#verdict", "Nothing is wrong.").waitFor();
    for (let jobs = 0; jobs < 20; jobs++) queue.add({ ms: 5 });
    await watched.at("#tile-run-time .note", "half within").waitFor();
    first.signal("SIGKILL");
    await rowOf(first, /dead\s*nothing any more/).waitFor();
    await rowOf(second, /live\s*job 1[\d.]+ (ms|s)23$/).waitFor();
    const { pid } = second;
    const told = `job 1 was given to worker ${pid} (actor.ts), attempt 2`;
    await watched.at("#log [data-kind=redelivered]", told).waitFor();
    await watched.at("#verdict[data-mood=good]", "Nothing is wrong.").waitFor();
    for (const id of ["throughput", "jobs", "job-times", "oldest"]) {
      await watched.at(`#chart-${id}`, "").waitFor();
    }
    const others = watched.page.locator("#chart-latency:visible, #chart-lag:visible");
    expect(await others.count()).toBe(0);
    second.signal("SIGKILL");
    await using third = await worker(home.path);
    await watched.at("#log [data-kind=dead-letter]", "job 1 became a dead letter").waitFor();
    await watched.at("#tile-dead-letters .value", "1").waitFor();
    await watched.at("#verdict[data-mood=bad]", "jobs become dead letters").waitFor();
    await watched.at("#verdict[data-mood=good]", "Nothing is wrong.").waitFor();
    queue.pause();
    await watched.at("#detail", "Pausedyes: no job is taken").waitFor();
    await watched.at("#segments tr", "tasks").filter({ hasText: "paused" }).waitFor();
    queue.add({ ms: LONG_MS });
    queue.resume();
    await rowOf(third, /job 24/).waitFor();
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 390],
    ] as const) {
      await watched.page.emulateMedia({ colorScheme });
      await watched.page.setViewportSize({ width, height: 900 });
      await untilFits(watched, `the queue at ${width}`);
      await watched.keep(`queue-${colorScheme}-${width}`);
      expect(await watched.barriers()).toEqual([]);
    }
    expect(watched.complaints).toEqual([]);
  });
});

async function worker(directory: string): Promise<Command> {
  const command = new Command(directory, ["worker"], ACTOR);
  await command.line();
  return command;
}
