/** Crashes at every step: of the process, of the power. And that each of the rules which prevent harm is needed. */
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  setSystemTime,
  test,
} from "bun:test";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Appender } from "../../src/journal/appender.ts";
import { RecordCursor } from "../../src/journal/record-cursor.ts";
import { RecordFormat } from "../../src/journal/record-format.ts";
import { explore, type Parts } from "./support/power-cut-model.ts";

setDefaultTimeout(120_000);

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
    "      this.#file.sync();\n      this.#noteSynced(this.#file, this.last);\n      this.#storage",
    "      this.#storage",
  ],
  "the rest is not cleared on opening": [
    "appender.ts",
    "    this.#clearRest();\n    this.#mendF",
    "    this.#mendF",
  ],
  "what is cleared is not brought to the disk": [
    "appender.ts",
    "store(this.#tail, 0);\n    try {\n      file.sync();",
    "store(this.#tail, 0);\n    try {",
  ],
  "what is torn is not mended": ["appender.ts", "else this.#mend();", "else return;"],
  "nothing is said before a payload is written": [
    "appender.ts",
    "    file.store(tail, size | PENDING);\n",
    "",
  ],
  "the CRC is not looked at": ["record-format.ts", " !== crc) return", " === crc + 0.5) return"],
  "the sync does nothing": [
    "appender.ts",
    "    if (this.synced >= last) return;\n    try {\n      this.#file.sync();",
    "    if (this.synced >= last) return;\n    try {",
  ],
  "it is synced before it is": [
    "appender.ts",
    "    this.#tail += bytes;\n",
    "    this.#tail += bytes;\n      this.#noteSynced(this.#file, this.#next);\n",
  ],
  "nobody looks for what others have appended": [
    "appender.ts",
    "    this.catchUp();\n    let offset",
    "    let offset",
  ],
};

/** Numbers from 0 to 1, the same for a seed. */
function randomOf(seed: number): () => number {
  const random = new SeededRandom(seed);
  return () => random.next();
}

/** The journal's classes with a fault. */
async function mutant(directory: string, name: string): Promise<Parts> {
  const [file, right, wrong] = MUTANTS[name] as readonly [string, string, string];
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
  };
}

describe("a crash at any step", () => {
  test("loses nothing that was promised, makes nothing up, and can be gone on from", () => {
    for (let run = 0; run < RUNS; run++) {
      const random = randomOf(run);
      expect(explore({ Appender, RecordCursor, RecordFormat }, random, 4)).toBeUndefined();
    }
  });

  test.each(Object.keys(MUTANTS))("is noticed when %s", async (name) => {
    using directory = new TemporaryDirectory();
    symlinkSync(MODULES, join(directory.path, "node_modules"));
    const parts = await mutant(join(directory.path, "journal"), name);
    let found: string | undefined;
    for (let seed = 0; seed < 3 && found === undefined; seed++) {
      try {
        found = explore(parts, randomOf(seed), 4);
      } catch (error) {
        found = String(error);
      }
    }
    expect(found).toBeString();
  });
});
