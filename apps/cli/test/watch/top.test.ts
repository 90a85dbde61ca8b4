import { describe, expect, test } from "bun:test";
import { Scene } from "../segments/support.ts";
import { LiveCommand } from "./live-command.ts";

describe("isthmus top", () => {
  test("--json tells of each segment what flows, piles up and is refused, and who lives", async () => {
    await using scene = new Scene();
    const consumer = await scene.start("consumer orders", "mutex lock", "acquire lock");
    const producer = await scene.start("producer orders", "send orders 5");
    scene.plant("garbage", "no segment");
    await using top = new LiveCommand(scene.places.env, "top", "--json", "--interval-ms", "50");
    const first = await top.until(({ name }) => name === "orders");
    expect(first).toMatchObject({
      kind: "channel",
      held: true,
      participants_live: 2,
      participants_dead: 0,
      records: 5,
      bytes: 40,
      records_per_second: null,
      consumed: 0,
      lag: 5,
      fill: (5 * 16) / 4096,
      drops: 0,
      latency_ns_p99: null,
      producers: [{ pid: producer.pid, name: "holder.ts", alive: true }],
      consumer: { pid: consumer.pid, name: "holder.ts", alive: true },
      lock_owner: null,
      error: null,
    });
    expect(first["sampled_at_ms"]).toBeNumber();
    await producer.tell("send orders 1000");
    const full = await top.until(({ drops }) => drops === 749);
    expect(full).toMatchObject({ name: "orders", records: 256, lag: 256, fill: 1 });
    await consumer.tell("poll orders 6");
    // A look in the middle of it sees fewer.
    const flowing = await top.until(({ name, lag }) => name === "orders" && lag === 250);
    expect(flowing).toMatchObject({ consumed: 6, records_per_second: 0 });
    expect(flowing["consumed_per_second"]).toBeGreaterThan(0);
    const lock = await top.until(({ name }) => name === "lock");
    expect(lock).toMatchObject({
      kind: "mutex",
      records: null,
      lock_owner: { pid: consumer.pid, alive: true },
      acquisitions: 1,
      acquisitions_per_second: 0,
    });
    const garbage = await top.until(({ name }) => name === "garbage");
    expect(garbage["error"]).toContain("length");
    for (const one of [producer, consumer]) await one.kill();
    const dead = await top.until((record) => record["held"] === false && record["lag"] === 250);
    expect(dead).toMatchObject({
      participants_dead: 2,
      producers: [{ pid: producer.pid, alive: false }],
      consumer: { pid: consumer.pid, alive: false },
    });
    top.signal("SIGINT");
    expect(await top.end()).toBe(130);
    expect(await top.errors()).toBe("isthmus: interrupted\n");
  });

  test("without a terminal repeats its table, so often as it is told", async () => {
    await using scene = new Scene();
    const empty = await scene.run("top", "--count", "1");
    expect(empty.stdout).toContain("Nothing has a name in");
    const records = await scene.run("top", "--json", "--count=2", "--interval-ms=1");
    expect(records.stdout).toBe("");
    expect(records.stderr.match(/Nothing has a name in/g)).toHaveLength(1);
    const producer = await scene.start("producer orders", "send orders 300");
    await scene.leave("mutex lock", "acquire lock");
    const { stdout, stderr, exitCode } = await scene.run("top", "--count=2", "--interval-ms=10");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const tables = stdout.split("\n\n").map((table) => table.trimEnd().split("\n"));
    expect(tables.map((lines) => lines.length)).toEqual([3, 3]);
    expect(tables[0]?.[0]).toMatch(/^NAME +KIND +RECORDS\/S +BYTES\/S +FILL +LAG +P99 /);
    expect(tables[0]?.[1]).toMatch(/^lock +mutex .* 1 dead +holder\.ts \(\d+\) dead /);
    const line = new RegExp(`^orders +channel .* 100\\.0 % +256 .* 44 +0 +${producer.pid} → – +–$`);
    for (const table of tables) expect(table[2]).toMatch(line);
    expect(tables[1]?.[2]).toMatch(/^orders +channel +0 +0 B\/s /);
  });

  test("ends with 2 for a wrong command line", async () => {
    await using scene = new Scene();
    for (const args of [["x"], ["--count", "0"], ["--interval-ms", "0"], ["--interval-ms", "1s"]]) {
      const { stdout, exitCode } = await scene.run("top", ...args);
      expect({ args, stdout, exitCode }).toEqual({ args, stdout: "", exitCode: 2 });
    }
  });
});
