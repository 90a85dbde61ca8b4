/**
 * The same in a table of SQLite: an event is a row, and who wants to know looks again and again.
 *
 * @module
 */
import { Database } from "bun:sqlite";

/** How often it is looked. */
const LOOK_MS = 1;

interface Row {
  readonly id: number;
  readonly amount: number;
}

/** The counter as one process has it. */
export class SqliteCounter implements Disposable {
  readonly #database: Database;
  readonly #rows;
  readonly #insert;
  #last = 0;
  #total = 0;

  constructor(path: string) {
    const database = new Database(path, { create: true });
    // As durable as the journal of the example: what has been added survives kill -9, and not a loss of power.
    for (const pragma of ["busy_timeout = 10000", "journal_mode = WAL", "synchronous = OFF"]) {
      database.run(`PRAGMA ${pragma}`);
    }
    database.run(
      "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, person INTEGER, amount INTEGER)",
    );
    this.#database = database;
    this.#insert = database.query("INSERT INTO events (person, amount) VALUES (?, ?)");
    this.#rows = database.query<Row, number>(
      "SELECT id, amount FROM events WHERE id > ? ORDER BY id",
    );
  }

  add(by: number, amount: number): void {
    this.#insert.run(by, amount);
  }

  get total(): number {
    this.#catchUp();
    return this.#total;
  }

  /** Waits for the next event, and counts it. */
  async next(): Promise<void> {
    while (!this.#catchUp()) await Bun.sleep(LOOK_MS);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #catchUp(): boolean {
    const before = this.#last;
    for (const { id, amount } of this.#rows.iterate(before)) {
      this.#total += amount;
      this.#last = id;
    }
    return this.#last !== before;
  }
}
