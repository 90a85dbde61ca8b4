/** What observers see of caches, rate limiters, tables and journals: the figures of their users, read without a lock or a place. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CorruptSegmentError, MemoryMappedFile } from "@isthmus/core";
import {
  figureTotals,
  json,
  observe,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
  struct,
  u32,
} from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { Peer } from "@isthmus/testing/peer";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal, RateLimiter, SharedCache, SharedCounters, SharedTable } from "../../src/index.ts";
import { headName } from "../../src/journal/live-head.ts";
import { idOf, SMALL } from "../journal/support/sample-journal.ts";

const FOLLOWER = join(import.meta.dir, "..", "journal", "fixtures", "appender.ts");
const CACHE = { capacityBytes: 2 ** 20, ttlMs: 60_000 } as const;

/** Writes words into a section of a segment, as anybody can who may write to its file. */
function lie(name: string, section: string, words: readonly (readonly [number, number])[]): void {
  const { path, sections } = observe(name);
  const offset = sections.find((one) => one.name === section)?.offset ?? 0;
  using file = MemoryMappedFile.createFromFile(path);
  using view = file.createViewAccessor();
  for (const [word, value] of words) view.writeUint32(offset + word * 4, value);
}

describe("a cache", () => {
  test("tells what its users count, and how fast; looking changes no byte of it", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("pages", CACHE);
    using observer = new SegmentObserver("pages");
    const before = observer.sample() as SegmentSample;
    expect(before.cache).toMatchObject({ hits: 0, hitRatio: 0, entries: 0, bytes: 0 });
    cache.set("a", { html: "a" });
    cache.set("b", "b");
    cache.get("a");
    cache.get("a");
    cache.get("nothing");
    cache.delete("b");
    await cache.getOrCompute("c", () => "computed");
    const bytes = readFileSync(before.path);
    const after = observer.sample() as SegmentSample;
    expect(readFileSync(before.path).equals(bytes)).toBeTrue();
    expect(after.cache).toMatchObject({ ...cache.metrics });
    const { hits, misses } = cache.metrics;
    expect(hits).toBe(2);
    expect(after.cache?.hitRatio).toBe(hits / (hits + misses));
    expect(after.cache?.entriesByShard).toHaveLength(after.cache?.shards ?? 0);
    expect(after).toMatchObject({ limiter: undefined, table: undefined });
    expect(ratesBetween(before, after)?.cache?.hitsPerSecond).toBeGreaterThan(0);
    const totals = figureTotals(after, ratesBetween(before, after));
    expect(totals.find(({ kind, name }) => kind === "cache" && name === "sets")).toMatchObject({
      value: cache.metrics.sets,
      perSecond: expect.any(Number),
    });
  });

  test("tells evictions and bytes when it is full", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("full", { capacityBytes: 2 ** 15 });
    for (let i = 0; i < 2000; i++) cache.set(`key ${i}`, "x".repeat(50));
    const { evictions, bytes, capacityBytes, entries } = cache.metrics;
    expect(evictions).toBeGreaterThan(0);
    expect(observe("full").cache).toMatchObject({ evictions, bytes, capacityBytes, entries });
  });

  test("of one whose counters are nonsense nothing impossible is told", () => {
    using _home = new Home();
    using _cache = SharedCache.createNew("nonsense", CACHE);
    const high = 0xffff_ffff;
    lie(
      "nonsense",
      "data",
      [34, 35, 36, 37, 39, 40].map((word) => [word, high] as const),
    );
    lie(
      "nonsense",
      "state",
      Array.from({ length: 32 }, (_, at) => [16 + at, high] as const),
    );
    const { cache } = observe("nonsense");
    expect(cache).toMatchObject({ hits: 0, misses: 0, hitRatio: 0 });
    expect(cache?.bytes).toBeLessThanOrEqual(cache?.capacityBytes ?? 0);
    expect(cache?.entries).toBeLessThanOrEqual((cache?.capacityBytes ?? 0) / 8);
  });

  test.each([
    [2, 0, "number of shards"],
    [2, 0xffff_ffff, "number of shards"],
    [3, 0, "log"],
    [3, 0x8000_0000, "log"],
    [3, 12_345, "log"],
  ])("of one whose sizes cannot be (word %d is %d) only that is told", (word, value, what) => {
    using _home = new Home();
    using _cache = SharedCache.createNew("damaged", CACHE);
    lie("damaged", "state", [[word, value]]);
    expect(() => observe("damaged")).toThrow(CorruptSegmentError);
    expect(() => observe("damaged")).toThrow(`Cannot observe "damaged": its ${what} cannot be`);
  });
});

test("a rate limiter tells what it allowed and denied, and is no cache", () => {
  using _home = new Home();
  using limiter = RateLimiter.createNew("api", { limit: 2, perMs: 60_000, capacityBytes: 2 ** 16 });
  for (let i = 0; i < 5; i++) limiter.take("somebody");
  limiter.take("another");
  const info = observe("api");
  expect(info.limiter).toEqual(limiter.metrics);
  expect(info.limiter).toMatchObject({ allowed: 3, denied: 3, keys: 2 });
  expect(info.cache).toBeUndefined();
  expect(figureTotals(info).map(({ kind }) => kind)).toContain("limiter");
});

test("a table tells its rows and how often they were updated", () => {
  using _home = new Home();
  using table = SharedTable.createNew("prices", struct({ bid: u32 }), { length: 100 });
  for (let i = 0; i < 130; i++) {
    table.update(i % 100, (row) => {
      row.bid = i;
    });
  }
  expect(observe("prices").table).toEqual({ rows: 100, rowBytes: 4, updates: 130 });
  lie("prices", "state", [[0, 101]]);
  expect(() => observe("prices")).toThrow("it cannot have 101 rows of 4 bytes");
});

test("shared counters tell how full they are, whoever counts", () => {
  using _home = new Home();
  using counters = SharedCounters.createNew("counted", { capacityBytes: 4096 });
  expect(observe("counted").counters).toEqual(counters.metrics);
  const requests = counters.counter("requests_total", { labels: ["path"] });
  {
    using other = SharedCounters.openExisting("counted");
    other.gauge("open").set(1);
    const theirs = other.counter("requests_total", { labels: ["path"] });
    for (let i = 0; i < 600; i++) theirs.inc({ path: `/${i}` });
  }
  requests.inc({ path: "one more" });
  const info = observe("counted");
  expect(info.counters).toEqual(counters.metrics);
  const { series, dropped, bytes, capacityBytes } = counters.metrics;
  // Number 0, and the two of the gauge.
  expect({ series, dropped, bytes }).toEqual({ series: 510, dropped: 92, bytes: 4096 });
  expect(capacityBytes).toBe(4096);
  expect(figureTotals(info).map(({ kind }) => kind)).toContain("counters");
  const high = 0xffff_ffff;
  lie("counted", "state", [
    [3, high],
    [4, high],
  ]);
  expect(observe("counted").counters).toMatchObject({ series: 512, bytes: 4096 });
  lie("counted", "state", [[0, 4095]]);
  expect(() => observe("counted")).toThrow(`Cannot observe "counted": its column cannot be 4095`);
});

describe("a journal", () => {
  const name = (journal: Journal<typeof json>): string => headName(idOf(journal.path));

  test("tells how far it is appended, synced and followed; looking changes no byte of it", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const options = { schema: json, sync: "none", ...SMALL } as const;
    using journal = Journal.open(directory.file("j"), options);
    journal.append("x".repeat(100));
    using observer = new SegmentObserver(name(journal));
    const before = observer.sample() as SegmentSample;
    expect(before.journal).toEqual({
      records: 1,
      bytes: 102,
      lastSequence: 1,
      syncedSequence: 0,
      unsynced: 1,
      firstSequence: 1,
      segments: 1,
      diskBytes: 65_536,
      path: journal.path,
      followers: [],
    });
    // Another handle is told of, too, and files as they come.
    using other = Journal.open(journal.path, { ...options, sync: "always" });
    other.appendAll(Array.from({ length: 800 }, () => "y".repeat(100)));
    const bytes = readFileSync(before.path);
    const after = observer.sample() as SegmentSample;
    expect(readFileSync(before.path).equals(bytes)).toBeTrue();
    const { lastSequence, syncedSequence, segments, bytes: diskBytes } = other.metrics;
    expect(after.journal).toMatchObject({ records: 801, lastSequence, syncedSequence, segments });
    expect(after.journal).toMatchObject({ lastSequence: 801, unsynced: 0, diskBytes });
    expect(segments).toBe(2);
    expect(ratesBetween(before, after)?.journal?.recordsPerSecond).toBeGreaterThan(0);
    const lag = figureTotals(after).find(({ name: figure }) => figure === "lag");
    expect(lag).toMatchObject({ kind: "journal", part: "follower", value: 0 });
  });

  test("tells who follows, and no more of those who have ended", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), { schema: json, ...SMALL });
    journal.appendAll([1, 2, 3, 4]);
    const followers = () => observe(name(journal)).journal?.followers;
    const slow = journal.read({ follow: true })[Symbol.asyncIterator]();
    await slow.next();
    await slow.next();
    {
      using other = Journal.open(journal.path, { schema: json });
      const fast = other.read({ follow: true, from: 4 })[Symbol.asyncIterator]();
      await fast.next();
      expect(followers()).toMatchObject([
        { position: 1, lag: 3, name: "" },
        { position: 3, lag: 1, participant: { pid: process.pid, isAlive: true } },
      ]);
      const waiting = fast.next();
      await until(() => followers()?.at(-1)?.lag === 0, "one that has read all");
      // Disposing the handle ends the loop.
      other.dispose();
      await waiting;
    }
    expect(followers()).toHaveLength(1);
    await slow.return?.();
    expect(followers()).toEqual([]);
    // More than there is room for follow all the same.
    const many = Array.from({ length: 70 }, () => journal.read({ follow: true, from: 4 }));
    for (const one of many) expect((await one.next()).value).toMatchObject({ sequence: 4 });
    expect(followers()).toHaveLength(64);
    for (const one of many) await one.return();
  });

  test("tells no more of a follower that was killed, and gives its place to another one", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), { schema: json, sync: "none", ...SMALL });
    journal.append(1);
    const followers = () => observe(name(journal)).journal?.followers;
    for (let round = 0; round < 2; round++) {
      await using peer = new Peer([process.execPath, FOLLOWER]);
      peer.send("follow", journal.path, 5);
      const one = await until(() => followers()?.find(({ lag }) => lag === 0), "a follower");
      expect(one).toMatchObject({ name: "", position: 1, participant: { isAlive: true } });
      expect(followers()).toHaveLength(1);
      await peer.kill();
      expect(followers()).toEqual([]);
    }
  });

  test("of one whose numbers are nonsense nothing impossible is told", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), { schema: json, ...SMALL });
    journal.append(1);
    const high = Array.from({ length: 2048 }, (_, word) => [word, 0xffff_ffff] as const);
    lie(name(journal), "state", high);
    expect(observe(name(journal)).journal).toMatchObject({
      records: 0,
      lastSequence: 0,
      syncedSequence: 0,
      unsynced: 0,
      diskBytes: 0,
      followers: [],
      path: expect.any(String),
    });
    expect(journal.append(2)).toBe(2);
  });
});
