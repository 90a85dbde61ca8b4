/** A journal in one process: what its methods promise. */
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { bytes, f64, json, struct, u32 } from "@isthmus/ipc";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal, type JournalEntry, JournalPublisher } from "../../src/index.ts";
import { crcOf } from "../../src/journal/crc.ts";
import { entriesOf, NUMBERS, SMALL, segmentsOf } from "./support/sample-journal.ts";

const Order = struct({ id: u32, price: f64 });

describe("Journal", () => {
  test("keeps records with their sequences and times, for whoever opens it next", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("orders.journal");
    const before = Date.now();
    {
      using journal = Journal.open(path, { schema: Order, sync: "interval" });
      expect(journal.append({ id: 7, price: 1.5 })).toBe(1);
      expect(journal.append({ id: 8, price: 2.5 })).toBe(2);
      await journal.flushed();
      expect(journal.metrics).toEqual({
        firstSequence: 1,
        lastSequence: 2,
        syncedSequence: 2,
        segments: 1,
        bytes: 2 ** 26,
      });
    }
    using journal = Journal.open(path, { schema: Order });
    expect(journal.append({ id: 9, price: 3.5 })).toBe(3);
    const found: JournalEntry<typeof Order>[] = [];
    for await (const entry of journal.read({ from: "start" })) found.push(entry);
    expect(found).toEqual([
      { sequence: 1, time: expect.any(Number), value: { id: 7, price: 1.5 } },
      { sequence: 2, time: expect.any(Number), value: { id: 8, price: 2.5 } },
      { sequence: 3, time: expect.any(Number), value: { id: 9, price: 3.5 } },
    ]);
    const times = found.map((entry) => (entry.gap === undefined ? entry.time : Number.NaN));
    expect(times).toEqual(times.toSorted());
    expect(times[0]).toBeGreaterThanOrEqual(before);
    expect(times[2]).toBeLessThanOrEqual(Date.now());
  });

  test("has bytes, empty ones too, and JSON; batches; records of many lengths over many segments", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using raw = Journal.open(directory.file("raw"), { schema: bytes, sync: "none", ...SMALL });
    const records = Array.from({ length: 300 }, (_, i) => new Uint8Array((i * 37) % 5000).fill(i));
    expect(raw.appendAll(records.slice(0, 250))).toBe(250);
    expect(raw.appendAll([])).toBe(250);
    for (const record of records.slice(250)) raw.append(record);
    expect(raw.metrics.segments).toBeGreaterThan(8);
    const found = await entriesOf(raw);
    expect(found).toEqual(records.map((record, i) => [i + 1, record]));

    using any = Journal.open(directory.file("any"), { schema: json<unknown>(), sync: "always" });
    any.appendAll([{ a: [1, "ü"] }, null, "x"]);
    expect(any.metrics.syncedSequence).toBe(3);
    expect(await entriesOf(any)).toEqual([
      [1, { a: [1, "ü"] }],
      [2, null],
      [3, "x"],
    ]);
  });

  test("is read from a sequence, a time, the end", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), { ...NUMBERS, ...SMALL });
    const first = Array.from({ length: 3000 }, (_, i) => i + 1);
    for (const number of first) journal.append(number);
    await Bun.sleep(5);
    const between = new Date();
    await Bun.sleep(5);
    journal.appendAll(first.map((i) => i + 3000));
    expect(journal.metrics.segments).toBeGreaterThan(2);
    for (const from of [0, 1, 2, 1500, 3000, 5999, 6000]) {
      const found = await entriesOf(journal, { from });
      expect(found[0]).toEqual([Math.max(from, 1), Math.max(from, 1)]);
      expect(found).toHaveLength(6001 - Math.max(from, 1));
    }
    expect(await entriesOf(journal, { from: 6001 })).toEqual([]);
    expect((await entriesOf(journal, { from: between }))[0]).toEqual([3001, 3001]);
    expect(await entriesOf(journal, { from: new Date(0) })).toHaveLength(6000);
    expect(await entriesOf(journal, { from: new Date(Date.now() + 1e6) })).toEqual([]);
    const end = journal.read({ from: "end" });
    journal.append(-1);
    expect((await end.next()).value).toMatchObject({ sequence: 6001, value: -1 });
    expect((await end.next()).done).toBe(true);
  });

  test("is followed until the signal, or its disposal", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const journal = Journal.open(directory.file("j"), { ...NUMBERS, ...SMALL });
    const abort = new AbortController();
    const found: number[] = [];
    const reading = (async () => {
      for await (const entry of journal.read({ follow: true, signal: abort.signal })) {
        if (entry.gap === undefined) found.push(entry.value);
        if (found.length === 2500) abort.abort(new RangeError("enough"));
      }
    })().catch((error: unknown) => error);
    const second = entriesOf(journal, { from: 2000, follow: true });
    for (let i = 1; i <= 2500; i++) {
      journal.append(i);
      if (i % 100 === 0) await Bun.sleep(0);
    }
    expect(await reading).toMatchObject({ message: "enough" });
    expect(found).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1));
    await Bun.sleep(1);
    journal.dispose();
    expect((await second).at(-1)).toEqual([2500, 2500]);
    journal.close();
    expectCode(() => journal.append(1), "DisposedError", "ERR_DISPOSED");
    expectCode(() => journal.read(), "DisposedError", "ERR_DISPOSED");
    expectCode(() => journal.metrics, "DisposedError", "ERR_DISPOSED");
    await expectRejection(journal.flushed(), "DisposedError", "ERR_DISPOSED");
  });

  test("flushes what it knows, once for all who wait, also while it is closed", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const journal = Journal.open(directory.file("j"), NUMBERS);
    await journal.flushed();
    const last = journal.appendAll([1, 2, 3]);
    await Promise.all([journal.flushed(1), journal.flushed(last), journal.flushed()]);
    expect(journal.metrics.syncedSequence).toBe(3);
    await expectRejection(journal.flushed(4), "RangeError", "ERR_OUT_OF_RANGE");
    journal.append(4);
    const flushed = journal.flushed();
    journal.dispose();
    await flushed;
  });

  test("brings records to the disk by itself within its interval", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), { schema: bytes });
    const last = journal.append(new Uint8Array(100));
    await until(() => journal.metrics.syncedSequence === last, "all of it on the disk");
  });

  test("appends nothing of what its schema refuses, and a getter may append", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), { schema: json<unknown>(), sync: "none" });
    expectCode(() => journal.appendAll([1, undefined]), "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(journal.metrics.lastSequence).toBe(0);
    journal.append({
      get inner() {
        return journal.append("inner");
      },
    });
    expect(await entriesOf(journal)).toEqual([
      [1, "inner"],
      [2, { inner: 1 }],
    ]);
    using raw = Journal.open(directory.file("raw"), { schema: bytes, ...SMALL });
    const longest = 2 ** 16 - 4096 - 64;
    expectCode(() => raw.append(new Uint8Array(longest + 1)), "RangeError", "ERR_OUT_OF_RANGE");
    raw.append(new Uint8Array(longest));
    raw.append(new Uint8Array(longest));
    expect(raw.metrics).toMatchObject({ lastSequence: 2, segments: 2, syncedSequence: 1 });
  });

  test("appends nothing when it is disposed by what a record, a batch or a generator runs", () => {
    using home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const open = () => Journal.open(path, { schema: json, sync: "none" });
    const ways: ((journal: ReturnType<typeof open>) => unknown)[] = [
      (journal) =>
        journal.batch((batch) => {
          batch.append(1);
          journal.dispose();
        }),
      (journal) => journal.append({ toJSON: () => journal.dispose() ?? 1 } as never),
      (journal) =>
        journal.appendAll(
          (function* () {
            yield 1;
            journal.dispose();
          })(),
        ),
      (journal) => {
        using publisher = JournalPublisher.createOrOpen("disposed", { journal });
        publisher.send({ toJSON: () => journal.dispose() ?? 1 } as never);
      },
    ];
    for (const [count, way] of ways.entries()) {
      for (const isUsed of [false, true]) {
        const journal = open();
        if (isUsed) journal.append(count);
        expectCode(() => way(journal), "DisposedError", "ERR_DISPOSED");
        // Nothing in memory is opened once more, to be left over.
        expect(readdirSync(home.path).filter((name) => !name.startsWith("."))).toEqual([]);
      }
    }
    using journal = open();
    expect([...journal.read()].map(({ value }) => value)).toEqual([0, 1, 2, 3]);
  });

  test("refuses other schemas, other directories, wrong options", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    Journal.open(path, { schema: Order }).dispose();
    expectCode(
      () => Journal.open(path, { schema: bytes }),
      "CorruptSegmentError",
      "ERR_CORRUPT_SEGMENT",
    );
    const other = struct({ id: u32, cost: f64 });
    const refusal = expectCode(
      () => Journal.open(path, { schema: other }),
      "CorruptSegmentError",
      "ERR_CORRUPT_SEGMENT",
    );
    expect(refusal.message).toMatch(
      / [0-9a-f]{16}, .* [0-9a-f]{16} \(field "cost" must be f64: found "price"/,
    );
    expectCode(() => Journal.open(directory.file("no/where"), NUMBERS), "SystemError", "ENOENT");
    expectCode(() => Journal.open(directory.file("file", "x"), NUMBERS), "SystemError", "ENOTDIR");
    mkdirSync(directory.file("full"));
    directory.file("full/notes.txt", "mine");
    expectCode(() => Journal.open(directory.file("full"), NUMBERS), "SystemError", "ENOTEMPTY");
    // No lock either.
    expect(readdirSync(directory.file("full"))).toEqual(["notes.txt"]);
    const open = (options: object) => () =>
      Journal.open(path, { schema: Order, ...options } as never);
    expectCode(open({ sync: "often" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(open({ segmentBytes: 100 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(open({ segmentBytes: 2 ** 16 + 1 }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(open({ schema: 5 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    using journal = Journal.open(path, { schema: Order });
    const read = (options: object) => () => journal.read(options as never);
    expectCode(read({ from: "middle" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(read({ from: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(read({ from: new Date(Number.NaN) }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(read({ follow: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(() => journal.appendAll(5 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
  });

  test("has several handles in one process, and leaves no file of its own behind but the journal's", async () => {
    using home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    {
      using one = Journal.open(path, { ...NUMBERS, ...SMALL });
      using two = Journal.open(path, { ...NUMBERS, ...SMALL });
      for (let i = 1; i <= 3000; i += 2) {
        expect(one.append(i)).toBe(i);
        expect(two.append(i + 1)).toBe(i + 1);
      }
      expect(await entriesOf(two)).toEqual(Array.from({ length: 3000 }, (_, i) => [i + 1, i + 1]));
      await one.flushed(3000);
      expect(two.metrics.syncedSequence).toBe(3000);
    }
    expect(home.names()).toEqual([]);
    const names = readdirSync(path).filter((name) => !name.endsWith(".seg"));
    expect(names.sort()).toEqual(["lock", "meta"]);
    expect(segmentsOf(path).length).toBeGreaterThan(1);
  });

  test("appends where there is no directory for names", async () => {
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), NUMBERS);
    const entries = journal.read({ follow: true });
    journal.append(1);
    expect((await entries.next()).value).toMatchObject({ value: 1 });
    const next = entries.next();
    journal.append(2);
    expect((await next).value).toMatchObject({ value: 2 });
    expect(existsSync(process.env["ISTHMUS_DIR"] as string)).toBe(false);
    chmodSync(join(directory.path, "j"), 0o700);
  });
});

describe("crcOf()", () => {
  test("is zlib's for every length, start and seed", () => {
    const noise = crypto.getRandomValues(new Uint8Array(3000));
    const memory = { bytes: noise, view: new DataView(noise.buffer) };
    for (let length = 0; length < 1100; length += length < 40 ? 1 : 97) {
      for (const start of [0, 1, 5, 1000]) {
        for (const seed of [0, 1, 0xffff_ffff, 0x1234_5678]) {
          const expected = crc32(noise.subarray(start, start + length), seed);
          expect(crcOf(memory, start, start + length, seed)).toBe(expected);
        }
      }
    }
  });
});
