import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Demonstration } from "../../src/server/demonstration.ts";
import { argumentsFor } from "../../src/server/demonstration-child.ts";
import type { DemonstrationState } from "../../src/wire/demonstration-state.ts";
import type { LogEntry } from "../../src/wire/log-entry.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";

const RATE = { records_per_second: 2000, size_bytes: 128, batch_records: 4 };

/** Whether a process is there; one that is dead and not yet buried is not. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const isLinux = process.platform === "linux";
    return !isLinux || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function start(dashboard: DashboardProcess): Promise<DemonstrationState> {
  const { token } = await dashboard.hello();
  const { status } = await dashboard.demonstration({ action: "start", ...RATE }, token);
  expect(status).toBe(200);
  return await dashboard.demonstrationState();
}

async function flowing(dashboard: DashboardProcess): Promise<void> {
  await until(async () => {
    return ((await dashboard.snapshot()).total.consumed_per_second ?? 0) > 0;
  }, "records that flow");
}

describe("the demonstration", () => {
  test("is two real processes whose figures agree with what was watched", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    const { producer, consumer, phase, channel } = await start(dashboard);
    expect(phase).toBe("running");
    expect(isThere(producer.pid as number) && isThere(consumer.pid as number)).toBe(true);
    await flowing(dashboard);
    const seen = await dashboard.snapshot();
    const segment = seen.segments.find(({ name }) => name === channel);
    expect(segment?.participants.map(({ pid }) => pid).sort()).toEqual(
      [producer.pid as number, consumer.pid as number].sort(),
    );
    expect(segment?.flow?.has_latency).toBe(true);
    const { token } = await dashboard.hello();
    expect((await dashboard.demonstration({ action: "stop" }, token)).status).toBe(200);
    const state = await dashboard.demonstrationState();
    expect(state.phase).toBe("stopped");
    expect(state.error).toBeNull();
    const messages = state.producer.summary?.messages ?? 0;
    expect(messages).toBeGreaterThanOrEqual(segment?.flow?.consumed ?? Number.NaN);
    expect(state.consumer.summary).toMatchObject({ messages, lost: 0, corrupt: 0 });
    expect(isThere(producer.pid as number) || isThere(consumer.pid as number)).toBe(false);
    expect(readdirSync(directory.path)).toEqual([]);
  });

  test("takes other parameters while it runs, with the same consumer", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    const before = await start(dashboard);
    await flowing(dashboard);
    const { token } = await dashboard.hello();
    const wish = { action: "start", ...RATE, size_bytes: 512 };
    expect((await dashboard.demonstration(wish, token)).status).toBe(200);
    const after = await dashboard.demonstrationState();
    expect(after.parameters.size_bytes).toBe(512);
    expect(after.consumer.pid).toBe(before.consumer.pid);
    expect(after.producer.pid).not.toBe(before.producer.pid);
    await until(async () => {
      const { total } = await dashboard.snapshot();
      const perRecord = (total.bytes_per_second ?? 0) / (total.records_per_second ?? 0);
      return Math.round(perRecord) === 512;
    }, "records of the new size");
  });

  test.each(["producer", "consumer"] as const)(
    "goes on with another %s when it is killed, and all of that is told",
    async (role) => {
      using directory = new TemporaryDirectory();
      await using dashboard = await DashboardProcess.start({ directory: directory.path });
      const before = await start(dashboard);
      await flowing(dashboard);
      await using events = await dashboard.events();
      const { token } = await dashboard.hello();
      expect((await dashboard.demonstration({ action: "kill", role }, token)).status).toBe(200);
      const kinds: string[] = [];
      // It may be told first how the first two had joined.
      const isAllTold = (): boolean =>
        kinds.includes("recovered") && kinds.lastIndexOf("joined") > kinds.indexOf("died");
      while (!isAllTold()) {
        const entries = (await events.next("log")).data as LogEntry[];
        const about = entries.filter(({ text }) => text.includes(role));
        kinds.push(...about.map(({ kind }) => kind));
      }
      // Who comes next joins first and then clears up, and may be seen in between.
      expect(kinds.at(-3)).toBe("died");
      expect(new Set(kinds.slice(-2))).toEqual(new Set(["recovered", "joined"]));
      await flowing(dashboard);
      const after = await dashboard.demonstrationState();
      expect(after[role].pid).not.toBe(before[role].pid);
      // Whoever comes next finds a ring that has filled meanwhile.
      await until(async () => {
        return (await dashboard.snapshot()).issues.length === 0;
      }, "that nothing is wrong");
    },
  );

  test.each(["SIGINT", "SIGKILL"] as const)(
    "ends when the dashboard does, by %s",
    async (signal) => {
      using directory = new TemporaryDirectory();
      await using dashboard = await DashboardProcess.start({ directory: directory.path });
      const { producer, consumer } = await start(dashboard);
      await flowing(dashboard);
      dashboard.command.signal(signal);
      expect(await dashboard.command.end()).toBe(signal === "SIGINT" ? 130 : "SIGKILL");
      await until(() => {
        return !isThere(producer.pid as number) && !isThere(consumer.pid as number);
      }, "the end of its processes");
      expect(readdirSync(directory.path)).toEqual([]);
    },
  );

  test.each([
    ["does not exist", ["/no/such/program"], /ENOENT.*no\/such\/program/],
    ["crashes at once", ["sh", "-c", "echo crashed on purpose >&2; exit 9"], /crashed on purpose$/],
    ["fails after a while", ["sh", "-c", "sleep 1.5; exit 9"], /exit code 9$/],
  ])("stops and says why when its program %s", async (_, program, reason) => {
    await using demonstration = new Demonstration(program, "nobody", () => undefined);
    await demonstration.start(RATE);
    await until(() => demonstration.state.phase === "stopped", "the end");
    expect(demonstration.state.error).toMatch(/^The (producer|consumer) failed: /);
    expect(demonstration.state.error).toMatch(reason);
    const { producer, consumer } = demonstration.state;
    expect([producer.pid, consumer.pid]).toEqual([null, null]);
  });

  test("starts only these commands, with numbers that were checked", () => {
    const common = { channel: "demonstration-1", parameters: RATE };
    expect(argumentsFor({ role: "producer", ...common }).join(" ")).toBe(
      "producer --channel demonstration-1 --json --quiet --capacity 1048576 --latency --count 0 " +
        "--rate 2000 --size 128 --batch 4 --keep-waiting",
    );
    expect(argumentsFor({ role: "consumer", ...common }).join(" ")).toBe(
      "consumer --channel demonstration-1 --json --quiet --capacity 1048576 --latency --follow",
    );
  });
});
