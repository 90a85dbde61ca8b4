/**
 * Records read again, all of them in the page cache; every one is looked at. And how long it takes to open what is long.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { bytes } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { Journal } from "@isthmus/store";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { median } from "../../statistics/statistics.ts";
import { expectedSum, Sample, type SampleFields, sampleOf, sumOf } from "../sample.ts";
import { BATCH } from "./stores.ts";

const OPENER: readonly string[] = programCommand(import.meta.dirname, "open-main.ts");
const FIELDS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;
const LONG_BYTES = 4096;
/** Segments of 64 MiB that make 100 GiB. */
const SEGMENT_BYTES = 1 << 26;
const SEGMENTS = 1600;
/** How often such a journal is opened, each time by another process. */
const OPENINGS = 7;
/** What an opening may take, in nanoseconds. */
const OPEN_NS_MAX = 50e6;
/** Where records begin in a segment. */
const FIRST_RECORD = 4096;

/** The cases of this suite. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  short: (context) => {
    const { journal, count } = sampled(context);
    return timed(count, () => {
      let sum = 0;
      journal.forEachRecord((record) => {
        sum +=
          record.a + record.b + record.c + record.d + record.e + record.f + record.g + record.h;
      });
      return sum;
    });
  },
  shortLoop: (context) => {
    const { journal, count } = sampled(context);
    return timed(count, () => {
      let sum = 0;
      for (const entry of journal.read()) if (entry.gap === undefined) sum += sumOf(entry.value);
      return sum;
    });
  },
  shortAwait: async (context) => {
    const { journal, count } = sampled(context);
    const run = async (): Promise<number> => {
      let sum = 0;
      for await (const entry of journal.read()) {
        if (entry.gap === undefined) sum += sumOf(entry.value);
      }
      return sum;
    };
    mustSum(await run(), count);
    const startedAt = Bun.nanoseconds();
    mustSum(await run(), count);
    return { value: (Bun.nanoseconds() - startedAt) / count };
  },
  sqlite: (context) => {
    const count = countOf(context);
    const database = new Database(join(context.memoryDirectory, `replay-${process.pid}.sqlite`));
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = OFF");
    database.run(
      `CREATE TABLE log (sequence INTEGER PRIMARY KEY, time REAL, ${FIELDS.join(" REAL, ")} REAL)`,
    );
    const marks = FIELDS.map(() => "?").join(", ");
    const insert = database.prepare(`INSERT INTO log VALUES (NULL, ?, ${marks})`);
    database.transaction(() => {
      for (let i = 0; i < count; i++) {
        const { a, b, c, d, e, f, g, h } = sampleOf(i);
        insert.run(Date.now(), a, b, c, d, e, f, g, h);
      }
    })();
    const all = database.prepare("SELECT * FROM log ORDER BY sequence");
    return timed(count, () => {
      let sum = 0;
      for (const row of all.iterate()) sum += sumOf(row as SampleFields);
      return sum;
    });
  },
  long: (context) => {
    const path = join(context.memoryDirectory, `long-${process.pid}`);
    const journal = Journal.open(path, { schema: bytes, sync: "none" });
    const count = Math.max(64, Math.min(50_000, context.sizes.updates / 2));
    const record = new Uint8Array(LONG_BYTES);
    for (let i = 0; i < count; i++) journal.append(record);
    const run = (): void => {
      let length = 0;
      journal.forEachRecord((found) => {
        length += found.length;
      });
      if (length !== count * LONG_BYTES) throw new Error(`${length} bytes were read again`);
    };
    run();
    const startedAt = Bun.nanoseconds();
    run();
    return { value: (count * LONG_BYTES * 1e9) / (Bun.nanoseconds() - startedAt) };
  },
  open: measureOpening,
  openLimit: () => ({ value: OPEN_NS_MAX }),
};

function countOf({ sizes }: CaseContext): number {
  return Math.max(BATCH, Math.floor((sizes.updates * 4) / BATCH) * BATCH);
}

function sampled(context: CaseContext): { journal: Journal<typeof Sample>; count: number } {
  const path = join(context.memoryDirectory, `replay-${process.pid}`);
  const journal = Journal.open(path, { schema: Sample, sync: "none" });
  const count = countOf(context);
  for (let i = 0; i < count; i += BATCH) {
    journal.appendAll(Array.from({ length: BATCH }, (_, k) => sampleOf(i + k)));
  }
  return { journal, count };
}

/** Once to be compiled and once to be measured. */
function timed(count: number, run: () => number): Figure {
  mustSum(run(), count);
  const startedAt = Bun.nanoseconds();
  mustSum(run(), count);
  return { value: (Bun.nanoseconds() - startedAt) / count };
}

function mustSum(sum: number, count: number): void {
  const expected = expectedSum(0, count);
  if (sum !== expected) throw new Error(`${count} records add up to ${sum}, not ${expected}`);
}

function measureOpening(context: CaseContext): Figure {
  const path = join(context.directory, `long-${process.pid}`);
  const options = { schema: bytes, sync: "none", segmentBytes: SEGMENT_BYTES } as const;
  Journal.open(path, options).dispose();
  const segments = context.sizes.updates < 1000 ? 20 : SEGMENTS;
  const example = openSync(join(path, segmentName(1)), "r");
  const header = new Uint8Array(FIRST_RECORD);
  readSync(example, header, 0, header.length, 0);
  closeSync(example);
  for (let first = 1; first <= segments; first++) {
    const fd = openSync(join(path, segmentName(first)), "w");
    writeSync(fd, sparseSegment(header, first, first === segments));
    ftruncateSync(fd, SEGMENT_BYTES);
    closeSync(fd);
  }
  const values = Array.from({ length: OPENINGS }, () => {
    const { stdout } = Bun.spawnSync([...OPENER, path], { stderr: "inherit" });
    const [value, lastSequence] = JSON.parse(stdout.toString()) as [number, number];
    if (lastSequence !== segments) throw new Error(`it ends with ${lastSequence}`);
    return value;
  });
  rmSync(path, { recursive: true });
  return { value: median(values) };
}

function segmentName(first: number): string {
  return `${String(first).padStart(20, "0")}.seg`;
}

/** The beginning of a segment with one record, and a seal unless it is the last one, by docs/journal-format.md. */
function sparseSegment(example: Uint8Array, first: number, isLast: boolean): Uint8Array {
  const content = new Uint8Array(2 * FIRST_RECORD);
  const view = new DataView(content.buffer);
  content.set(example);
  view.setFloat64(32, first, true);
  view.setUint32(60, crc32(content.subarray(0, 60)), true);
  content.fill(0, 64, FIRST_RECORD);
  const seed = crc32(content.subarray(16, 32));
  const stamp = (at: number, size: number, sequence: number, count: number): void => {
    view.setUint32(at, size, true);
    view.setFloat64(at + 8, sequence, true);
    view.setUint32(at + 24, count, true);
    view.setUint32(at + 28, size - 32, true);
    view.setUint32(at + 4, crc32(content.subarray(at + 8, at + size), (seed ^ size) >>> 0), true);
  };
  stamp(FIRST_RECORD, 40, first, 1);
  if (!isLast) stamp(FIRST_RECORD + 40, 32, first + 1, 0);
  return content;
}
