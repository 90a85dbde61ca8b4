/**
 * Queues of jobs that several processes share: a `WorkQueue`, a table in `bun:sqlite`, lists in a Redis.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { WorkQueue } from "@isthmus/ipc";
import { Sample, type SampleFields, sampleOf } from "../sample.ts";
import { type RedisAddress, RedisConnection } from "./redis-connection.ts";
import { redisAddress } from "./redis-server.ts";

const FIELDS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;
const RECORD_BYTES = FIELDS.length * 8;

/** Room for all jobs of a case, in bytes. */
const CAPACITY_BYTES = 64 << 20;

/** So many jobs are on their way to Redis at a time. */
const REDIS_WINDOW = 256;

/** How often somebody looks whom nobody wakes, in milliseconds. */
const LOOK_MS = 1;

/** How long SQLite waits for its lock, in milliseconds. */
const BUSY_MS = 60_000;

/** A queue as one process sees it. */
export interface JobStore {
  /** Adds job `i`; what it returns settles when the next one may be added. */
  add(i: number): Promise<unknown> | undefined;
  /** Takes the oldest job, waiting for it, and ends it. */
  work(): Promise<SampleFields>;
  close(): void;
}

/** How to open each of them: by a name, or a path without its ending. */
export const JOB_STORES: Readonly<Record<string, (place: string) => Promise<JobStore> | JobStore>> =
  {
    queue: openQueue,
    sqlite: openSqlite,
    redis: (place) => openRedis(redisAddress.loopback(place)),
    redisSocket: (place) => openRedis(redisAddress.socket(place)),
  };

function openQueue(place: string): JobStore {
  const name = place.slice(place.lastIndexOf("/") + 1);
  const queue = WorkQueue.createOrOpen(name, { schema: Sample, capacityBytes: CAPACITY_BYTES });
  return {
    add: (i) => {
      queue.add(sampleOf(i));
      return undefined;
    },
    work: async () => {
      const job = await queue.take();
      job.done();
      return job.value;
    },
    close: () => queue.dispose(),
  };
}

/** In the mode that its documentation recommends, but for never waiting for a disk: shared memory promises no more. */
function openSqlite(place: string): JobStore {
  const database = new Database(`${place}.sqlite`, { create: true });
  database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = OFF");
  database.run(
    `CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, worker INTEGER, ${FIELDS.join(" REAL, ")} REAL)`,
  );
  database.run("CREATE INDEX IF NOT EXISTS waiting ON jobs (worker, id)");
  const add = database.prepare(`INSERT INTO jobs VALUES (NULL, 0, ${FIELDS.map(() => "?")})`);
  const take = database.prepare<SampleFields & { readonly id: number }, [number]>(
    "UPDATE jobs SET worker = ? WHERE id = (SELECT id FROM jobs WHERE worker = 0 ORDER BY id LIMIT 1) RETURNING *",
  );
  const end = database.prepare("DELETE FROM jobs WHERE id = ?");
  return {
    add: (i) => {
      const { a, b, c, d, e, f, g, h } = sampleOf(i);
      add.run(a, b, c, d, e, f, g, h);
      return undefined;
    },
    work: async () => {
      for (;;) {
        const job = take.get(process.pid);
        if (job !== null) {
          end.run(job.id);
          return job;
        }
        await Bun.sleep(LOOK_MS);
      }
    },
    close: () => database.close(),
  };
}

/**
 * Lists as BullMQ has them: one with jobs that wait, one with those that are worked on. Everything is sent without waiting
 * for the answer before it: jobs that are added, and the end of a job together with the next take.
 */
async function openRedis(address: RedisAddress): Promise<JobStore> {
  const redis = await RedisConnection.connect(address);
  let added = 0;
  return {
    add: (i) => {
      const record = new Float64Array(Object.values(sampleOf(i)));
      const pending = redis.send("LPUSH", "waiting", new Uint8Array(record.buffer));
      return ++added % REDIS_WINDOW === 0 ? pending : undefined;
    },
    work: async () => {
      const record = await redis.send("BLMOVE", "waiting", "active", "RIGHT", "LEFT", "0");
      if (record?.length !== RECORD_BYTES) throw new Error(`Redis answered ${record}`);
      void redis.send("LREM", "active", "1", record);
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = new Float64Array(
        record.buffer,
        record.byteOffset,
      );
      return { a, b, c, d, e, f, g, h };
    },
    close: () => redis.close(),
  };
}
