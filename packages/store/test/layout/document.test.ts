/** `docs/layout.md` says of caches what the source does. */
import { describe, expect, test } from "bun:test";
import { decodeSuperblock, SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { offsetsOf, rowsOf, textOf } from "../../../ipc/test/layout/support/document.ts";
import { encodeMessage } from "../../src/broadcast/message.ts";
import {
  CACHE,
  CACHE_HEADER_BYTES,
  CAPACITY_BYTES_MAX,
  CAPACITY_BYTES_MIN,
  COUNT,
  COUNTS_BYTES,
  shapeOfCapacity,
} from "../../src/cache/cache-layout.ts";
import {
  ENTRY,
  FLIGHT_COUNT,
  FLIGHT_WORDS,
  LOG_BYTES_MAX,
  LOG_BYTES_MIN,
  SHARD,
  shapeOfLog,
  shardBytes,
} from "../../src/cache/shard-layout.ts";
import {
  COUNTERS,
  directoryOffset,
  LIVES_OFFSET,
  LOCK_OFFSET,
  RECORD,
  RECORD_HEADER_BYTES,
  recordBytesOf,
} from "../../src/counters/counters-layout.ts";
import { SharedCounters } from "../../src/index.ts";
import {
  ROW,
  rowWords,
  TABLE,
  TABLE_HEADER_BYTES,
  TABLE_STATE_BYTES,
} from "../../src/table/table-layout.ts";

describe("docs/layout.md", () => {
  test("State of a cache, Shard, Entry: the offsets are those of the source", () => {
    const counters = CACHE_HEADER_BYTES / 4;
    expect(offsetsOf("State of a cache", 4)).toEqual({ ...CACHE, counters });
    expect(offsetsOf("Shard", 4)).toEqual({ mutex: 0, ...SHARD });
    expect(offsetsOf("Entry", 4)).toEqual(ENTRY);
    expect([FLIGHT_COUNT, FLIGHT_WORDS * 4]).toEqual([32, 16]);
    expect(Object.keys(COUNT).length * 8).toBe(COUNTS_BYTES);
    expect(textOf("State of a cache")).toContain("_logBytes_ / 128");
    for (let logBytes = LOG_BYTES_MIN; logBytes <= 2 * LOG_BYTES_MAX; logBytes *= 2) {
      const shape = shapeOfLog(logBytes);
      expect(shape.bucketCount).toBe(logBytes / 128);
      expect(shardBytes(shape)).toBe(Math.ceil((logBytes + logBytes / 16 + 704) / 64) * 64);
    }
  });

  test("State of a table, Row: the offsets are those of the source", () => {
    const locks = TABLE_HEADER_BYTES / 4;
    expect(offsetsOf("State of a table", 4)).toEqual({ ...TABLE, locks });
    expect(offsetsOf("Row", 4)).toEqual(ROW);
    expect(TABLE_STATE_BYTES).toBe(64 + 64 * 128);
    expect([rowWords(1), rowWords(8), rowWords(9)]).toEqual([10, 10, 18]);
  });

  test("State of counters, Record of the directory: the offsets are those of the source", () => {
    const [lock, lives] = [LOCK_OFFSET / 4, LIVES_OFFSET / 4];
    expect(offsetsOf("State of counters", 4)).toMatchObject({ ...COUNTERS, lock, lives });
    expect(offsetsOf("Record of the directory", 4)).toEqual({
      ...RECORD,
      text: RECORD_HEADER_BYTES / 4,
    });
    expect([directoryOffset(1), directoryOffset(2), directoryOffset(3)]).toEqual([200, 200, 208]);
    using home = new Home();
    using _counters = SharedCounters.createNew("counters", { capacityBytes: 4096 });
    const content = home.bytes("counters");
    const { sections } = decodeSuperblock(content, content.length, "counters");
    const row = rowsOf("Kinds").find(({ kind }) => kind === "counters");
    const ids = row?.["sections"]?.split(", ").map((name) => SECTION[name as "data"]);
    expect(sections.map(({ id }) => id).sort()).toEqual(ids?.sort() as number[]);
    expect([recordBytesOf(1), recordBytesOf(8), recordBytesOf(9)]).toEqual([16, 16, 24]);
  });
});

test("Messages to web sockets: the offsets are those of the source", () => {
  const { sender, flags, topicBytes, topic } = offsetsOf("Messages to web sockets", 1);
  const message = Buffer.from(encodeMessage(5n, "ab", "cde", true, 5));
  expect(message.readBigUInt64LE(sender)).toBe(5n);
  expect([message[flags!], message.readUInt16LE(topicBytes)]).toEqual([3, 2]);
  expect(message.toString("utf8", topic)).toBe("abcde");
});

describe("shapeOfCapacity()", () => {
  test("gives at most what was asked for, and hardly less where there is much", () => {
    for (let capacity = CAPACITY_BYTES_MIN; capacity < CAPACITY_BYTES_MAX; capacity *= 1.7) {
      const { shardCount, bytesPerShard } = shapeOfCapacity(Math.floor(capacity));
      expect(shardCount * bytesPerShard).toBeLessThanOrEqual(capacity);
      if (capacity < 2 ** 22) continue;
      expect(shardCount).toBeGreaterThanOrEqual(16);
      expect(shardCount * bytesPerShard).toBeGreaterThan(capacity * 0.93);
    }
    expect(shapeOfCapacity(CAPACITY_BYTES_MAX).shardCount).toBeGreaterThanOrEqual(16);
  });
});
