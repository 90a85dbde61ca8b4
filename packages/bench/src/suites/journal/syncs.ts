/**
 * Records that are on the disk when their append returns, from eight processes at once.
 *
 * @module
 */
import { join } from "node:path";
import { bytes } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { Journal } from "@isthmus/store";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { SqliteLog } from "./stores.ts";

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
};

/** What a record takes, of all together, from the first one's start to the last one's end. */
async function measure(
  context: CaseContext,
  store: string,
  total: (path: string) => number,
): Promise<Figure> {
  const path = join(context.directory, `${store}-${process.pid}`);
  const count = Math.max(4, Math.ceil(context.sizes.updates / SHARE));
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
  const expected = WRITERS * (count + 1);
  const found = total(path);
  if (found !== expected) throw new Error(`${expected} records were appended, ${found} are there`);
  return { value };
}
