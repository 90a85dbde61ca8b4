/**
 * A store of records whose writer is killed again and again, beside SQLite and beside a log that is read at the
 * start: `bun examples/record-store/main.ts [--records 200000]`.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { ok, strictEqual } from "node:assert";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, duration, nowMs, printTable, ratio } from "../shared/report.ts";
import { RecordStore } from "./record-store.ts";
import { recordOf } from "./records.ts";

const WRITER = join(import.meta.dir, "writer.ts");
const KILLS = 3;
/** So many records are worked on before Ctrl-C is seen. */
const RUN = 1000;
const { records } = numberOptions({ records: 200_000 });
const OPTIONS = { dataBytes: 4096 + records * 128, slots: 2 ** Math.ceil(Math.log2(records * 2)) };

/** What is measured, in milliseconds. */
interface Figures {
  readonly put: number;
  readonly get: number;
  readonly open: number;
}

/** Kills a writer in the middle of its work, and looks what is there. */
async function kill(signal: AbortSignal, path: string, first: number): Promise<number> {
  await using writer = new Program(signal, WRITER, path, first);
  let promised = 0;
  for (let i = 0; i < 5; i++) promised = await writer.next();
  await writer.kill();
  const startMs = nowMs();
  using store = new RecordStore(path);
  const openMs = nowMs() - startMs;
  const found = store.count();
  ok(found > promised, `record ${promised} was promised, and there are ${found}`);
  for (let n = 0; n < found; n++) strictEqual(store.get(recordOf(n).key), recordOf(n).value);
  strictEqual(store.get(recordOf(found).key), undefined);
  const again = `opened again in ${duration(openMs)}, ${store.recovered} put into the index`;
  console.log(`writer ${writer.pid} was killed; all ${count(found)} records found, ${again}`);
  return found;
}

/** Does something with each record; returns how long that takes. */
async function each(
  signal: AbortSignal,
  visit: (key: string, value: string) => void,
): Promise<number> {
  let ms = 0;
  for (let n = 0; n < records; ) {
    const startMs = nowMs();
    for (const end = Math.min(n + RUN, records); n < end; n++) {
      const { key, value } = recordOf(n);
      visit(key, value);
    }
    ms += nowMs() - startMs;
    await Bun.sleep(0);
    signal.throwIfAborted();
  }
  return ms;
}

/** How long it takes until a program that starts has its first record. */
function timeToFirst(get: () => string | undefined): number {
  const startMs = nowMs();
  strictEqual(get(), recordOf(0).value);
  return nowMs() - startMs;
}

async function measureStore(signal: AbortSignal, path: string): Promise<Figures> {
  using store = new RecordStore(path, OPTIONS);
  const put = await each(signal, (key, value) => store.put(key, value));
  const get = await each(signal, (key, value) => strictEqual(store.get(key), value));
  const open = timeToFirst(() => {
    using again = new RecordStore(path);
    return again.get("user:0");
  });
  return { put, get, open };
}

async function measureSqlite(signal: AbortSignal, path: string): Promise<Figures> {
  const openDatabase = (): Database => {
    const database = new Database(path, { create: true });
    // As durable as the store: what has been written survives kill -9, and not a loss of power.
    for (const pragma of ["journal_mode = WAL", "synchronous = OFF"]) {
      database.run(`PRAGMA ${pragma}`);
    }
    database.run("CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, value) WITHOUT ROWID");
    return database;
  };
  const selectFrom = (database: Database) =>
    database.query<{ value: string }, string>("SELECT value FROM records WHERE key = ?");
  using database = openDatabase();
  const insert = database.query("INSERT OR REPLACE INTO records VALUES (?, ?)");
  const select = selectFrom(database);
  const put = await each(signal, (key, value) => insert.run(key, value));
  const get = await each(signal, (key, value) => strictEqual(select.get(key)?.value, value));
  const open = timeToFirst(() => {
    using again = openDatabase();
    return selectFrom(again).get("user:0")?.value;
  });
  return { put, get, open };
}

/** The index in the heap: whoever starts makes it anew. */
async function measureLog(signal: AbortSignal, path: string): Promise<number> {
  const lines: string[] = [];
  await each(signal, (key, value) => lines.push(`${key}\t${value}\n`));
  writeFileSync(path, lines.join(""));
  return timeToFirst(() => {
    const index = new Map<string, string>();
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const tab = line.indexOf("\t");
      if (tab > 0) index.set(line.slice(0, tab), line.slice(tab + 1));
    }
    return index.get("user:0");
  });
}

await runExample(async (signal) => {
  console.log(`${KILLS} kills, then ${count(records)} records`);
  using directory = mkdtempDisposableSync(join(tmpdir(), "isthmus-records-"));
  const file = (name: string): string => join(directory.path, name);
  for (let kills = 0, found = 0; kills < KILLS; kills++) {
    found = await kill(signal, file("killed"), found);
  }
  const log = await measureLog(signal, file("log"));
  const sqlite = await measureSqlite(signal, file("sqlite"));
  const memory = await measureStore(signal, file("measured"));
  const perSecond = (ms: number): string => `${count((records / ms) * 1000)}/s`;
  printTable([
    ["records in", "put", "get", "first record of a program that starts"],
    ["a log, read into a Map", "", "", duration(log)],
    ["a table of SQLite", perSecond(sqlite.put), perSecond(sqlite.get), duration(sqlite.open)],
    ["mapped files", perSecond(memory.put), perSecond(memory.get), duration(memory.open)],
    ["", ratio(sqlite.put, memory.put), ratio(sqlite.get, memory.get), ratio(log, memory.open)],
  ]);
});
