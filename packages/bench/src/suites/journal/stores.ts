/**
 * What journals are compared with.
 *
 * @module
 */
import { Database, type Statement } from "bun:sqlite";

/** Bytes of a record. */
export const RECORD_BYTES = 64;
/** Records that are appended together. */
export const BATCH = 64;

/** A record whose first number says which it is. */
export function recordOf(number: number): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(RECORD_BYTES).fill(number & 255);
  new DataView(record.buffer).setFloat64(0, number, true);
  return record;
}

/** Records in a database as its documentation advises: write-ahead log, prepared statements. */
export class SqliteLog {
  readonly #database: Database;
  readonly #insert: Statement;
  /** Appends all in one transaction. */
  readonly appendAll: (records: readonly Uint8Array[]) => void;

  constructor(path: string, synchronous: "OFF" | "FULL") {
    const database = new Database(path);
    database.run("PRAGMA busy_timeout = 60000");
    database.run("PRAGMA journal_mode = WAL");
    database.run(`PRAGMA synchronous = ${synchronous}`);
    database.run(
      "CREATE TABLE IF NOT EXISTS log (sequence INTEGER PRIMARY KEY, time REAL, record BLOB)",
    );
    this.#database = database;
    this.#insert = database.prepare("INSERT INTO log VALUES (NULL, ?, ?)");
    this.appendAll = database.transaction((records: readonly Uint8Array[]) => {
      for (const record of records) this.append(record);
    });
  }

  append(record: Uint8Array): void {
    this.#insert.run(Date.now(), record as Uint8Array<ArrayBuffer>);
  }

  get count(): number {
    return (this.#database.query("SELECT count(*) AS n FROM log").get() as { n: number }).n;
  }
}

/** Throws when not all records are there that were appended. */
export function mustHave(expected: number, found: number): void {
  if (found !== expected) throw new Error(`${expected} records were appended, ${found} are there`);
}
