/** A reader in Python, written from `docs/journal-format.md` alone, reads what this library writes, record for record. */
import { describe, expect, test } from "bun:test";
import { cpSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { bytes, json } from "@isthmus/ipc";
import { codecOf, shapeOf } from "@isthmus/ipc/internal";
import { Home } from "@isthmus/testing/home";
import { testIf } from "@isthmus/testing/requirement";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { blocksOf } from "../../../ipc/test/layout/support/document.ts";
import { Journal } from "../../src/index.ts";
import { SEGMENT } from "../../src/journal/journal-layout.ts";
import { RecordFormat } from "../../src/journal/record-format.ts";
import { RecordRun } from "../../src/journal/record-run.ts";
import { changeFile, SMALL, segmentsOf } from "./support/sample-journal.ts";

const PYTHON = process.env["ISTHMUS_TEST_PYTHON"] ?? "python3";
const READER = join(import.meta.dir, "fixtures", "read_journal.py");
const testPython = testIf(Bun.which(PYTHON) !== null, "Python 3");
const FUZZ = 24 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);

/** What Python finds in journals, each from a sequence on. */
function readByPython(...places: readonly (readonly [path: string, from: number])[]): unknown[][] {
  const { stdout, stderr } = Bun.spawnSync([PYTHON, READER, ...places.flat().map(String)]);
  expect(stderr.toString()).toBe("");
  const journals = stdout
    .toString()
    .split(/(?<=^|\n)\n/)
    .slice(0, -1);
  return journals.map((lines) => {
    const entries = lines.split("\n").filter(Boolean);
    return entries.map((line) => JSON.parse(line));
  });
}

/** The same by this library, which changes nothing: it only reads. */
async function readByBun(path: string, from = 1): Promise<unknown[]> {
  const found: unknown[] = [];
  using journal = Journal.open(path, { schema: bytes, access: "read" });
  for await (const entry of journal.read({ from })) {
    if (entry.gap !== undefined) found.push({ gap: [entry.gap.from, entry.gap.to] });
    else found.push([entry.sequence, entry.time, Buffer.from(entry.value).toString("hex")]);
  }
  return found;
}

/** A journal of several segments with records of all lengths. */
async function write(path: string, random: SeededRandom, isFlushed = true): Promise<void> {
  using journal = Journal.open(path, { schema: bytes, sync: "none", ...SMALL });
  for (let run = 0; run < 40; run++) {
    const lengths = Array.from({ length: random.below(30) }, () => random.below(500));
    journal.appendAll(lengths.map((length) => new Uint8Array(length).fill(run + 1)));
  }
  if (isFlushed) await journal.flushed();
  journal.append(new Uint8Array(70));
}

describe("read_journal.py", () => {
  testPython("agrees record for record on a journal of several segments", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    await write(path, new SeededRandom(1));
    expect(segmentsOf(path).length).toBeGreaterThan(2);
    const all = await readByBun(path);
    expect(all.length).toBeGreaterThan(400);
    const froms = [1, 2, 300, all.length, all.length + 1];
    const found = readByPython(...froms.map((from) => [path, from] as const));
    expect(found).toEqual(froms.map((from) => all.slice(from - 1)));
  });

  testPython("ends before a torn tail, tells gaps, and refuses what is no journal", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    await write(path, new SeededRandom(2));
    const all = await readByBun(path);
    const copies = { torn: "", gap: "", lost: "", cut: "" };
    for (const name of Object.keys(copies) as (keyof typeof copies)[]) {
      copies[name] = directory.file(name);
      cpSync(path, copies[name], { recursive: true });
    }
    const last = segmentsOf(copies.torn).at(-1) as string;
    changeFile(last, (content) => {
      // The last record was not synced: half of it is lost, and something else stands behind it.
      const at = content.lastIndexOf(tailOf(all.length));
      content.fill(0xff, at + 8 + 40, at + 8 + 200);
      return undefined;
    });
    expect(await readByBun(copies.torn)).toEqual(all.slice(0, -1));
    changeFile(segmentsOf(copies.gap)[1] as string, (content) => {
      content.fill(0, SEGMENT.frames + 2000, SEGMENT.frames + 4000);
      return undefined;
    });
    rmSync(segmentsOf(copies.lost)[1] as string);
    truncateSync(segmentsOf(copies.cut)[0] as string, 20_001);
    const places = Object.values(copies).flatMap((copy) => [
      [copy, 1] as const,
      [copy, 150] as const,
    ]);
    const found = await Promise.all(places.map(([copy, from]) => readByBun(copy, from)));
    for (const entries of found) expect(entries).not.toEqual(all);
    expect(readByPython(...places)).toEqual(found);
    changeFile(join(copies.cut, "meta"), (content) => {
      content[70]! ^= 1;
      return undefined;
    });
    const refused = Bun.spawnSync([PYTHON, READER, copies.cut, "1"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr.toString()).toContain("meta is damaged");
  });

  testPython("passes over segments whose heads say what cannot be", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    await write(path, new SeededRandom(3));
    const all = await readByBun(path);
    const fields = [
      [SEGMENT.segmentBytes, 4104],
      [SEGMENT.time, 1e300],
    ] as const;
    for (const [run, [offset, value]] of fields.entries()) {
      const copy = directory.file(`copy-${run}`);
      cpSync(path, copy, { recursive: true });
      changeFile(segmentsOf(copy)[1] as string, (content) => {
        content.writeDoubleLE(value, offset);
        content.writeUInt32LE(crc32(content.subarray(0, SEGMENT.crc)), SEGMENT.crc);
        return undefined;
      });
      const found = await readByBun(copy);
      expect(found.length).toBeLessThan(all.length);
      expect(readByPython([copy, 1])).toEqual([found]);
    }
  });

  testPython("agrees on whatever damage there is", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const seed = seedOf("journals in Python");
    const random = new SeededRandom(seed);
    await write(path, random, false);
    const copies = Array.from({ length: FUZZ }, (_, run) => directory.file(`copy-${run}`));
    for (const copy of copies) {
      cpSync(path, copy, { recursive: true });
      for (let harm = random.below(4); harm >= 0; harm--) {
        const files = segmentsOf(copy);
        const file = random.pick(files);
        // A last segment without a header is refused, and not read. Half of the others lose theirs.
        const isHead = file !== files.at(-1) && random.oneIn(2);
        changeFile(file, (content) => {
          const end = isHead ? SEGMENT.syncedCrc : content.length;
          const start = isHead ? 0 : SEGMENT.frames;
          const at = start + random.below(end - start);
          if (random.oneIn(2)) content[at]! ^= 1 << random.below(8);
          else content.subarray(at, at + random.below(3000)).fill(random.below(256));
          return undefined;
        });
      }
    }
    const found = readByPython(...copies.map((copy) => [copy, 1] as const));
    for (const [run, copy] of copies.entries()) {
      expect([seed, run, found[run]]).toEqual([seed, run, await readByBun(copy)]);
    }
  });

  testPython("reads the text of JSON as it was appended", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    {
      using journal = Journal.open(path, { schema: json, ...SMALL });
      journal.append({ price: 2.5, name: "é€" });
    }
    const [[[, , payload]]] = readByPython([path, 1]) as [[[number, number, string]]];
    expect(JSON.parse(Buffer.from(payload, "hex").toString())).toEqual({ price: 2.5, name: "é€" });
  });
});

test("the example of docs/journal-format.md is what this library writes", () => {
  const [text = ""] = blocksOf("Example of a frame");
  const expected = text
    .trim()
    .split(/\s+/)
    .map((byte) => Number.parseInt(byte, 16));
  const format = new RecordFormat(Uint8Array.from({ length: 16 }, (_, index) => index));
  const run = new RecordRun(codecOf(shapeOf(bytes)), 100);
  run.add(Uint8Array.of(1, 2, 3));
  run.add(Uint8Array.of(4));
  format.stamp(run.memory, 0, 3, 1_700_000_000_000);
  expect([...run.memory.bytes.subarray(0, run.end)]).toEqual(expected);
});

/** The sequence of a record as it stands in its header. */
function tailOf(sequence: number): Uint8Array {
  return new Uint8Array(Float64Array.of(sequence).buffer);
}
