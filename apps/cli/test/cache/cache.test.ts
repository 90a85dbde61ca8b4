/** Looking into caches that other processes hold, and changing them. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { bytes, observe, struct, u32, u64 } from "@isthmus/ipc";
import { RateLimiter, SharedCache } from "@isthmus/store";
import { WorkScene } from "../queue/support.ts";
import { runCli } from "../support/run-cli.ts";

const SIZE = { capacityBytes: 2 ** 18 } as const;

describe("isthmus cache NAME", () => {
  test("a process of its own gets, sets, lists, deletes and clears what others share", async () => {
    await using scene = new WorkScene();
    using cache = SharedCache.createNew("pages", SIZE);
    cache.set("user:1", { name: "Ada" });
    const run = (...args: string[]) => runCli(["cache", "pages", ...args], { env: scene.env });
    expect(await run("get", "user:1")).toMatchObject({ stdout: '{"name":"Ada"}\n', exitCode: 0 });
    expect(await run("set", "user:2", '{"name":"Bob"}')).toMatchObject({ stdout: "", exitCode: 0 });
    expect(cache.get("user:2")).toEqual({ name: "Bob" });
    cache.set("page", 1);
    const { stdout } = await run("keys", "--prefix", "user:");
    expect(stdout.trim().split("\n").sort()).toEqual(["user:1", "user:2"]);
    expect(await run("delete", "user:1")).toMatchObject({ exitCode: 0 });
    expect(cache.get("user:1")).toBeUndefined();
    const missing = await run("get", "user:1");
    expect(missing).toMatchObject({ stdout: "", exitCode: 3 });
    expect(missing.stderr).toContain('"pages" has no value for "user:1"');
    expect(await run("clear")).toMatchObject({ exitCode: 0 });
    expect([...cache.keys()]).toEqual([]);
  });

  test("--json: a record for each answer", async () => {
    await using scene = new WorkScene();
    using cache = SharedCache.createNew("pages", SIZE);
    const call = { cache: "pages", key: "k" };
    expect(await scene.json("cache", "pages", "set", "k", "[1]")).toEqual([{ ...call, set: true }]);
    expect(await scene.json("cache", "pages", "get", "k")).toEqual([{ ...call, value: [1] }]);
    expect(await scene.json("cache", "pages", "keys")).toEqual([{ key: "k" }]);
    const [stats] = await scene.json("cache", "pages", "stats");
    const { hits, entries, bytes: taken } = cache.metrics;
    expect(stats).toMatchObject({ name: "pages", persistent: false, hits, entries, bytes: taken });
    expect(stats).toMatchObject({ hit_ratio: 1, stale_hits: 0, shards: expect.any(Number) });
    const removed = await scene.json("cache", "pages", "delete", "k");
    expect(removed).toEqual([{ ...call, deleted: true }]);
    expect(await scene.json("cache", "pages", "clear")).toEqual([
      { cache: "pages", cleared: true },
    ]);
  });

  test("stats, and inspect, change no byte", async () => {
    await using scene = new WorkScene();
    using cache = SharedCache.createNew("pages", SIZE);
    cache.set("a", 1);
    cache.get("a");
    const { path } = observe("pages");
    const before = readFileSync(path);
    const stats = await scene.command("cache", "pages");
    expect(stats.stdout).toMatch(/hits +1\n[\s\S]*hit ratio +100\.0 %[\s\S]*entries +1\n/);
    const report = await scene.command("inspect", "pages");
    expect(report.stdout).toMatch(/\nCache\n +hits +1\n/);
    const [record] = await scene.json("inspect", "pages");
    expect(record).toMatchObject({ kind: "cache", cache: { hits: 1, entries: 1 }, limiter: null });
    expect(readFileSync(path).equals(before)).toBeTrue();
  });

  test("values of bytes and of structs, as the cache itself says", async () => {
    await using scene = new WorkScene();
    using raw = SharedCache.createNew("raw", { ...SIZE, value: bytes });
    await scene.command("cache", "raw", "set", "k", "a text");
    expect(raw.get("k")).toEqual(new TextEncoder().encode("a text"));
    expect((await scene.command("cache", "raw", "get", "k")).stdout).toBe("a text");
    raw.set("k", new Uint8Array([1, 2, 255]));
    expect(await scene.json("cache", "raw", "get", "k")).toMatchObject([{ value_base64: "AQL/" }]);
    const binary = await scene.command("cache", "raw", "get", "k");
    expect(binary).toMatchObject({ stdout: "", exitCode: 1 });
    expect(binary.stderr).toContain("--json");
    const Price = struct({ bid: u32, at: u64 });
    using prices = SharedCache.createNew("prices", { ...SIZE, value: Price });
    await scene.command("cache", "prices", "set", "k", '{"bid":7,"at":"9007199254740993"}');
    expect(prices.get("k")).toEqual({ bid: 7, at: 9007199254740993n });
    expect(await scene.json("cache", "prices", "get", "k")).toMatchObject([
      { value: { bid: 7, at: "9007199254740993" } },
    ]);
  });

  test("--ttl-ms is how long a value is good", async () => {
    await using scene = new WorkScene();
    using cache = SharedCache.createNew("pages", SIZE);
    await scene.command("cache", "pages", "set", "k", "1", "--ttl-ms", "1");
    await Bun.sleep(20);
    expect(cache.get("k")).toBeUndefined();
  });

  test("exit codes: 3 for what is not there, 2 for what means nothing, 1 for what is no cache", async () => {
    await using scene = new WorkScene();
    using _cache = SharedCache.createNew("pages", SIZE);
    using _limiter = RateLimiter.createNew("api", { limit: 1, perMs: 1000, ...SIZE });
    const code = async (...args: string[]): Promise<number | null> =>
      (await scene.command("cache", ...args)).exitCode;
    expect(await code("nothing", "stats")).toBe(3);
    expect(await code("nothing", "get", "k")).toBe(3);
    expect(await code("pages", "delete", "k")).toBe(3);
    expect(await code("pages", "get")).toBe(2);
    expect(await code("pages", "set", "k")).toBe(2);
    expect(await code("pages", "clear", "k")).toBe(2);
    expect(await code("pages", "invent")).toBe(2);
    expect(await code("pages", "get", "k", "--prefix", "k")).toBe(2);
    expect(await code("pages", "set", "k", "no json")).toBe(2);
    const limiter = await scene.command("cache", "api", "stats");
    expect(limiter).toMatchObject({ exitCode: 1 });
    expect(limiter.stderr).toContain("found limiter");
    // Everywhere by the same word, as on the dashboard.
    for (const command of [["ls"], ["inspect", "api"], ["top", "--count", "1"]]) {
      expect((await scene.command(...command)).stdout).toMatch(/(api|kind) +limiter\b/);
      const records = await scene.json(...command);
      expect(records.find(({ name }) => name === "api")).toMatchObject({ kind: "limiter" });
    }
  });
});
