/**
 * A store of records whose writer is killed again and again, beside SQLite and beside a log that is read at the
 * start: `bun examples/record-store/main.ts [RECORDS]`.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { ok, strictEqual } from "node:assert";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordStore } from "./record-store.ts";
import { recordOf } from "./writer.ts";

const KILLS = 3;
const records = Number(process.argv[2] ?? 200_000);
if (!(records > 0))
  throw new RangeError(`The number of records must be > 0: it is ${process.argv[2]}`);

/** Kills a writer in the middle of its work, and looks what is there. */
async function kill(path: string, first: number): Promise<number> {
  const writer = Bun.spawn(
    [process.execPath, join(import.meta.dir, "writer.ts"), path, String(first)],
    {
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  let said = "";
  const decoder = new TextDecoder();
  for await (const bytes of writer.stdout) {
    said += decoder.decode(bytes, { stream: true });
    if (said.split("\n").length > 5 && writer.exitCode === null) writer.kill("SIGKILL");
  }
  await writer.exited;
  const promised = Number(said.split("\n").at(-2));

  const startMs = performance.now();
  using store = new RecordStore(path);
  const openMs = performance.now() - startMs;
  const count = store.count();
  ok(count > promised, `record ${promised} was promised, and there are ${count}`);
  for (let n = 0; n < count; n++) strictEqual(store.get(recordOf(n).key), recordOf(n).value);
  strictEqual(store.get(recordOf(count).key), undefined);
  console.log(
    `killed; ${count} records, each can be found; opened in ${openMs.toFixed(2)} ms, ${store.recovered} indexed anew`,
  );
  return count;
}

/** Milliseconds that something takes. */
function time(action: () => void): number {
  const startMs = performance.now();
  action();
  return performance.now() - startMs;
}

/** What is measured, in milliseconds. */
interface Figures {
  readonly put: number;
  readonly get: number;
  readonly open: number;
}

function measureStore(path: string): Figures {
  let put = 0;
  let get = 0;
  {
    using store = new RecordStore(path);
    put = time(() => eachRecord((key, value) => store.put(key, value)));
    get = time(() => eachRecord((key, value) => strictEqual(store.get(key), value)));
  }
  const open = time(() => {
    using store = new RecordStore(path);
    strictEqual(store.get("user:0"), recordOf(0).value);
  });
  return { put, get, open };
}

function measureSqlite(path: string): Figures {
  const openDatabase = (): Database => {
    const database = new Database(path, { create: true });
    // As durable as the store: what has been written survives kill -9, and not a loss of power.
    for (const pragma of ["journal_mode = WAL", "synchronous = OFF"])
      database.run(`PRAGMA ${pragma}`);
    database.run(
      "CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    );
    return database;
  };
  const SELECT = "SELECT value FROM records WHERE key = ?";
  let put = 0;
  let get = 0;
  {
    using database = openDatabase();
    const insert = database.query("INSERT OR REPLACE INTO records VALUES (?, ?)");
    const select = database.query<{ value: string }, string>(SELECT);
    put = time(() => eachRecord((key, value) => insert.run(key, value)));
    get = time(() => eachRecord((key, value) => strictEqual(select.get(key)?.value, value)));
  }
  const open = time(() => {
    using database = openDatabase();
    strictEqual(
      database.query<{ value: string }, string>(SELECT).get("user:0")?.value,
      recordOf(0).value,
    );
  });
  return { put, get, open };
}

/** The index in the heap: it is made anew by whoever starts. */
function measureLog(path: string): number {
  const lines: string[] = [];
  eachRecord((key, value) => lines.push(`${key}\t${value}\n`));
  writeFileSync(path, lines.join(""));
  return time(() => {
    const index = new Map<string, string>();
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const tab = line.indexOf("\t");
      if (tab > 0) index.set(line.slice(0, tab), line.slice(tab + 1));
    }
    strictEqual(index.size, records);
  });
}

function eachRecord(visit: (key: string, value: string) => void): void {
  for (let n = 0; n < records; n++) {
    const { key, value } = recordOf(n);
    visit(key, value);
  }
}

using directory = mkdtempDisposableSync(join(tmpdir(), "isthmus-record-store-"));
for (let kills = 0, count = 0; kills < KILLS; kills++) {
  count = await kill(join(directory.path, "killed"), count);
}
const memory = measureStore(join(directory.path, "measured"));
const sqlite = measureSqlite(join(directory.path, "sqlite"));
const log = measureLog(join(directory.path, "log"));
const perSecond = (ms: number): string => `${Math.round((records / ms) * 1000)}/s`;
console.table({
  "mapped memory": {
    put: perSecond(memory.put),
    get: perSecond(memory.get),
    "open and get": `${memory.open.toFixed(2)} ms`,
  },
  SQLite: {
    put: perSecond(sqlite.put),
    get: perSecond(sqlite.get),
    "open and get": `${sqlite.open.toFixed(2)} ms`,
  },
  "a log, read into a Map": { "open and get": `${log.toFixed(2)} ms` },
});
