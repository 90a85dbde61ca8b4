/** What is kept of a journal: by named tailers, by limits, by rolling. */
import { describe, expect, spyOn, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GONE } from "@isthmus/core/internal";
import { bytes } from "@isthmus/ipc";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { Peer } from "@isthmus/testing/peer";
import { wine } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal } from "../../src/index.ts";
import { DiskStorage } from "../../src/journal/disk-storage.ts";
import { changeFile, entriesOf, NUMBERS, SMALL, segmentsOf } from "./support/sample-journal.ts";

const ROUNDS = 4 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
/** Wine keeps a descriptor for each handle that is closed while the file is locked, and each open takes longer. */
const BITS_STEP = wine === undefined ? 1 : 61;
const FIXTURE = join(import.meta.dir, "fixtures", "appender.ts");
const KILOBYTE = new Uint8Array(1024);

/** Reads under a name until so many bodies have ended; the body of one more has begun. */
async function handle(journal: Journal<typeof NUMBERS.schema>, name: string, count: number) {
  const seen: number[] = [];
  for await (const entry of journal.read({ tailer: name })) {
    if (entry.gap !== undefined) throw new Error(`gap ${JSON.stringify(entry.gap)}`);
    seen.push(entry.sequence);
    if (seen.length > count) break;
  }
  return seen;
}

describe("a named tailer", () => {
  test("goes on behind the last record whose body has ended, whoever uses its name next", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    {
      using journal = Journal.open(path, NUMBERS);
      journal.appendAll([1, 2, 3, 4, 5, 6]);
      expect(await handle(journal, "billing", 2)).toEqual([1, 2, 3]);
      expect(journal.tailers()).toEqual([
        { name: "billing", sequence: 2, time: expect.any(Number), lag: 4 },
      ]);
      // What its body throws is not handled.
      const fails = async () => {
        for await (const entry of journal.read({ tailer: "billing" })) {
          if (entry.gap === undefined && entry.sequence === 4) throw new RangeError("no");
        }
      };
      await expect(fails()).rejects.toThrow("no");
    }
    using journal = Journal.open(path, NUMBERS);
    expect(await handle(journal, "billing", 9)).toEqual([4, 5, 6]);
    expect(await handle(journal, "billing", 9)).toEqual([]);
    expect(journal.append(7)).toBe(7);
    expect([...journal.read({ tailer: "billing", from: 1 })]).toHaveLength(1);
    expect(journal.tailers()[0]).toMatchObject({ sequence: 7, lag: 0 });
    expect(journal.removeTailer("billing")).toBe(true);
    expect(journal.removeTailer("billing")).toBe(false);
    expect(await handle(journal, "billing", 0)).toEqual([1]);
  });

  test("begins where it is told to the first time", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), NUMBERS);
    journal.appendAll([1, 2, 3]);
    await Bun.sleep(5);
    const time = new Date();
    await Bun.sleep(5);
    journal.appendAll([4, 5]);
    const begun = (from: "end" | number | Date, tailer: string) => {
      const reading = journal.read({ tailer, from });
      reading.close();
      return journal.tailers().find(({ name }) => name === tailer)?.sequence;
    };
    expect(begun("end", "a")).toBe(5);
    expect(begun(3, "b")).toBe(2);
    expect(begun(0, "c")).toBe(0);
    expect(begun(time, "d")).toBe(3);
    expect(begun(new Date(Date.now() + 1e6), "e")).toBe(5);
    // Only the first time.
    expect(begun(1, "a")).toBe(5);
  });

  test("is never one that has been removed since it was opened, nor busy while that is done", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, NUMBERS);
    using other = Journal.open(path, NUMBERS);
    journal.appendAll([1, 2, 3]);
    const { openTailer } = DiskStorage.prototype;
    const opening = spyOn(DiskStorage.prototype, "openTailer");
    try {
      for (let run = 0; run < 2; run++) {
        opening.mockImplementationOnce(function (this: DiskStorage, name) {
          const file = openTailer.call(this, name);
          other.removeTailer(name);
          return file;
        });
        using reading = journal.read({ tailer: "one", from: "end" });
        expect(journal.tailers().map(({ name }) => name)).toEqual(["one"]);
        expectCode(() => other.read({ tailer: "one" }), "SystemError", "EBUSY");
        expect([...reading]).toEqual([]);
      }
      // Whoever removes it, or has opened one that was removed, has it locked for a moment.
      opening.mockImplementationOnce(function (this: DiskStorage, name) {
        const lock = openTailer.call(this, name);
        expect(lock?.tryOwn()).toBe(true);
        opening.mockImplementationOnce(function (this: DiskStorage, again) {
          lock?.close();
          return openTailer.call(this, again);
        });
        return openTailer.call(this, name);
      });
      using reading = journal.read({ tailer: "one" });
      expectCode(() => other.removeTailer("one"), "SystemError", "EBUSY");
      expect([...reading]).toEqual([]);
    } finally {
      opening.mockRestore();
    }
  });

  test("belongs to one loop at a time, and is told when its file is damaged", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
    journal.appendAll(Array.from({ length: 3000 }, (_, i) => i + 1));
    {
      using reading = journal.read({ tailer: "one", from: 3000 });
      expectCode(() => journal.read({ tailer: "one" }), "SystemError", "EBUSY");
      expectCode(() => journal.removeTailer("one"), "SystemError", "EBUSY");
      for (const _ of reading);
    }
    const file = join(path, "tailers", "one.tailer");
    const whole = readFileSync(file);
    // One copy is enough: that of the first commit, or what was kept when it was made.
    changeFile(file, (content) => content.fill(0, 512, 1024));
    expect(journal.tailers()).toMatchObject([{ name: "one", sequence: 2999 }]);
    changeFile(file, (content) => content.fill(0, 0, 1024));
    expect(journal.tailers()).toMatchObject([{ name: "one", sequence: 2999 }]);
    for (const harm of [() => new Uint8Array(2048), () => new Uint8Array(0)]) {
      changeFile(file, harm);
      expect(journal.tailers()).toMatchObject([
        { name: "one", sequence: undefined, lag: undefined },
      ]);
      expectCode(
        () => journal.read({ tailer: "one" }),
        "CorruptSegmentError",
        "ERR_CORRUPT_SEGMENT",
      );
      // Nobody knows what it has handled.
      expect(journal.prune({ maxBytes: 0 })).toBe(0);
    }
    for (let bit = 0; bit < 512 * 8; bit += BITS_STEP) {
      const content = Buffer.from(whole);
      for (let copy = 0; copy < 4; copy++) content[512 * copy + (bit >> 3)]! ^= 1 << (bit & 7);
      writeFileSync(file, content);
      const [found] = journal.tailers();
      expect([undefined, 3000]).toContain(found?.sequence);
    }
    // That of another journal.
    using other = Journal.open(directory.file("k"), NUMBERS);
    other.appendAll([1, 2]);
    for (const _ of other.read({ tailer: "one" }));
    writeFileSync(file, readFileSync(join(other.path, "tailers", "one.tailer")));
    expect(journal.tailers()).toMatchObject([{ sequence: undefined }]);
    expect(journal.removeTailer("one")).toBe(true);
  });

  test("gets every record at least once, and those that its bodies have ended only once, when it is killed", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
    const appendSome = () => {
      for (let i = 0; i < 300; i++) journal.append(journal.metrics.lastSequence + 1);
    };
    let done = 0;
    for (let round = 0; round < ROUNDS; round++) {
      appendSome();
      await using peer = new Peer([process.execPath, FIXTURE]);
      await peer.call("tail", path, "killed");
      const wanted = done + 50 + Math.floor(Math.random() * 200);
      const isThere = until(() => (journal.tailers()[0]?.sequence ?? 0) >= wanted, "progress");
      // It only answers when it fails.
      await Promise.race([isThere, peer.answer()]);
      await peer.kill();
      const seen = (await peer.errors).split("\n").slice(0, -1).map(Number);
      // One body at most had ended without that having been noted.
      expect(seen[0]).toBe(done + 1);
      expect(seen).toEqual(seen.map((_, i) => done + 1 + i));
      const [tailer] = journal.tailers();
      expect((seen.at(-1) ?? 0) - (tailer?.sequence ?? 0)).toBeOneOf([0, 1]);
      done = tailer?.sequence ?? 0;
    }
    expect(await handle(journal, "killed", 1e6)).toEqual(
      Array.from({ length: journal.metrics.lastSequence - done }, (_, i) => done + 1 + i),
    );
  });
});

describe("what is removed", () => {
  const open = (path: string, options: object = {}) =>
    Journal.open(path, { schema: bytes, sync: "none", ...SMALL, ...options });

  test("is the oldest, a whole file at a time, as soon as there is too much", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const maxBytes = 5 * SMALL.segmentBytes;
    using journal = open(directory.file("j"), { maxBytes });
    const follow = journal.read({ follow: true });
    journal.append(KILOBYTE);
    expect((await follow.next()).value).toMatchObject({ sequence: 1 });
    for (let i = 1; i < 600; i++) {
      journal.append(KILOBYTE);
      expect(journal.metrics.bytes).toBeLessThanOrEqual(maxBytes);
    }
    const { firstSequence, lastSequence, segments } = journal.metrics;
    expect([lastSequence, segments]).toEqual([600, 5]);
    expect(firstSequence).toBeGreaterThan(250);
    // Who follows, and who begins with what has gone, is told of it.
    const rest: unknown[] = [];
    for (let i = 0; i < 200; i++) rest.push((await follow.next()).value);
    const gap = rest.find((entry) => (entry as { gap?: object }).gap !== undefined);
    expect(gap).toEqual({ gap: { from: expect.any(Number), to: firstSequence - 1 } });
    await follow.return();
    const [first, second] = await entriesOf(journal, { from: 5 });
    expect(first).toEqual({ gap: { from: 5, to: firstSequence - 1 } });
    expect(second).toEqual([firstSequence, KILOBYTE]);
    expect(await entriesOf(journal, { from: 5, backwards: true })).toEqual([]);
    expect((await entriesOf(journal, { from: 0 }))[0]).toEqual({
      gap: { from: 1, to: firstSequence - 1 },
    });
    const [start] = await entriesOf(journal);
    expect(start).toEqual([firstSequence, KILOBYTE]);
    expect((await entriesOf(journal, { backwards: true })).at(-1)).toEqual(start);
    expect(journal.prune({ maxBytes: 0 })).toBe(4);
    expect(journal.prune({ maxBytes: 0 })).toBe(0);
    expect(journal.metrics.segments).toBe(1);
    expect(journal.append(KILOBYTE)).toBe(601);
  });

  test("is never what the slowest named tailer has yet to handle, unless that is forced", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = open(path, { maxBytes: 0 });
    journal.read({ tailer: "slow" }).close();
    journal.read({ tailer: "fast" }).close();
    for (let i = 0; i < 300; i++) journal.append(KILOBYTE);
    for (const _ of journal.read({ tailer: "fast" }));
    expect(journal.metrics).toMatchObject({ firstSequence: 1, segments: 6 });
    expect(journal.prune()).toBe(0);
    const slow = journal.read({ tailer: "slow" })[Symbol.iterator]();
    for (let i = 0; i < 130; i++) slow.next();
    expect(
      journal
        .tailers()
        .map(({ lag }) => lag)
        .sort(),
    ).toEqual([0, 171]);
    expect(journal.prune()).toBe(2);
    expect(journal.metrics.firstSequence).toBeLessThanOrEqual(130);
    expect(slow.next().value).toMatchObject({ sequence: 131 });
    slow.return?.();
    expect(journal.prune({ maxBytes: 0, keepForTailers: false })).toBe(3);
    const [told, next] = journal.read({ tailer: "slow" });
    const { firstSequence } = journal.metrics;
    expect(told).toEqual({ gap: { from: 131, to: firstSequence - 1 } });
    expect(next).toMatchObject({ sequence: firstSequence });
    expect(journal.removeTailer("slow")).toBe(true);
    using forced = open(path, { maxBytes: SMALL.segmentBytes, keepForTailers: false });
    journal.read({ tailer: "new" }).close();
    for (let i = 0; i < 300; i++) forced.append(KILOBYTE);
    expect(forced.metrics.segments).toBe(2);
    const names = readdirSync(path).filter((name) => !name.startsWith(GONE));
    expect(names.sort()).toEqual(
      [
        ...segmentsOf(path).map((file) => file.slice(path.length + 1)),
        "lock",
        "meta",
        "tailers",
      ].sort(),
    );
  });

  test("goes by age, and files end by age and on request", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const now = Date.now;
    let time = 1_000_000;
    Date.now = () => time;
    try {
      using journal = open(directory.file("j"), { segmentMaxAgeMs: 1000, maxAgeMs: 5000 });
      for (let i = 0; i < 10; i++) {
        journal.append(KILOBYTE);
        time += 500;
      }
      expect(journal.metrics).toMatchObject({ segments: 5, firstSequence: 1 });
      time += 1500;
      expect(journal.prune()).toBe(1);
      expect(journal.metrics.firstSequence).toBe(3);
      time += 1_000_000;
      expect(journal.prune({ maxAgeMs: 2_000_000 })).toBe(0);
      journal.append(KILOBYTE);
      expect(journal.metrics).toMatchObject({ segments: 2, lastSequence: 11 });
      expect(journal.roll()).toBe(true);
      expect(journal.roll()).toBe(false);
      // What is too old goes whenever a file begins.
      expect(journal.append(KILOBYTE)).toBe(12);
      expect(journal.metrics).toMatchObject({ segments: 2, firstSequence: 11 });
      time -= 1_000_000;
      expect(journal.append(KILOBYTE)).toBe(13);
      expect(journal.metrics.segments).toBe(2);
      const times = [...journal.read()].map((entry) => (entry.gap === undefined ? entry.time : 0));
      expect(times).toEqual(times.toSorted());
    } finally {
      Date.now = now;
    }
  });

  test("is asked for with limits that make sense", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = open(path);
    expect(journal.prune()).toBe(0);
    expectCode(() => open(path, { maxBytes: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => open(path, { maxAgeMs: "1d" }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(() => open(path, { segmentMaxAgeMs: 0.5 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => open(path, { keepForTailers: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(() => journal.prune({ maxBytes: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => journal.prune({ force: true } as never), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(() => journal.removeTailer("../x"), "TypeError", "ERR_INVALID_ARG_VALUE");
  });
});
