/** Journals with damage: an error or a right answer, and whatever is missing is told. */
import { describe, expect, test } from "bun:test";
import {
  closeSync,
  copyFileSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { bytes, json } from "@isthmus/ipc";
import { codecOf, shapeOf } from "@isthmus/ipc/internal";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { removeTree } from "@isthmus/testing/remove-tree";
import { testIf } from "@isthmus/testing/requirement";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { canMount, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal } from "../../src/index.ts";
import { FRAME, FRAME_BYTES_MIN, SEGMENT } from "../../src/journal/journal-layout.ts";
import type { Gap } from "../../src/journal/record-cursor.ts";
import { RecordFormat } from "../../src/journal/record-format.ts";
import { RecordRun } from "../../src/journal/record-run.ts";
import {
  changeFile,
  entriesOf,
  idOf,
  NUMBERS,
  SMALL,
  segmentsOf,
  stampRecord,
} from "./support/sample-journal.ts";

const FUZZ = 150 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
/** Bytes of a frame of one digit, and where its payload is. */
const STEP = FRAME_BYTES_MIN + 8;
const PAYLOAD = FRAME_BYTES_MIN;

const CORRUPT = "ERR_CORRUPT_SEGMENT";

/** A journal of the numbers up to 9, none of them synced. */
function small(path: string): void {
  using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
  for (let i = 1; i <= 9; i++) journal.append(i);
}

const numbers = (count: number, first = 1): unknown[] =>
  Array.from({ length: count }, (_, i) => [first + i, first + i]);

describe("a damaged journal", () => {
  test("ends before a record that is torn, and what was behind it never comes back", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    small(path);
    const [segment] = segmentsOf(path) as [string];
    changeFile(segment, (content) => {
      content[SEGMENT.frames + 5 * STEP + PAYLOAD]! ^= 1;
      return undefined;
    });
    using journal = Journal.open(path, NUMBERS);
    expect(await entriesOf(journal)).toEqual(numbers(5));
    expect(journal.append(6)).toBe(6);
    expect(await entriesOf(journal)).toEqual(numbers(6));
  });

  test("is never written over what was on the disk once: the gap is told, and it goes on behind it", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    small(path);
    {
      using journal = Journal.open(path, NUMBERS);
      journal.append(10);
      await journal.flushed();
    }
    changeFile(segmentsOf(path)[0] as string, (content) => {
      content[SEGMENT.frames + 5 * STEP + PAYLOAD]! ^= 1;
      return undefined;
    });
    using journal = Journal.open(path, NUMBERS);
    expect(journal.append(11)).toBe(11);
    const expected = [...numbers(5), { gap: { from: 6, to: 6 } }, ...numbers(5, 7)];
    expect(await entriesOf(journal)).toEqual(expected);
    expect(await entriesOf(journal, { from: 6 })).toEqual(expected.slice(5));
    expect(await entriesOf(journal, { from: 7 })).toEqual(numbers(5, 7));
  });

  test("loses what was appended together with what is damaged, up to 8 KiB of it", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    {
      using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
      journal.append(1);
      journal.appendAll([2, 3, 4]);
      journal.append(5);
      // 8 bytes each: frames of up to 1,020 records.
      journal.appendAll(Array.from({ length: 3000 }, (_, i) => i + 6));
      await journal.flushed();
    }
    changeFile(segmentsOf(path)[0] as string, (content) => {
      // The payload of the third record, and one in the middle of the long run.
      content[SEGMENT.frames + STEP + FRAME.records + 12]! ^= 1;
      content[SEGMENT.frames + 12_000]! ^= 1;
      return undefined;
    });
    using journal = Journal.open(path, NUMBERS);
    const [one, first, five, ...rest] = await entriesOf(journal);
    expect([one, first, five]).toEqual([[1, 1], { gap: { from: 2, to: 4 } }, [5, 5]]);
    const second = rest.find((entry) => !Array.isArray(entry)) as { gap: Gap };
    const { from, to } = second.gap;
    expect(from).toBe(6 + 1020);
    expect(to).toBe(6 + 2 * 1020 - 1);
    expect(rest).toEqual([...numbers(from - 6, 6), second, ...numbers(3005 - to, to + 1)]);
  });

  test("tells of segments that are missing, cut off, or of another journal", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    {
      using journal = Journal.open(path, { schema: json<number>(), ...SMALL });
      for (let i = 1; i <= 6000; i++) journal.append(i);
    }
    const segments = segmentsOf(path);
    const firsts = segments.map((name) => Number(/(\d+)\.seg$/.exec(name)?.[1]));
    const broken = async (harm: (copy: string, files: string[]) => void) => {
      using copies = new TemporaryDirectory();
      const copy = copies.file("copy");
      cpSync(path, copy, { recursive: true });
      harm(copy, segmentsOf(copy));
      using journal = Journal.open(copy, { schema: json<number>() });
      const sequence = journal.append(0);
      const entries = await entriesOf(journal, { from: 1 });
      expect(entries.at(-1)).toEqual([sequence, 0]);
      // Everything is told once, in order.
      let next = 1;
      for (const entry of entries as ([number, number] | { gap: { from: number; to: number } })[]) {
        expect("gap" in entry ? entry.gap.from : entry[0]).toBe(next);
        next = ("gap" in entry ? entry.gap.to : entry[0]) + 1;
        if (!("gap" in entry) && entry[1] !== 0) expect(entry[1]).toBe(entry[0]);
      }
      expect(next).toBe(sequence + 1);
      return entries.filter((entry) => !Array.isArray(entry));
    };
    const gap = (from: number, to: number) => [{ gap: { from, to } }];
    expect(segments.length).toBeGreaterThan(3);
    const [, second = 0, third = 0] = firsts;
    expect(await broken(() => undefined)).toEqual([]);
    expect(await broken((_, files) => rmSync(files[0]!))).toEqual(gap(1, second - 1));
    expect(await broken((_, files) => rmSync(files[1]!))).toEqual(gap(second, third - 1));
    expect(await broken((_, files) => copyFileSync(files[0]!, files[1]!))).toEqual(
      gap(second, third - 1),
    );
    expect(await broken((_, files) => truncateSync(files[1]!, 100))).toEqual(
      gap(second, third - 1),
    );
    const cut = SEGMENT.frames + 40 * 10;
    expect(await broken((_, files) => truncateSync(files[1]!, cut))).toEqual(
      gap(second + 10, third - 1),
    );
    expect(await broken((_, files) => truncateSync(files.at(-1)!, cut))).toHaveLength(1);
  });

  test("is refused or only read where its head is wrong", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    small(path);
    const [segment] = segmentsOf(path) as [string];
    changeFile(segment, (content) => {
      content[33]! ^= 1;
      return undefined;
    });
    {
      using journal = Journal.open(path, NUMBERS);
      expectCode(() => journal.append(1), "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      const refusal = await entriesOf(journal).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "ERR_CORRUPT_SEGMENT" });
    }
    const open = () => Journal.open(path, NUMBERS);
    changeFile(join(path, "meta"), (content) => {
      content[20]! ^= 1;
      return undefined;
    });
    expectCode(open, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    rmSync(join(path, "meta"));
    expectCode(open, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
  });

  test("is refused or only read where its head says what cannot be, though its CRC is right", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    small(path);
    const [segment] = segmentsOf(path) as [string];
    const whole = readFileSync(segment);
    const lengths = [NaN, -1, 0, 8, 4096, 4104, 4160, 65_537, 65_544, 3e9, 2 ** 40, Infinity];
    const times = [NaN, -1, 8.64e15 + 1, 2 ** 53, 1e300, Infinity];
    const fields = [
      ...lengths.map((value) => [SEGMENT.segmentBytes, value] as const),
      ...times.map((value) => [SEGMENT.time, value] as const),
    ];
    for (const [offset, value] of fields) {
      writeFileSync(segment, whole);
      changeFile(segment, (content) => {
        content.writeDoubleLE(value, offset);
        content.writeUInt32LE(crc32(content.subarray(0, SEGMENT.crc)), SEGMENT.crc);
        return undefined;
      });
      const changed = readFileSync(segment);
      using journal = Journal.open(path, NUMBERS);
      expectCode(() => journal.append(1), "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      const refusal = await entriesOf(journal).catch((error: unknown) => error);
      expect([offset, value, refusal]).toMatchObject([offset, value, { code: CORRUPT }]);
      expect(readFileSync(segment).equals(changed)).toBe(true);
    }
    // A file that was made with so many bytes.
    writeFileSync(segment, whole.subarray(0, 8192));
    changeFile(segment, (content) => {
      content.writeDoubleLE(8192, SEGMENT.segmentBytes);
      content.writeDoubleLE(0, SEGMENT.time);
      content.writeUInt32LE(crc32(content.subarray(0, SEGMENT.crc)), SEGMENT.crc);
      return undefined;
    });
    using journal = Journal.open(path, NUMBERS);
    expect(journal.append(10)).toBe(10);
    expect(await entriesOf(journal)).toEqual(numbers(10));
  });

  test("never takes zeros, records of other journals or of other places for records", () => {
    const format = new RecordFormat(new Uint8Array(16).fill(1));
    const content = new Uint8Array(256);
    const record = { bytes: content, view: new DataView(content.buffer) };
    const look = (from: RecordFormat, sequence: number) => {
      return from.examine(record, 0, 256, 256, sequence, 0);
    };
    expect(look(format, 0)).toBe("empty");
    expect(look(format, 1)).toBe("empty");
    stampRecord(format, record, 0, 8, 5, 1000);
    expect(look(format, 5)).toBe("frame");
    expect(look(format, 6)).toBe("invalid");
    expect(look(new RecordFormat(new Uint8Array(16).fill(2)), 5)).toBe("invalid");
    record.view.setFloat64(FRAME.sequence, 6, true);
    expect(look(format, 6)).toBe("invalid");
    stampRecord(format, record, 0, 8, 5, 1000);
    for (const time of [8.64e15 + 1, Infinity, NaN]) {
      stampRecord(format, record, 0, 8, 5, time);
      expect(look(format, 5)).toBe("invalid");
    }
    stampRecord(format, record, 0, 8, 5, 1000);
    // A time before the last one's, no room for the seal, fewer bytes than it has.
    expect(format.examine(record, 0, 256, 256, 5, 1001)).toBe("invalid");
    expect(format.examine(record, 0, 256, 64, 5, 0)).toBe("invalid");
    expect(format.examine(record, 0, 36, 256, 5, 0)).toBe("short");
    for (let bit = 0; bit < 40 * 8; bit++) {
      content[bit >> 3]! ^= 1 << (bit & 7);
      expect(look(format, 5)).not.toBe("frame");
      content[bit >> 3]! ^= 1 << (bit & 7);
    }
  });

  test("never takes a frame whose records do not add up for one, though its CRC is right", () => {
    const format = new RecordFormat(new Uint8Array(16).fill(1));
    const run = new RecordRun(codecOf(shapeOf(bytes)), 1000);
    for (const length of [3, 0, 4, 9, 0]) run.add(new Uint8Array(length).fill(255));
    const { memory, end } = run;
    const size = memory.view.getUint32(FRAME.size, true);
    const look = (): unknown => {
      format.stamp(memory, 0, 1, 0);
      return format.examine(memory, 0, end, end + FRAME_BYTES_MIN, 1, 0);
    };
    expect([look(), format.count, size, end]).toEqual(["frame", 5, 72, 72]);
    const change = (offset: number, value: number): void => {
      const before = memory.view.getUint32(offset, true);
      memory.view.setUint32(offset, value, true);
      expect([offset, value, look()]).toEqual([offset, value, "invalid"]);
      memory.view.setUint32(offset, before, true);
    };
    for (const count of [0, 1, 4, 6, 9, 2 ** 20, 2 ** 32 - 1]) change(FRAME.count, count);
    // Of the first, a middle one and the last record.
    for (const length of [5, 8, 100, 2 ** 31, 2 ** 32 - 1]) change(FRAME.records, length);
    for (const length of [5, 2 ** 31 - 9, 2 ** 32 - 16]) change(44, length);
    for (const length of [1, 8, 2 ** 32 - 1]) change(68, length);
    for (const shorter of [71, 64, 32]) change(FRAME.size, shorter);
    expect(look()).toBe("frame");
  });

  test("answers rightly or with an error whatever bits are flipped", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const random = new SeededRandom(seedOf("a damaged journal"));
    const records = Array.from({ length: 60 }, (_, i) => new Uint8Array((i * 131) % 3000).fill(i));
    {
      using journal = Journal.open(path, { schema: bytes, ...SMALL, sync: "none" });
      for (const record of records) journal.append(record);
    }
    const copy = directory.file("copy");
    for (let i = 0; i < FUZZ; i++) {
      cpSync(path, copy, { recursive: true });
      for (const segment of segmentsOf(copy)) {
        if (random.oneIn(2)) continue;
        changeFile(segment, (content) => {
          for (let flips = 1 + random.below(4); flips > 0; flips--) {
            const at = random.oneIn(2)
              ? random.below(content.length)
              : random.below(200) + SEGMENT.frames;
            content[at]! ^= 1 << random.below(8);
          }
          if (random.oneIn(8)) return content.subarray(0, random.below(content.length));
          if (random.oneIn(8))
            content.copyWithin(SEGMENT.frames + 8 * random.below(1000), SEGMENT.frames);
          return undefined;
        });
      }
      {
        using journal = Journal.open(copy, { schema: bytes });
        let next = 1;
        try {
          for await (const entry of journal.read({ from: 1 })) {
            if (entry.gap === undefined)
              expect(entry.value).toEqual(records[entry.sequence - 1] as never);
            expect(entry.gap?.from ?? (entry as { sequence: number }).sequence).toBe(next);
            next = (entry.gap?.to ?? (entry as { sequence: number }).sequence) + 1;
          }
          const appended = journal.append(new Uint8Array([1]));
          expect(appended).toBeGreaterThanOrEqual(next);
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_CORRUPT_SEGMENT" });
        }
      }
      removeTree(copy);
    }
  });
});

/** A file of so many bytes. */
function fileOf(directory: string, bytes: number): string {
  const path = join(directory, "spare");
  writeFileSync(path, new Uint8Array(bytes));
  return path;
}

/** Takes the rest of a small file system. */
function fillDisk(path: string): void {
  const fd = openSync(join(path, "filler"), "w");
  try {
    for (;;) writeSync(fd, new Uint8Array(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(fd);
  }
}

describe("a disk that refuses", () => {
  testIf(canMount, "to mount a file system")("has no room for the next segment", async () => {
    using _home = new Home();
    using disk = new SmallFileSystem("size=320k");
    const path = join(disk.path, "j");
    using journal = Journal.open(path, { schema: bytes, ...SMALL, sync: "none" });
    let last = 0;
    const fill = () => {
      for (;;) last = journal.append(new Uint8Array(1000));
    };
    const spare = fileOf(disk.path, 2 ** 17);
    expectCode(fill, "SystemError", "ENOSPC");
    expectCode(fill, "SystemError", "ENOSPC");
    rmSync(spare);
    expect(last).toBeGreaterThan(50);
    const entries = (await entriesOf(journal)) as [number, unknown][];
    expect(entries.map(([sequence]) => sequence)).toEqual(
      Array.from({ length: last }, (_, i) => i + 1),
    );
    // Somebody has died between the end of this segment and the beginning of the next one.
    using other = new TemporaryDirectory(disk.path);
    const copy = other.file("j");
    cpSync(path, copy, { recursive: true, filter: (source) => !source.endsWith("0001.seg") });
    changeFile(segmentsOf(copy).at(-1) as string, (content) => {
      const head = new Uint8Array(content.buffer, content.byteOffset, content.length);
      const record = { bytes: head, view: new DataView(content.buffer, content.byteOffset) };
      let tail: number = SEGMENT.frames;
      while (content.readUInt32LE(tail) !== 0) tail += 1032;
      new RecordFormat(idOf(copy)).stampSeal(record, tail, last + 1, Date.now());
      return undefined;
    });
    fillDisk(disk.path);
    using full = Journal.open(copy, { schema: bytes });
    expectCode(() => full.append(new Uint8Array(1)), "SystemError", "ENOSPC");
    expect((await entriesOf(full)).length).toBeGreaterThan(20);
    rmSync(join(disk.path, "filler"));
    // Room is made: it goes on where it was.
    rmSync(segmentsOf(path)[0] as string);
    expect(journal.append(new Uint8Array(1000))).toBe(last + 1);
  });

  testIf(canMount, "to mount a file system")("leaves nothing of what it has no room for", () => {
    using _home = new Home();
    using disk = new SmallFileSystem("size=320k");
    const path = join(disk.path, "j");
    const open = () => Journal.open(path, { schema: bytes, segmentBytes: 2 ** 20 });
    expectCode(open, "SystemError", "ENOSPC");
    expect(readdirSync(path)).toEqual(["lock"]);
    expectCode(() => Journal.open(path, { access: "read" }), "SystemError", "ENOENT");
    // Smaller files, of other records.
    using journal = Journal.open(path, { schema: json, ...SMALL });
    expect(journal.append("a")).toBe(1);
    fillDisk(disk.path);
    expectCode(() => [...journal.read({ tailer: "t" })], "SystemError", "ENOSPC");
    expect(readdirSync(join(path, "tailers"))).toEqual([]);
  });
});
