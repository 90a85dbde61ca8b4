/**
 * Real files of six formats, read through views. What is expected is what the library answers that made the file:
 * `make/` has the programs that made them, and print it.
 */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { readArrow } from "./readers/arrow.ts";
import { MaxMind } from "./readers/maxmind.ts";
import { openNpy } from "./readers/npy.ts";
import { Safetensors } from "./readers/safetensors.ts";
import { SqliteFile } from "./readers/sqlite.ts";
import { readZip } from "./readers/zip.ts";

const READERS = join(import.meta.dir, "readers");
const fileOf = (name: string): string => join(import.meta.dir, "files", name);

describe("NumPy", () => {
  test("numbers of this machine's order are used where they are", () => {
    using npy = openNpy(fileOf("matrix.npy"));
    expect(npy.shape).toEqual([2, 3]);
    expect([...npy.data]).toEqual([-0.5, -0.25, 0, 0.25, 0.5, 0.75]);
  });

  test("big-endian numbers are turned round", () => {
    using npy = openNpy(fileOf("big-endian.npy"));
    expect(npy.shape).toEqual([4]);
    expect([...npy.data]).toEqual([1, -2, 70_000, -2_147_483_648]);
  });
});

test("safetensors: tensors of three types, where they are", () => {
  using model = new Safetensors(fileOf("model.safetensors"));
  expect([model.names.sort(), model.metadata]).toEqual([
    ["half", "steps", "weight"],
    { format: "np" },
  ]);
  expect(model.shape("weight")).toEqual([2, 3]);
  expect([...model.tensor("weight")]).toEqual([1.5, -2.25, 3, Math.fround(0.1), 65_504, -0]);
  expect([...model.tensor("half")]).toEqual([1.5, -65_504, 6.097_555_160_522_461e-5, Infinity]);
  expect([...model.tensor("steps")]).toEqual([2n ** 40n, -7n]);
  expect(() => model.tensor("bias")).toThrow("there is no tensor bias");
});

test("Arrow: columns of two batches, with what is absent", () => {
  expect([...readArrow(fileOf("table.arrow"))]).toEqual([
    {
      id: [1, 2, null, 2 ** 53],
      price: [0.5, null, -1.25, 3],
      name: ["pear", "", "grün", null],
    },
    { id: [5], price: [9.75], name: ["fox"] },
  ]);
});

test("MaxMind: what is known of an address, and of one that is in no network", () => {
  using database = new MaxMind(fileOf("country.mmdb"));
  expect(database.metadata).toMatchObject({ database_type: "Example-Country", ip_version: 4 });
  expect(database.lookUp("81.2.69.160")).toEqual({
    asn: 20_712,
    country: { iso_code: "GB", names: { de: "Vereinigtes Königreich", en: "United Kingdom" } },
    is_eu: false,
    latitude: 51.5142,
    population: 68_000_000,
  });
  expect(database.lookUp("2.125.160.217")).toEqual({
    asn: 4_200_000_000,
    country: { iso_code: "DE", names: { de: "Deutschland", en: "Germany" } },
    is_eu: true,
    latitude: -0.5,
    population: 5_000_000_000,
    tags: ["a", "bc"],
  });
  for (const address of ["8.8.8.8", "81.2.70.0", "2.125.160.224"]) {
    expect(database.lookUp(address)).toBeUndefined();
  }
});

test("ZIP: stored and deflated files, checked by their sums", () => {
  using file = MemoryMappedFile.createFromFile(fileOf("archive.zip"), { access: "read" });
  using view = file.createViewAccessor();
  const files = [...readZip(file, view)];
  const contents = files.map(({ name, content }) => [name, Buffer.from(content()).toString()]);
  expect(contents).toEqual([
    ["stored.txt", "kept as it is\n"],
    ["folder/deflated.txt", "deflate ".repeat(100)],
  ]);
  expect(files.map(({ bytes }) => bytes)).toEqual([14, 800]);
});

/** Of every type and length that a value has in the file. */
const VALUES = [
  [0, 1, -1, 127, -128],
  [32_767, -8_388_608, 2_147_483_647, -(2 ** 47), 2 ** 53 - 1],
  [0.5, -1e300, null, "", "grün"],
  ["x".repeat(20_000), new Uint8Array([0, 255]), "last", 2 ** 40, -0.25],
];

/** A database with many rows, and its file. */
function makeDatabase(path: string, journalMode: "delete" | "wal"): Database {
  const database = new Database(path);
  database.run(`PRAGMA journal_mode = ${journalMode}`);
  database.run("CREATE TABLE numbers (value)");
  database.run("CREATE TABLE things (a, b, c, d, e)");
  const insert = database.prepare("INSERT INTO things VALUES (?, ?, ?, ?, ?)");
  for (const values of VALUES) insert.run(...(values as never[]));
  const add = database.prepare("INSERT INTO numbers VALUES (?)");
  database.transaction(() => {
    for (let value = 0; value < 5000; value++) add.run(value * 7);
  })();
  return database;
}

/** All rows, as the file has them and as SQLite says. */
function rowsOf(path: string, database: Database, table: string) {
  using file = new SqliteFile(path);
  const root = file.tables().get(table) as number;
  return {
    read: [...file.rows(root)].map(({ id, values }) => [id, ...values]),
    asked: database.query(`SELECT rowid, * FROM ${table} ORDER BY rowid`).values(),
  };
}

/** Tries to write from another process; SQLite's own error when it may not. */
function writeElsewhere(path: string): string {
  const script = `
    const { Database } = require("bun:sqlite");
    try { new Database(process.argv[1]).run("INSERT INTO numbers VALUES (1)"); console.log("written"); }
    catch (error) { console.log(error.code); }`;
  return Bun.spawnSync([process.execPath, "-e", script, path]).stdout.toString().trim();
}

describe("SQLite, beside an open database", () => {
  test("rows are those that SQLite reads, over many pages and with long values", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.db");
    using database = makeDatabase(path, "delete");
    for (const table of ["things", "numbers"]) {
      const { read, asked } = rowsOf(path, database, table);
      expect(read.length).toBe(table === "things" ? VALUES.length : 5000);
      expect(read).toEqual(asked);
    }
  });

  test("with a write-ahead log, rows are in the file from the next checkpoint on", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.db");
    using database = makeDatabase(path, "wal");
    database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    database.run("INSERT INTO things VALUES (1, 2, 3, 4, 5)");
    const before = rowsOf(path, database, "things");
    expect(before.asked.length - before.read.length).toBe(1);
    database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    const after = rowsOf(path, database, "things");
    expect(after.read).toEqual(after.asked);
  });

  test("a map that stays open leaves SQLite's locks, and one that is disposed takes those of its process away", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.db");
    using database = makeDatabase(path, "delete");
    database.run("BEGIN IMMEDIATE");
    expect(writeElsewhere(path)).toBe("SQLITE_BUSY");
    const file = new SqliteFile(path);
    expect(writeElsewhere(path)).toBe("SQLITE_BUSY");
    file[Symbol.dispose]();
    // Nobody has told SQLite: two processes write at once now. This is what docs/formats.md warns of.
    expect(writeElsewhere(path)).toBe("written");
    database.run("ROLLBACK");
  });

  test("a map in another process leaves the locks alone", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.db");
    using database = makeDatabase(path, "delete");
    database.run("BEGIN IMMEDIATE");
    const script = `
      const { SqliteFile } = await import(process.argv[1]);
      const file = new SqliteFile(process.argv[2]);
      console.log([...file.rows(file.tables().get("numbers"))].length);
      file[Symbol.dispose]();`;
    const reader = join(READERS, "sqlite.ts");
    const { stdout } = Bun.spawnSync([process.execPath, "-e", script, reader, path]);
    expect([stdout.toString().trim(), writeElsewhere(path)]).toEqual(["5000", "SQLITE_BUSY"]);
    database.run("COMMIT");
  });
});

test("docs/formats.md shows what these readers do", () => {
  const page = readFileSync(join(import.meta.dir, "../../../../docs/formats.md"), "utf8");
  const shown = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => plain(code));
  const readers = readdirSync(READERS).map((name) =>
    plain(readFileSync(join(READERS, name), "utf8")),
  );
  expect(shown.length).toBe(readers.length);
  for (const code of shown) expect(readers.some((reader) => reader.includes(code))).toBe(true);
});

/** Code without its indentation. */
function plain(code: string): string {
  return code.replaceAll(/^\s+/gm, "").trim();
}
