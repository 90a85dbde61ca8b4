/** Crashes at every step: of the process, of the power. And that each of the rules which prevent harm is needed. */
import { afterAll, beforeAll, describe, expect, setSystemTime, test } from "bun:test";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Appender } from "../../src/journal/appender.ts";
import { RecordCursor } from "../../src/journal/record-cursor.ts";
import { RecordFormat } from "../../src/journal/record-format.ts";
import { removeOld } from "../../src/journal/retention.ts";
import { Tailers } from "../../src/journal/tailer.ts";
import { exploreKeeping } from "./support/keeping-model.ts";
import { explore, type Parts } from "./support/power-cut-model.ts";
import { refuseSync } from "./support/refused-syncs-model.ts";

// A record that is left over is older than its place allows as soon as the clock has moved: nothing is to rest on that.
beforeAll(() => void setSystemTime(new Date(1e12)));
afterAll(() => void setSystemTime());

const SOURCES = join(import.meta.dir, "..", "..", "src", "journal");
const MODULES = join(import.meta.dir, "..", "..", "node_modules");
const RUNS = Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);

/** Faults: in which file what is written instead of what. */
const MUTANTS: Readonly<Record<string, readonly [file: string, right: string, wrong: string]>> = {
  "segments follow before the last one is on the disk": [
    "appender.ts",
    "    this.#syncFile();\n    this.#noteSynced(file, this.last, this.#mark);\n",
    "",
  ],
  "the rest is not cleared on opening": [
    "appender.ts",
    "    this.#clearRest();\n    this.#refused.settle",
    "    this.#refused.settle",
  ],
  "what is cleared is not brought to the disk": [
    "appender.ts",
    "if (clearFrom(this.#file, this.#tail)) this.#syncFile();",
    "clearFrom(this.#file, this.#tail);",
  ],
  "what is torn is not mended": [
    "appender.ts",
    'else if (finding !== "frame") this.#mend();',
    'else if (finding !== "frame") return;',
  ],
  "nothing is said before a payload is written": [
    "appender.ts",
    "    file.store(tail, size | PENDING);\n",
    "",
  ],
  "the CRC is not looked at": ["record-format.ts", " !== crc) return", " === crc + 0.5) return"],
  "the sync does nothing": [
    "appender.ts",
    "    this.#syncFile();\n    this.#noteSynced(this.#file, last",
    "    this.#noteSynced(this.#file, last",
  ],
  "it is synced before it is": [
    "appender.ts",
    "    this.#next += records;\n",
    "    this.#next += records;\n    this.#noteSynced(this.#file, this.#next, this.#mark);\n",
  ],
  "several frames are written by one call": [
    "appender.ts",
    "file.copiesAtOnce(end - start) && paddedBytes(size) === end - start",
    "file.copiesAtOnce(end - start)",
  ],
  "nobody looks for what others have appended": [
    "appender.ts",
    "    else this.catchUp();\n",
    "    else this.#check();\n",
  ],
  "whoever looked a moment ago does not look after another one's turn": [
    "appender.ts",
    "isContinued && now ===",
    "now ===",
  ],
};

/** Faults in what is kept: they are noticed by the model of tailers and removals. */
const KEEPING_MUTANTS: typeof MUTANTS = {
  "segments go before what tailers have handled is on the disk": [
    "tailer.ts",
    "      if (position !== undefined) keepPosition(this.#id, file.tailer, position);\n",
    "",
  ],
  "segments go whatever tailers have handled": [
    "retention.ts",
    "    if (next - 1 > handled) break;\n",
    "",
  ],
  "a segment goes of which one record is not handled": [
    "retention.ts",
    "next - 1 > handled",
    "next - 2 > handled",
  ],
  "what was handled of lost records stays handled": [
    "appender.ts",
    "new Tailers(this.#storage, this.#format.id).takeBack(this.last);",
    "",
  ],
  "what is taken back is not brought to the disk": [
    "tailer.ts",
    "        keepPosition(this.#id, file.tailer, tailer.position);\n",
    "",
  ],
  "a commit is written over the last one": [
    "tailer.ts",
    "return commits % 2 === 1 ? 0 : TAILER_COPY_BYTES;",
    "return commits < 0 ? TAILER_COPY_BYTES : 0;",
  ],
  "the older commit is taken for the newer one": [
    "tailer.ts",
    "copy.commits > (found?.commits ?? 0)",
    "copy.commits < (found?.commits ?? Infinity)",
  ],
  "the CRC of a commit is not looked at": ["tailer.ts", "=== copyCrc(id, bytes) &&", ">= 0 &&"],
};

/** Faults in what a sync that is refused ends. */
const REFUSAL_MUTANTS: typeof MUTANTS = {
  "one that was mended meanwhile is not noticed": [
    "refused-syncs.ts",
    "failures === this.#known && ",
    "",
  ],
  "the next one may do": ["refused-syncs.ts", "    this.#failure = error;\n", ""],
  "nobody else hears of it": [
    "refused-syncs.ts",
    "file?.store(SEGMENT.failed, this.#known + 1);",
    ";",
  ],
  "a second one looks like the mending": [
    "refused-syncs.ts",
    "if (!isOdd(this.#known)) file",
    "file",
  ],
  "what the kernel has forgotten is not written again": [
    "refused-syncs.ts",
    "    writeAgain(file, end);\n",
    "",
  ],
  "who comes from the segment before does not look": [
    "appender.ts",
    "    this.#goToEnd();\n    this.#refused.checkOthers(this.#file);\n",
    "    this.#goToEnd();\n",
  ],
  "what has ended is not mended": [
    "appender.ts",
    "    this.#refused.settle(file, Math.min(this.#tail + FRAME_BYTES_MIN, file.lengthBytes));\n",
    "",
  ],
  "it is mended before that is on the disk": ["refused-syncs.ts", "    file.sync();\n", ""],
  "it is never mended": [
    "refused-syncs.ts",
    "    file.store(SEGMENT.failed, ++this.#known);\n",
    "",
  ],
};

/** Numbers from 0 to 1, the same for a seed. */
function randomOf(seed: number): () => number {
  const random = new SeededRandom(seed);
  return () => random.next();
}

/** The journal's classes with a fault. */
async function mutant(
  directory: string,
  [file, right, wrong]: readonly [string, string, string],
): Promise<Parts> {
  cpSync(SOURCES, directory, { recursive: true });
  const path = join(directory, file);
  const text = readFileSync(path, "utf8");
  if (text.split(right).length !== 2) throw new Error(`"${right}" is not once in ${file}`);
  writeFileSync(
    path,
    text.replace(right, () => wrong),
  );
  const load = async (module: string) => await import(join(directory, module));
  return {
    ...(await load("appender.ts")),
    ...(await load("record-cursor.ts")),
    ...(await load("record-format.ts")),
    ...(await load("retention.ts")),
    ...(await load("tailer.ts")),
  };
}

/** Whether a model finds a fault. */
async function isFound(
  model: typeof explore,
  fault: readonly [string, string, string],
  seeds: number,
): Promise<string | undefined> {
  using directory = new TemporaryDirectory();
  symlinkSync(MODULES, join(directory.path, "node_modules"));
  const parts = await mutant(join(directory.path, "journal"), fault);
  for (let seed = 0; seed < seeds; seed++) {
    try {
      const found = model(
        parts,
        randomOf(seed),
        4,
        AT_ONCE_FROM[seed % AT_ONCE_FROM.length] as number,
      );
      if (found !== undefined) return found;
    } catch (error) {
      return String(error);
    }
  }
  return undefined;
}

/** Never, always, and for several records of a frame only, in bytes. */
const AT_ONCE_FROM = [Infinity, 0, 100] as const;

const PARTS = { Appender, RecordCursor, RecordFormat, Tailers, removeOld };

describe("a crash at any step", () => {
  test("loses nothing that was promised, makes nothing up, and can be gone on from", () => {
    for (let run = 0; run < RUNS; run++) {
      for (const atOnceFrom of AT_ONCE_FROM) {
        expect(explore(PARTS, randomOf(run), 4, atOnceFrom)).toBeUndefined();
      }
    }
  });

  test.each(Object.entries(MUTANTS))("is noticed when %s", async (_, ...fault) => {
    expect(await isFound(explore, fault.flat() as never, 3)).toBeString();
  });

  test("keeps what tailers have to handle, and does not forget what they have handled", () => {
    for (let run = 0; run < RUNS; run++) {
      expect(exploreKeeping(PARTS, randomOf(run), 4)).toBeUndefined();
    }
  });

  test.each(Object.entries(KEEPING_MUTANTS))("is noticed when %s", async (_, ...fault) => {
    expect(await isFound(exploreKeeping, fault.flat() as never, 6)).toBeString();
  });
});

describe("a sync that the disk refuses", () => {
  test("ends appending for all who have the journal open, and is made good by who opens it next", () => {
    refuseSync(PARTS);
  });

  test.each(Object.entries(REFUSAL_MUTANTS))("is noticed when %s", async (_, ...fault) => {
    expect(await isFound(refuseSync, fault.flat() as never, 1)).toBeString();
  });
});
