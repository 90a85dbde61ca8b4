/** Beginning to read anywhere, in both directions; and indexes that are wrong in every way. */
import { describe, expect, spyOn, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { CorruptSegmentError } from "@isthmus/core";
import { GONE } from "@isthmus/core/internal";
import { bytes, json, struct, u32 } from "@isthmus/ipc";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { isLinux, isRoot, testIf } from "@isthmus/testing/requirement";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal, type JournalReadOptions, type JournalVisitOptions } from "../../src/index.ts";
import { DiskReading } from "../../src/journal/disk-files.ts";
import { DiskStorage } from "../../src/journal/disk-storage.ts";
import {
  FRAME,
  INDEX,
  nextRecord,
  RECORD,
  SEGMENT,
  segmentName,
} from "../../src/journal/journal-layout.ts";
import type { JournalReading } from "../../src/journal/journal-reading.ts";
import { RecordFormat } from "../../src/journal/record-format.ts";
import { encodeHeader } from "../../src/journal/segment-header.ts";
import {
  decodeIndex,
  encodeIndex,
  IndexEntries,
  type SegmentIdentity,
} from "../../src/journal/segment-index.ts";
import {
  appendNumbers,
  changeFile,
  entriesOf,
  idOf,
  NUMBERS,
  SMALL,
  segmentsOf,
  stampRecord,
} from "./support/sample-journal.ts";

const FUZZ = 200 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
/** Room for some thousand short records. */
const MIDDLE = { segmentBytes: 880 * 1024 };

/** The sequences and values of what a loop without pauses yields. */
function entriesNow(journal: Journal<typeof NUMBERS.schema>, options?: JournalReadOptions) {
  return Array.from(journal.read(options), (entry) =>
    entry.gap === undefined ? [entry.sequence, entry.value] : { gap: entry.gap },
  );
}

/** The first 500 of those. */
function someOf(journal: Journal<typeof NUMBERS.schema>, options?: JournalReadOptions): unknown[] {
  const found: unknown[] = [];
  for (const entry of journal.read(options)) {
    if (found.push(entry.gap === undefined ? [entry.sequence, entry.value] : entry) === 500) break;
  }
  return found;
}

const up = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => [from + i, from + i]);
const down = (from: number, to: number) => up(to, from).reverse();

/** Segments of numbers from 1; the last one is not full. */
function filled(path: string, count: number, options: object = SMALL): void {
  using journal = Journal.open(path, { ...NUMBERS, ...options });
  appendNumbers(journal, count);
}

const indexesOf = (path: string) => readdirSync(path).filter((name) => name.endsWith(".idx"));

describe("Journal.read()", () => {
  test("goes from anywhere in both directions, with pauses and without", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    filled(path, 6000);
    using journal = Journal.open(path, NUMBERS);
    const firsts = segmentsOf(path).map((name) => Number(/(\d+)\.seg$/.exec(name)?.[1]));
    expect(firsts.length).toBeGreaterThan(3);
    const places = [1, 2, 700, ...firsts, ...firsts.map((first) => first + 77), 5999, 6000];
    for (const from of places) {
      expect(entriesNow(journal, { from })).toEqual(up(from, 6000));
      expect(entriesNow(journal, { from, backwards: true })).toEqual(down(from, 1));
    }
    expect(await entriesOf(journal, { from: 3333, backwards: true })).toEqual(down(3333, 1));
    expect(entriesNow(journal, { backwards: true })).toEqual(down(6000, 1));
    expect(entriesNow(journal, { from: 7000, backwards: true })).toEqual(down(6000, 1));
    expect(entriesNow(journal, { from: "start", backwards: true })).toEqual([]);
    expect(entriesNow(journal, { from: 0, backwards: true })).toEqual([]);
    expect(entriesNow(journal, { from: 0 })).toEqual(up(1, 6000));
    expect(journal.forEachRecord(() => undefined, { from: 0 })).toBe(6000);
    expect(entriesNow(journal, { from: 6001 })).toEqual([]);
    journal.append(6001);
    expect(entriesNow(journal, { backwards: true })).toEqual(down(6001, 1));
    expect(entriesNow(journal, { from: "end" })).toEqual([]);
  });

  test("finds times, also of clocks that are put back", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
    const now = Date.now;
    const times: number[] = [];
    try {
      // Forward by leaps, and back: two machines, or somebody who sets the clock.
      for (let i = 1; i <= 4000; i++) {
        const time = 1_000_000 + Math.floor(i / 7) * 10 - (i % 500 === 0 ? 90_000 : 0);
        Date.now = () => time;
        journal.append(i);
        times.push(Math.max(time, times.at(-1) ?? 0));
      }
    } finally {
      Date.now = now;
    }
    const found: number[] = [];
    for await (const entry of journal.read()) if (entry.gap === undefined) found.push(entry.time);
    expect(found).toEqual(times);
    for (const time of [0, 1_000_000, 1_000_005, 1_002_000, 1_003_333, times.at(-1) ?? 0, 2e6]) {
      const first = times.findIndex((each) => each >= time);
      const from = first < 0 ? times.length + 1 : first + 1;
      expect(entriesNow(journal, { from: new Date(time) })).toEqual(up(from, 4000));
      const last = times.findLastIndex((each) => each <= time) + 1;
      expect(entriesNow(journal, { from: new Date(time), backwards: true })).toEqual(down(last, 1));
    }
  });

  test("tells gaps once in both directions, and of times only those that may be meant", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const now = Date.now;
    try {
      using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
      for (let i = 1; i <= 6000; i++) {
        Date.now = () => 1_000_000 + i;
        journal.append(i);
      }
    } finally {
      Date.now = now;
    }
    const segments = segmentsOf(path);
    const second = Number(/(\d+)\.seg$/.exec(segments[1] ?? "")?.[1]);
    const third = Number(/(\d+)\.seg$/.exec(segments[2] ?? "")?.[1]);
    const harm = (segment: string, first: number, last: number) => {
      changeFile(segment, (content) => {
        for (let i = first; i <= last; i++) content[SEGMENT.frames + 40 * i + 33]! ^= 1;
        return undefined;
      });
    };
    harm(segments[0] as string, 9, 19);
    harm(segments[1] as string, 500, third - second - 1);
    rmSync(segments[2] as string);
    const fourth = Number(/(\d+)\.seg$/.exec(segments[3] ?? "")?.[1]);
    using journal = Journal.open(path, NUMBERS);
    const one = { gap: { from: 10, to: 20 } };
    const two = { gap: { from: second + 500, to: fourth - 1 } };
    const all = [...up(1, 9), one, ...up(21, second + 499), two, ...up(fourth, 6000)];
    expect(entriesNow(journal)).toEqual(all);
    expect(entriesNow(journal, { backwards: true })).toEqual(all.toReversed());
    const within = [{ gap: { from: 10, to: 15 } }, ...down(9, 1)];
    expect(entriesNow(journal, { from: 15, backwards: true })).toEqual(within);
    const later = entriesNow(journal, { from: 15 });
    expect(later[0]).toEqual({ gap: { from: 15, to: 20 } });
    expect(entriesNow(journal, { from: second + 600 })[0]).toEqual({
      gap: { from: second + 600, to: fourth - 1 },
    });
    expect(entriesNow(journal, { from: new Date(1_000_015) })[0]).toEqual(one);
    expect(entriesNow(journal, { from: new Date(1_000_021) })[0]).toEqual(one);
    expect(entriesNow(journal, { from: new Date(1_000_022) })[0]).toEqual([22, 22]);
    const before = entriesNow(journal, { from: new Date(1_000_015), backwards: true });
    expect(before).toEqual([one, ...down(9, 1)]);
  });

  test("tells no gap where somebody appends and syncs between two looks at the end", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), { ...NUMBERS, sync: "always" });
    journal.append(1);
    const entries = journal.read()[Symbol.iterator]();
    expect(entries.next().value).toMatchObject({ sequence: 1 });
    const { read } = DiskReading.prototype;
    const looks = spyOn(DiskReading.prototype, "read").mockImplementation(function (
      this: DiskReading,
      offset,
      into,
    ) {
      // The look at how far the disk has it comes after those at the end.
      if (offset === 0) looks.mockRestore();
      if (offset === 0) journal.appendAll([2, 3, 4]);
      return read.call(this, offset, into);
    });
    expect(entries.next().value).toMatchObject({ sequence: 2 });
  });

  test("answers calls at once in their order, ends when it is left, and refuses what cannot be", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), NUMBERS);
    journal.appendAll([1, 2]);
    const reading = journal.read({ follow: true });
    const asked = [reading.next(), reading.next(), reading.next(), reading.next()];
    journal.appendAll([3, 4]);
    const answers = await Promise.all(asked);
    expect(answers.map(({ value }) => (value as { sequence: number }).sequence)).toEqual([
      1, 2, 3, 4,
    ]);
    await reading.return();
    expect(await reading.next()).toEqual({ done: true, value: undefined });
    for (const entry of journal.read()) {
      expect(entry).toMatchObject({ sequence: 1 });
      break;
    }
    expectCode(
      () => journal.read({ follow: true })[Symbol.iterator](),
      "NotSupportedError",
      "ERR_NOT_SUPPORTED",
    );
    for (const options of [
      { follow: true, backwards: true },
      { tailer: "x", backwards: true },
      { tailer: "a/b" },
      { tailer: "" },
      { tailer: ".x" },
    ]) {
      expectCode(() => journal.read(options), "TypeError", "ERR_INVALID_ARG_VALUE");
    }
    expectCode(() => journal.read({ tailer: 5 } as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(() => journal.read({ backwards: 1 } as never), "TypeError", "ERR_INVALID_ARG_TYPE");
  });
});

describe("a reading takes several records at once", () => {
  const COUNT = 700;

  /** Runs a loop of either kind; returns how often its body ran. */
  async function loop(
    kind: "for" | "for await",
    reading: JournalReading<unknown>,
    body: (count: number) => void,
  ): Promise<number> {
    let count = 0;
    if (kind === "for") for (const _ of reading) body(++count);
    else for await (const _ of reading) body(++count);
    return count;
  }

  for (const kind of ["for", "for await"] as const) {
    test(`and \`${kind}\` ends at once when its journal or itself is disposed, or a signal aborts it`, async () => {
      using _home = new Home();
      using directory = new TemporaryDirectory();
      const path = directory.file("j");
      filled(path, COUNT);
      const at = (stop: number, action: () => void) => (count: number) => {
        if (count === stop) action();
        expect(count).toBeLessThanOrEqual(stop);
      };
      for (const stop of [1, 2, 3, 333]) {
        const journal = Journal.open(path, NUMBERS);
        expect(
          await loop(
            kind,
            journal.read(),
            at(stop, () => journal.dispose()),
          ),
        ).toBe(stop);
        using other = Journal.open(path, NUMBERS);
        const reading = other.read();
        expect(
          await loop(
            kind,
            reading,
            at(stop, () => reading.close()),
          ),
        ).toBe(stop);
        const abort = new AbortController();
        const reason = new Error("enough");
        const signaled = other.read({ signal: abort.signal });
        const ending = loop(
          kind,
          signaled,
          at(stop, () => abort.abort(reason)),
        );
        expect(await ending.catch((error: unknown) => error)).toBe(reason);
      }
    });

    test(`and \`${kind}\` gets all that are before one that is none`, async () => {
      using _home = new Home();
      using directory = new TemporaryDirectory();
      const path = directory.file("j");
      using journal = Journal.open(path, NUMBERS);
      journal.appendAll([1, 22, 3]);
      changeFile(segmentsOf(path)[0] as string, (content) => {
        const view = new DataView(content.buffer, content.byteOffset, content.length);
        const start = SEGMENT.frames + FRAME.records;
        content.write("x", nextRecord(start, 1) + RECORD.payload);
        const time = view.getFloat64(SEGMENT.frames + FRAME.time, true);
        new RecordFormat(idOf(path)).stamp({ bytes: content, view }, SEGMENT.frames, 1, time);
        return undefined;
      });
      const counts: number[] = [];
      const ending = loop(kind, journal.read(), (count) => counts.push(count));
      const error = await ending.catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(CorruptSegmentError);
      expect(counts).toEqual([1]);
      expect(entriesNow(journal, { from: 3 })).toEqual(up(3, 3));
    });
  }

  test("and answers calls in their order, those at once and those one by one", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    filled(path, COUNT);
    using journal = Journal.open(path, NUMBERS);
    const random = new SeededRandom(seedOf("calls at once"));
    const reading = journal.read();
    const answers: number[] = [];
    const ask = () =>
      reading.next().then(({ done, value }) => {
        if (!done && value.gap === undefined) answers.push(value.sequence);
      });
    while (answers.length < COUNT) {
      const calls = Array.from({ length: 1 + random.below(4) }, ask);
      await calls[random.below(calls.length)];
    }
    expect(answers).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
    expect(await reading.next()).toEqual({ done: true, value: undefined });
  });
});

describe("an index", () => {
  const COUNT = 30_000;
  /** Near the end of a segment, so that an index is worth its work. */
  const DEEP = 25_000;

  /** A journal of a full segment and a part of another, with the index of the full one. */
  function indexed(path: string): string {
    filled(path, COUNT, MIDDLE);
    using journal = Journal.open(path, NUMBERS);
    expect(someOf(journal, { from: DEEP })).toEqual(up(DEEP, DEEP + 499));
    const [name] = indexesOf(path);
    expect(name).toBe("00000000000000000001.idx");
    return join(path, name as string);
  }

  /** All answers are right, whatever the index is; in the end there is one that is right, too. */
  function judge(path: string): void {
    using journal = Journal.open(path, NUMBERS);
    for (const from of [DEEP - 3, 3, 12_345]) {
      expect(someOf(journal, { from })).toEqual(up(from, from + 499));
    }
    expect(someOf(journal, { from: DEEP, backwards: true })).toEqual(down(DEEP, DEEP - 499));
  }

  test("is made by who looks deep into a full segment, and made anew when anything about it is wrong", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const index = indexed(path);
    const right = readFileSync(index);
    expect(right.subarray(0, 8).toString()).toBe("ISTHMUSX");
    const other = join(directory.path, "other");
    const wrong: readonly ((content: Buffer) => Uint8Array)[] = [
      () => new Uint8Array(0),
      (content) => new Uint8Array(content.length),
      (content) => content.subarray(0, 4096),
      (content) => content.subarray(0, content.length - 4096),
      (content) => Buffer.concat([content, new Uint8Array(4096)]),
      (content) => content.fill(0, INDEX.blocks),
      (content) => content.fill(0, INDEX.blocks, INDEX.blocks + 4096),
      (content) => content.copyWithin(INDEX.blocks, INDEX.blocks + 4096) && content,
      (content) => content.fill(2, INDEX.version, INDEX.version + 1),
      (content) => content.fill(2, INDEX.first, INDEX.first + 1),
      (content) => content.subarray(0, content.length - 100),
    ];
    for (const harm of wrong) {
      writeFileSync(index, harm(Buffer.from(right)));
      judge(path);
      expect(readFileSync(index).equals(right)).toBe(true);
    }
    rmSync(index);
    judge(path);
    expect(readFileSync(index).equals(right)).toBe(true);
    // That of another journal, of the same name.
    filled(other, COUNT, MIDDLE);
    using copy = Journal.open(other, NUMBERS);
    someOf(copy, { from: DEEP });
    copyFileSync(join(other, indexesOf(other)[0] as string), index);
    judge(path);
    expect(readFileSync(index).equals(right)).toBe(true);
  });

  test("leads nobody wrong, even when it is whole and wrong", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const index = indexed(path);
    const right = readFileSync(index);
    const identity: SegmentIdentity = {
      id: right.subarray(INDEX.id, INDEX.id + 16),
      first: 1,
      segmentBytes: right.readDoubleLE(INDEX.segmentBytes),
      crc: right.readUInt32LE(INDEX.segmentCrc),
    };
    const random = new SeededRandom(seedOf("a wrong index"));
    const entries = decodeIndex(identity, right) as IndexEntries;
    expect(entries.count).toBeGreaterThan(100);
    for (let i = 0; i < 4; i++) {
      const lies = new IndexEntries();
      let offset: number = SEGMENT.frames;
      let sequence = 0;
      // Records where there are none, or others, with times of others.
      for (let entry = 0; entry < entries.count; entry++) {
        sequence += 1 + random.below(400);
        offset += 32 + 8 * random.below(1000);
        if (offset > identity.segmentBytes - 64) break;
        lies.add(sequence, i % 2 === 0 ? 0 : 1e15, offset);
      }
      writeFileSync(index, encodeIndex(identity, lies));
      judge(path);
    }
    expect(readFileSync(index).equals(right)).toBe(true);
  });

  test("is right or refused whatever bits are flipped, bytes cut or sectors missing", () => {
    const identity = { id: new Uint8Array(16).fill(9), first: 7, segmentBytes: 2 ** 20, crc: 1234 };
    const entries = new IndexEntries();
    for (let i = 0; i < 500; i++) entries.add(7 + 40 * i, 1000 + i, SEGMENT.frames + 2000 * i);
    const right = Buffer.from(encodeIndex(identity, entries));
    const same = (found: IndexEntries | undefined) =>
      found !== undefined &&
      found.count === 500 &&
      [0, 203, 204, 499].every((at) => Bun.deepEquals(found.at(at), entries.at(at)));
    expect(same(decodeIndex(identity, right))).toBe(true);
    for (const other of [
      { ...identity, first: 8 },
      { ...identity, crc: 1 },
      { ...identity, segmentBytes: 2 ** 21 },
      { ...identity, id: new Uint8Array(16) },
    ]) {
      expect(decodeIndex(other, right)).toBeUndefined();
    }
    expect(decodeIndex(identity, new Uint8Array(right.length))).toBeUndefined();
    const random = new SeededRandom(seedOf("a damaged index"));
    for (let i = 0; i < FUZZ; i++) {
      let content = Buffer.from(right);
      const at = random.below(content.length);
      const kind = random.below(3);
      if (kind === 0) content[at]! ^= 1 << random.below(8);
      else if (kind === 1) content.fill(0, at - (at % 512), at - (at % 512) + 512);
      else content = content.subarray(0, at);
      const found = decodeIndex(identity, content);
      if (!content.equals(right) && found !== undefined) expect(same(found)).toBe(true);
    }
  });

  testIf(isRoot && isLinux, "root on Linux")("is done without where nothing can be written", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    filled(path, COUNT, MIDDLE);
    for (const name of readdirSync(path)) chmodSync(join(path, name), 0o444);
    chmodSync(path, 0o555);
    chmodSync(directory.path, 0o755);
    process.setegid?.(65_534);
    process.seteuid?.(65_534);
    try {
      judge(path);
      using journal = Journal.open(path, NUMBERS);
      expectCode(() => journal.append(1), "SystemError", "EACCES");
      expectCode(() => journal.read({ tailer: "x" }), "SystemError", "EACCES");
      expectCode(() => journal.roll(), "SystemError", "EACCES");
      expectCode(() => journal.prune({ maxBytes: 0 }), "SystemError", "EACCES");
      expect(journal.tailers()).toEqual([]);
      expect(indexesOf(path)).toEqual([]);
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
      chmodSync(path, 0o755);
    }
  });

  test("goes with its segment, and what is left over is tidied up", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const index = indexed(path);
    const lost = join(path, "00000000000000000099.idx");
    const aside = join(path, ".index-left-over");
    const removed = join(path, `${GONE}while-open`);
    for (const file of [lost, aside, removed]) writeFileSync(file, "x");
    {
      using journal = Journal.open(path, NUMBERS);
      const are = [index, lost, aside, removed].map((file) => existsSync(file));
      expect(are).toEqual([true, false, true, false]);
      expect(journal.prune({ maxBytes: 0 })).toBeGreaterThan(0);
    }
    expect(indexesOf(path)).toEqual([]);
    truncateSync(aside, 0);
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(aside, hourAgo, hourAgo);
    Journal.open(path, NUMBERS).dispose();
    expect(existsSync(aside)).toBe(false);
  });

  testIf(isLinux, "/proc")("lets little be read of a journal of 100 GiB", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const segmentBytes = 2 ** 26;
    const count = 1600;
    {
      using journal = Journal.open(path, { schema: bytes, sync: "none", segmentBytes });
      journal.append(new Uint8Array(8));
    }
    sparseSegments(path, idOf(path), segmentBytes, count);
    // Somebody died while it wrote the next one.
    const fd = openSync(join(path, segmentName(count)), "r+");
    writeSync(fd, new Uint32Array([0x8000_0028]), 0, 4, SEGMENT.frames + 40);
    closeSync(fd);
    const readBytes = () => Number(/rchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
    const before = readBytes();
    const rss = process.memoryUsage.rss();
    const openings = (["openForReading", "openForWriting"] as const).map((name) =>
      spyOn(DiskStorage.prototype, name),
    );
    using journal = Journal.open(path, { schema: bytes });
    const opened = openings.flatMap(({ mock }) => mock.calls.map(([first]) => first));
    for (const each of openings) each.mockRestore();
    // Recovery looks at one segment, the last one, and maps that.
    expect(new Set(opened)).toEqual(new Set([count]));
    expect(readBytes() - before).toBeLessThan(2 ** 20);
    expect(journal.metrics.lastSequence).toBe(count);
    expect(journal.metrics.bytes).toBe(count * segmentBytes);
    const reading = journal.read({ from: count - 5 });
    expect([...reading].map((entry) => entry.gap ?? entry.sequence)).toEqual(
      Array.from({ length: 6 }, (_, i) => count - 5 + i),
    );
    let seen = 0;
    for (const entry of journal.read({ backwards: true })) {
      expect(entry).toMatchObject({ sequence: count - seen });
      if (++seen === 5) break;
    }
    expect(readBytes() - before).toBeLessThan(segmentBytes);
    // All of the last segment is mapped and looked at once.
    expect(process.memoryUsage.rss() - rss).toBeLessThan(2 * segmentBytes);
  });
});

/** Segments of one record each; nearly all of each is a hole. */
function sparseSegments(path: string, id: Buffer, segmentBytes: number, count: number): void {
  const format = new RecordFormat(id);
  for (let first = 1; first <= count; first++) {
    const content = new Uint8Array(2 * SEGMENT.frames);
    content.set(encodeHeader(id, { first, segmentBytes, time: 1000 }));
    const record = { bytes: content, view: new DataView(content.buffer) };
    stampRecord(format, record, SEGMENT.frames, 8, first, 1000);
    if (first < count) format.stampSeal(record, SEGMENT.frames + 40, first + 1, 1000);
    const file = join(path, segmentName(first));
    writeFileSync(file, content);
    truncateSync(file, segmentBytes);
  }
}

describe("Journal.forEachRecord()", () => {
  test("gives every record in place, from anywhere, until it is told to end", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const schema = struct({ id: u32 });
    using journal = Journal.open(path, { schema, sync: "none", ...SMALL });
    for (let i = 1; i <= 4000; i += 4) {
      journal.append({ id: i });
      journal.append({ id: i + 1 });
      journal.appendAll([{ id: i + 2 }, { id: i + 3 }]);
    }
    const visited = (options?: JournalVisitOptions, limit = Infinity) => {
      const found: unknown[] = [];
      const count = journal.forEachRecord(({ id }, sequence) => {
        found.push([sequence, id]);
        return found.length < limit;
      }, options);
      expect(count).toBe(found.length);
      return found;
    };
    expect(visited()).toEqual(up(1, 4000));
    for (const from of [1, 2, 3500, new Date(0)]) {
      // A struct is one cursor that is moved on, from the first one on; so the way there is the same for all.
      const cursors = new Set<unknown>();
      journal.forEachRecord((record) => void cursors.add(record), { from });
      expect(cursors.size).toBeLessThan(3);
      for (const cursor of cursors) expect(Object.keys(cursor as object)).toEqual([]);
    }
    expect(visited({ from: 3001 }, 5)).toEqual(up(3001, 3005));
    expect(visited({ from: new Date(0) }, 1)).toEqual(up(1, 1));
    expect(visited({ from: new Date(Date.now() + 1e6) })).toEqual([]);
    expect(() => journal.forEachRecord(() => expect.unreachable())).toThrow();
    renameSync(segmentsOf(path)[1] as string, directory.file("away"));
    expectCode(() => visited(), "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    const gaps: unknown[] = [];
    const rest = visited({ onGap: (gap) => gaps.push(gap) });
    const [[from, to]] = gaps.map((gap) => Object.values(gap as object)) as [[number, number]];
    expect(rest).toEqual([...up(1, from - 1), ...up(to + 1, 4000)]);
    expectCode(() => journal.forEachRecord(5 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    const later = () => journal.forEachRecord(async () => expect.unreachable());
    expectCode(later, "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(later).toThrow(/visit.*a function that is not asynchronous/);
    const promising = () => journal.forEachRecord(() => Promise.resolve());
    expect(promising).toThrow(/visit.*a function that is not asynchronous/);
    expectCode(() => visited({ from: "middle" } as never), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(() => visited({ onGap: 5 } as never), "TypeError", "ERR_INVALID_ARG_TYPE");
  });
});

describe("Journal.batch()", () => {
  test("appends all or nothing", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    using journal = Journal.open(directory.file("j"), { schema: json<number>(), sync: "none" });
    let kept: { append(record: number): void } | undefined;
    const last = journal.batch((batch) => {
      kept = batch;
      for (let i = 1; i <= 64; i++) batch.append(i);
    });
    expect(last).toBe(64);
    expectCode(() => kept?.append(1), "NotSupportedError", "ERR_NOT_SUPPORTED");
    expect(() =>
      journal.batch((batch) => {
        batch.append(65);
        throw new RangeError("changed my mind");
      }),
    ).toThrow("changed my mind");
    expect(journal.batch(() => undefined)).toBe(64);
    const later = [
      async (batch: { append(record: number): void }) => batch.append(65),
      (batch: { append(record: number): void }) => Promise.resolve(batch.append(65)),
    ];
    for (const fill of later) {
      expectCode(() => journal.batch(fill), "TypeError", "ERR_INVALID_ARG_TYPE");
      expect(() => journal.batch(fill)).toThrow(/fill.*a function that is not asynchronous/);
    }
    expect(entriesNow(journal)).toEqual(up(1, 64));
    expectCode(() => journal.batch(5 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
  });
});
