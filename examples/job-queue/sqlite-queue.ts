/**
 * The same in a table of SQLite, as it is done without a queue: workers look again and again, and a lease says when a
 * worker must have died.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import type { Job, Queue } from "./jobs.ts";

/** Longer than any job takes: a shorter one would give jobs away that are worked on. */
const LEASE_MS = 1000;
/** How often a worker looks that has found nothing. */
const LOOK_MS = 5;
/** After so many jobs the event loop has its turn. */
const TURN = 100;
const BUSY_MS = 10_000;

const TABLE = `CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY, number INTEGER, isStuck INTEGER, attempts INTEGER NOT NULL DEFAULT 0,
  leasedUntilMs REAL NOT NULL DEFAULT 0)`;
const TAKE = `UPDATE jobs SET leasedUntilMs = $until, attempts = attempts + 1 WHERE id =
  (SELECT id FROM jobs WHERE leasedUntilMs < $now ORDER BY id LIMIT 1) RETURNING *`;

interface Row extends Job {
  readonly id: number;
  readonly attempts: number;
}

/** Jobs in a file. */
export class SqliteQueue implements Queue {
  readonly #database: Database;

  constructor(path: string) {
    this.#database = new Database(path, { create: true, strict: true });
    for (const pragma of [`busy_timeout = ${BUSY_MS}`, "journal_mode = WAL", "synchronous = OFF"]) {
      this.#database.run(`PRAGMA ${pragma}`);
    }
    this.#database.run(TABLE);
  }

  async add(job: Job, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#database.query("INSERT INTO jobs (number, isStuck) VALUES ($number, $isStuck)").run(job);
    if (job.number % TURN === 0) await Bun.sleep(0);
  }

  isEmpty(): boolean {
    return this.#database.query("SELECT 1 FROM jobs LIMIT 1").get() === null;
  }

  async work(
    act: (job: Job, attempts: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const take = this.#database.query<Row, Record<string, number>>(TAKE);
    const done = this.#database.query("DELETE FROM jobs WHERE id = $id");
    while (!signal.aborted) {
      const now = Date.now();
      const job = take.get({ now, until: now + LEASE_MS });
      if (job === null) {
        await Bun.sleep(LOOK_MS);
        continue;
      }
      await act(job, job.attempts);
      done.run({ id: job.id });
      if (job.number % TURN === 0) await Bun.sleep(0);
    }
    signal.throwIfAborted();
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
