/**
 * Jobs of 64 bytes: added, taken and done. The database keeps its file in memory, where the system has such a place, and
 * never waits for a disk: shared memory promises nothing about a power cut either.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { WorkQueue } from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { expectedSum, Sample, sampleOf, sumOf } from "../sample.ts";

const FIELDS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

/** How many jobs are in the queue while others pass through it. */
const FEW = 16;
const MANY = 100_000;

/** Room for all of them, in bytes. */
const CAPACITY_BYTES = 32 << 20;

/** A queue of jobs. */
interface Jobs {
  add(i: number): void;
  /** Takes the oldest job, ends it, and adds up its numbers. */
  work(): number;
}

type OpenJobs = (context: CaseContext) => Jobs;

/** The cases of this suite. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  queue: (context) => measure(context, openQueue, FEW),
  "queue-full": (context) => measure(context, openQueue, MANY),
  sqlite: (context) => measure(context, openSqlite, FEW),
};

function measure(context: CaseContext, open: OpenJobs, most: number): Figure {
  const { updates } = context.sizes;
  const jobs = open(context);
  // A trial of the suite itself measures nothing.
  const waiting = updates < 1000 ? Math.min(most, updates) : most;
  for (let i = 0; i < waiting; i++) jobs.add(i);
  let next = 0;
  const run = (): void => {
    for (let end = next + updates; next < end; next++) {
      jobs.add(next + waiting);
      const sum = jobs.work();
      if (sum !== expectedSum(next, next + 1)) throw new Error(`job ${next} adds up to ${sum}`);
    }
  };
  run();
  const startedAt = Bun.nanoseconds();
  run();
  return { value: (Bun.nanoseconds() - startedAt) / updates };
}

function openQueue(): Jobs {
  const queue = WorkQueue.createNew("bench-jobs", {
    schema: Sample,
    capacityBytes: CAPACITY_BYTES,
  });
  return {
    add: (i) => void queue.add(sampleOf(i)),
    work: () => {
      const job = queue.tryTake();
      job?.done();
      return job === undefined ? NaN : sumOf(job.value);
    },
  };
}

/** One statement takes a job and says who has it, so that no other worker can; prepared, write-ahead log, no waiting. */
function openSqlite({ memoryDirectory }: CaseContext): Jobs {
  const database = new Database(join(memoryDirectory, `jobs-${process.pid}.sqlite`));
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = OFF");
  database.run(
    `CREATE TABLE jobs (id INTEGER PRIMARY KEY, worker INTEGER, ${FIELDS.join(" REAL, ")} REAL)`,
  );
  database.run("CREATE INDEX waiting ON jobs (worker, id)");
  const marks = FIELDS.map(() => "?").join(", ");
  const add = database.prepare(`INSERT INTO jobs VALUES (NULL, 0, ${marks})`);
  const take = database.prepare(
    "UPDATE jobs SET worker = 1 WHERE id = (SELECT id FROM jobs WHERE worker = 0 ORDER BY id LIMIT 1) RETURNING *",
  );
  const end = database.prepare("DELETE FROM jobs WHERE id = ?");
  return {
    add: (i) => {
      const { a, b, c, d, e, f, g, h } = sampleOf(i);
      add.run(a, b, c, d, e, f, g, h);
    },
    work: () => {
      const job = take.get() as (ReturnType<typeof sampleOf> & { readonly id: number }) | null;
      if (job === null) return NaN;
      end.run(job.id);
      return sumOf(job);
    },
  };
}
