/**
 * Records that are on the disk before the next one is appended, from eight processes at once, and from eight writers of one process.
 *
 * @module
 */
import { join } from "node:path";
import { bytes } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { Journal } from "@isthmus/store";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { mustHave, recordOf, SqliteLog } from "./stores.ts";

const WRITERS = 8;
const WRITER: readonly string[] = programCommand(import.meta.dirname, "sync-writer.ts");
/** A disk takes its time. */
const SHARE = 100;

/** The cases of this suite. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  journal: (context) =>
    measure(context, "journal", (path) => {
      using journal = Journal.open(path, { schema: bytes });
      return journal.metrics.lastSequence;
    }),
  sqlite: (context) => measure(context, "sqlite", (path) => new SqliteLog(path, "FULL").count),
  writers: async (context) => {
    using journal = Journal.open(pathOf(context, "writers"), { schema: bytes });
    const append = (record: Uint8Array): Promise<void> => journal.flushed(journal.append(record));
    return await measureWriters(context, append, () => journal.metrics.lastSequence);
  },
  sqliteWriters: (context) => {
    const log = new SqliteLog(pathOf(context, "sqlite-writers"), "FULL");
    const append = async (record: Uint8Array): Promise<void> => log.append(record);
    return measureWriters(context, append, () => log.count);
  },
};

/** How many records each writer appends. */
function countOf({ sizes }: CaseContext): number {
  return Math.max(4, Math.ceil(sizes.updates / SHARE));
}

function pathOf({ directory }: CaseContext, store: string): string {
  return join(directory, `${store}-${process.pid}`);
}

/** What a record takes, of all writers of this process together. */
async function measureWriters(
  context: CaseContext,
  append: (record: Uint8Array) => Promise<void>,
  total: () => number,
): Promise<Figure> {
  const count = countOf(context);
  const run = (): Promise<unknown> =>
    Promise.all(
      Array.from({ length: WRITERS }, async () => {
        for (let i = 0; i < count; i++) await append(recordOf(i));
      }),
    );
  await run();
  const startedAt = Bun.nanoseconds();
  await run();
  const value = (Bun.nanoseconds() - startedAt) / (WRITERS * count);
  mustHave(2 * WRITERS * count, total());
  return { value };
}

/** What a record takes, of all together, from the first one's start to the last one's end. */
async function measure(
  context: CaseContext,
  store: string,
  total: (path: string) => number,
): Promise<Figure> {
  const path = pathOf(context, store);
  const count = countOf(context);
  total(path);
  let ready = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const writers = Array.from({ length: WRITERS }, () =>
    Bun.spawn([...WRITER, store, path, String(count)], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: () => {
        if (++ready === WRITERS) resolve();
      },
      onExit: (_writer, exitCode) => {
        if (exitCode !== 0) process.exit(1);
      },
    }),
  );
  await promise;
  const startedAt = Bun.nanoseconds();
  for (const writer of writers) writer.send("go");
  await Promise.all(writers.map(({ exited }) => exited));
  const value = (Bun.nanoseconds() - startedAt) / (WRITERS * count);
  // Each has appended one before, to be ready.
  mustHave(WRITERS * (count + 1), total(path));
  return { value };
}
