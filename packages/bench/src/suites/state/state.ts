/**
 * A record of 64 bytes that others can see: updating it and reading it. The databases keep their files in memory,
 * where the system has such a place, for shared memory promises nothing about a power cut either.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { SharedStruct } from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { SkipError } from "../../runner/suite.ts";
import { fillSample, sumSample } from "../messages/frames.ts";
import { expectedSum, Sample, sampleOf, sumOf } from "../sample.ts";

/** lmdb gathers writes into transactions; so many are awaited together. */
const LMDB_BATCH = 1000;

const FIELDS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

/** What can be updated and read. */
interface Store {
  /** Writes record `i`; what it returns settles when it is written. */
  update(i: number): unknown;
  /** Reads the record and adds up its numbers. */
  read(): number;
}

type OpenStore = (context: CaseContext) => Promise<Store> | Store;

/** All stores, updated and read. */
export const cases: Readonly<Record<string, CaseFunction>> = Object.fromEntries(
  Object.entries({ struct: openStruct, sqlite: openSqlite, lmdb: openLmdb }).flatMap(
    ([name, open]): [string, CaseFunction][] => [
      [`update-${name}`, (context) => measureUpdates(context, open)],
      [`read-${name}`, (context) => measureReads(context, open)],
    ],
  ),
);

async function measureUpdates(context: CaseContext, open: OpenStore): Promise<Figure> {
  const { updates } = context.sizes;
  const store = await open(context);
  const run = async (from: number): Promise<void> => {
    for (let i = from; i < from + updates; i++) {
      const pending = store.update(i);
      if (pending instanceof Promise && (i + 1) % LMDB_BATCH === 0) await pending;
    }
    await store.update(from + updates);
  };
  await run(0);
  const startedAt = Bun.nanoseconds();
  await run(updates);
  const value = (Bun.nanoseconds() - startedAt) / (updates + 1);
  const last = 2 * updates;
  mustSum(store.read(), expectedSum(last, last + 1));
  return { value };
}

async function measureReads(context: CaseContext, open: OpenStore): Promise<Figure> {
  const { updates } = context.sizes;
  const store = await open(context);
  await store.update(5);
  const run = (): void => {
    let sum = 0;
    for (let i = 0; i < updates; i++) sum += store.read();
    mustSum(sum, updates * expectedSum(5, 6));
  };
  run();
  const startedAt = Bun.nanoseconds();
  run();
  return { value: (Bun.nanoseconds() - startedAt) / updates };
}

function mustSum(sum: number, expected: number): void {
  if (sum !== expected) throw new Error(`the record adds up to ${sum} instead of ${expected}`);
}

function openStruct(): Store {
  const shared = SharedStruct.createNew("bench-state", Sample);
  return {
    update: (i) =>
      shared.update((current) => {
        current.a = i;
        current.b = i + 1;
        current.c = i + 2;
        current.d = i + 3;
        current.e = i + 4;
        current.f = i + 5;
        current.g = i + 6;
        current.h = i + 7;
      }),
    read: () => sumOf(shared.read()),
  };
}

/** In the mode that its documentation recommends: write-ahead log, prepared statements. */
function openSqlite({ memoryDirectory }: CaseContext): Store {
  const database = new Database(join(memoryDirectory, `state-${process.pid}.sqlite`));
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = NORMAL");
  database.run(`CREATE TABLE state (id INTEGER PRIMARY KEY, ${FIELDS.join(" REAL, ")} REAL)`);
  const write = database.prepare("REPLACE INTO state VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)");
  const read = database.prepare("SELECT a, b, c, d, e, f, g, h FROM state WHERE id = 1");
  return {
    update: (i) => {
      const { a, b, c, d, e, f, g, h } = sampleOf(i);
      write.run(a, b, c, d, e, f, g, h);
    },
    read: () => sumOf(read.get() as ReturnType<typeof sampleOf>),
  };
}

/** In the mode that its documentation recommends: asynchronous writes, gathered into transactions. */
async function openLmdb({ memoryDirectory }: CaseContext): Promise<Store> {
  const { open } = await import("lmdb").catch((error: unknown) => {
    throw new SkipError(`lmdb cannot be loaded: ${error instanceof Error ? error.message : error}`);
  });
  const path = join(memoryDirectory, `state-${process.pid}.lmdb`);
  const database = open<Uint8Array, string>({ path, encoding: "binary" });
  return {
    update: (i) => {
      // A new array each time: it is written later.
      const floats = new Float64Array(8);
      fillSample(floats, 0, i);
      return database.put("state", new Uint8Array(floats.buffer));
    },
    read: () => {
      const found = database.get("state");
      if (found === undefined) throw new Error("the record has gone");
      return sumSample(new Float64Array(found.buffer, found.byteOffset, 8), 0);
    },
  };
}
