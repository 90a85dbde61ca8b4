/** Opening journals to read only, looking at their files, checking all of them, and mending first pages. */
import { describe, expect, spyOn, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { CorruptSegmentError } from "@isthmus/core";
import { bytes, json, struct, u32 } from "@isthmus/ipc";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { checkJournal, inspectJournal, Journal, repairJournal } from "../../src/index.ts";
import { SEGMENT } from "../../src/journal/journal-layout.ts";
import {
  appendNumbers,
  changeFile,
  entriesOf,
  NUMBERS,
  SMALL,
  segmentsOf,
} from "./support/sample-journal.ts";

const COUNT = 6000;

/** A journal of the numbers up to 6000, in several segments. */
function write(path: string): void {
  using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
  appendNumbers(journal, COUNT);
}

function firstOf(segment: string): number {
  return Number(/(\d+)\.seg$/.exec(segment)?.[1]);
}

/** All bytes of a directory. */
function contentOf(path: string): Record<string, Buffer> {
  const names = readdirSync(path).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name))]));
}

describe('Journal.open(path, { access: "read" })', () => {
  test("changes nothing, not even what is torn, and appends nothing", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    write(path);
    changeFile(segmentsOf(path).at(-1) as string, (content) => {
      content.fill(9, content.length - 50);
      return undefined;
    });
    const before = contentOf(path);
    {
      using journal = Journal.open(path, { schema: json, access: "read" });
      expect(await entriesOf(journal)).toHaveLength(COUNT);
      expect(journal.metrics.lastSequence).toBe(COUNT);
      expectCode(() => journal.append(1), "SystemError", "EACCES");
      expectCode(() => journal.appendAll([]), "SystemError", "EACCES");
      const refused = {
        "append to": () => journal.append(1),
        roll: () => journal.roll(),
        prune: () => journal.prune(),
        "keep a tailer of": () => journal.read({ tailer: "one" }),
        "remove a tailer of": () => journal.removeTailer("one"),
      };
      for (const [what, ask] of Object.entries(refused)) {
        expect(ask).toThrow(
          `Cannot ${what} the journal "${path}": EACCES, it was opened to be read`,
        );
        expectCode(ask, "SystemError", "EACCES");
      }
      await expectRejection(journal.flushed(), "SystemError", "EACCES");
      await expect(journal.flushed()).rejects.toThrow(`Cannot flush the journal "${path}"`);
      await expect(journal.flushed()).rejects.toThrow("EACCES");
    }
    expect(contentOf(path)).toEqual(before);
  });

  test("knows the schema by itself, and refuses another one", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const Order = struct({ id: u32 });
    Journal.open(path, { schema: Order, ...SMALL }).append({ id: 7 });
    using journal = Journal.open(path, { access: "read" });
    expect(await entriesOf(journal)).toEqual([[1, { id: 7 }]]);
    expect(journal.schema).toMatchObject({ canonical: Order.canonical });
    const other = () => Journal.open(path, { access: "read", schema: bytes });
    expect(other).toThrow(CorruptSegmentError);
    const raw = directory.file("raw");
    Journal.open(raw, { schema: bytes, ...SMALL }).dispose();
    using second = Journal.open(raw, { access: "read" });
    expect(second.schema).toBe(bytes);
  });

  test("needs a journal, and a schema to append", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    expectCode(() => Journal.open(path, { access: "read" }), "SystemError", "ENOENT");
    expectCode(
      () => Journal.open(path, { access: "write" } as never),
      "TypeError",
      "ERR_INVALID_ARG_VALUE",
    );
    expectCode(() => Journal.open(path, {} as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(readdirSync(directory.path)).toEqual([]);
  });

  test("follows what others append", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using writer = Journal.open(path, { ...NUMBERS, ...SMALL });
    using reader = Journal.open(path, { access: "read" });
    const entries = reader.read({ follow: true })[Symbol.asyncIterator]();
    const next = entries.next();
    writer.append(5);
    expect((await next).value).toMatchObject({ sequence: 1, value: 5 });
    await entries.return?.();
  });
});

describe("inspectJournal(), checkJournal()", () => {
  test("look at the room that is left without looking at each byte of it", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, { schema: json, segmentBytes: 2 ** 26 });
    journal.append(1);
    const looks = spyOn(Uint8Array.prototype, "some");
    try {
      expect(await checkJournal(path)).toMatchObject({ records: 1, tornAt: undefined });
      expect(looks).not.toHaveBeenCalled();
    } finally {
      looks.mockRestore();
    }
  });

  test("tell of a sound journal, with progress", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    write(path);
    const { segments, schema, segmentBytes } = inspectJournal(path);
    expect([schema, segmentBytes]).toEqual([json, 65_536]);
    expect(segments.map(({ firstSequence }) => firstSequence)).toEqual(
      segmentsOf(path).map(firstOf),
    );
    for (const [index, segment] of segments.entries()) {
      expect(segment).toMatchObject({ bytes: 65_536, problem: undefined });
      const next = segments[index + 1];
      if (next) expect(segment.syncedSequence).toBe(next.firstSequence - 1);
    }
    const steps: number[] = [];
    const found = await checkJournal(path, { onProgress: (done) => steps.push(done) });
    expect(found).toMatchObject({
      records: COUNT,
      firstSequence: 1,
      lastSequence: COUNT,
      gapCount: 0,
      missing: 0,
      gaps: [],
      damaged: [],
      tornAt: undefined,
    });
    expect(steps).toEqual(steps.toSorted((one, two) => one - two));
    const reason = new Error("enough");
    // Again and again: whether there is time for a turn of the event loop must make no difference.
    for (let time = 0; time < 20; time++) {
      const aborted = checkJournal(path, { signal: AbortSignal.abort(reason) });
      await expect(aborted).rejects.toBe(reason);
    }
  });

  test("refuse what is no journal, and wrong options", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    for (const look of [inspectJournal, repairJournal]) {
      expectCode(() => look(path), "SystemError", "ENOENT");
      expectCode(() => look(1 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    await expect(checkJournal(path)).rejects.toMatchObject({ code: "ENOENT" });
    const wrong = checkJournal(path, { onProgres: () => undefined } as never);
    await expect(wrong).rejects.toMatchObject({ code: "ERR_INVALID_ARG_VALUE" });
    const wrongType = checkJournal(path, { onProgress: 1 } as never);
    await expect(wrongType).rejects.toMatchObject({ code: "ERR_INVALID_ARG_TYPE" });
  });
});

describe("repairJournal()", () => {
  test("makes first pages anew so that times are found, too, and keeps the first original", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    write(path);
    const files = segmentsOf(path);
    const lost = [files[1] as string, files.at(-1) as string];
    const pages = lost.map((file) => readFileSync(file).subarray(0, SEGMENT.frames));
    for (const file of lost) {
      changeFile(file, (content) => {
        content[SEGMENT.first]! ^= 1;
        return undefined;
      });
    }
    expect(repairJournal(path).segments).toEqual(lost.map(firstOf));
    for (const [index, file] of lost.entries()) {
      // All that is written once is as it was: the name, the size, the time before.
      const page = readFileSync(file).subarray(0, SEGMENT.crc + 4);
      expect(page.equals((pages[index] as Buffer).subarray(0, SEGMENT.crc + 4))).toBeTrue();
    }
    using journal = Journal.open(path, NUMBERS);
    const all = await entriesOf(journal);
    expect(all).toHaveLength(COUNT);
    let time = 0;
    for await (const entry of journal.read({ from: 2000 })) {
      if (entry.gap === undefined) time = entry.time;
      break;
    }
    const [first] = await entriesOf(journal, { from: new Date(time) });
    expect((first as [number, number])[0]).toBeLessThanOrEqual(2000);
    changeFile(lost[0] as string, (content) => {
      content.fill(5, 0, SEGMENT.frames);
      return undefined;
    });
    expect(repairJournal(path).segments).toEqual([firstOf(lost[0] as string)]);
    const kept = readFileSync(`${lost[0]}.before-repair`);
    expect(kept[SEGMENT.first]).toBe((pages[0]?.[SEGMENT.first] as number) ^ 1);
    expect(repairJournal(path).segments).toEqual([]);
  });

  test("leaves segments of another version alone, whole as they are", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    write(path);
    const file = segmentsOf(path)[1] as string;
    changeFile(file, (content) => {
      content.writeUInt32LE(2, SEGMENT.version);
      content.writeUInt32LE(crc32(content.subarray(0, SEGMENT.crc)), SEGMENT.crc);
      return undefined;
    });
    const before = readFileSync(file);
    expect(inspectJournal(path).segments[1]?.problem).toContain("it is of version 2");
    expect(repairJournal(path).segments).toEqual([]);
    expect(readFileSync(file).equals(before)).toBeTrue();
  });

  test("mends a last segment in which nothing stands yet", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    Journal.open(path, { ...NUMBERS, ...SMALL }).dispose();
    const [file] = segmentsOf(path) as [string];
    changeFile(file, (content) => {
      content.fill(1, 0, 100);
      return undefined;
    });
    using damaged = Journal.open(path, NUMBERS);
    expect(() => damaged.append(1)).toThrow(CorruptSegmentError);
    expect(repairJournal(path).segments).toEqual([1]);
    using journal = Journal.open(path, NUMBERS);
    expect(journal.append(1)).toBe(1);
  });
});
