/**
 * Records of 64 bytes appended to files in memory, where the system has such a place, and never waiting for a disk: what is compared
 * is what the programs do, not what a disk does. Whatever is appended is counted afterwards.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { bytes, Consumer, Producer } from "@isthmus/ipc";
import { Journal } from "@isthmus/store";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { BATCH, mustHave, RECORD_BYTES, recordOf, SqliteLog } from "./stores.ts";

/** Room of the channel in bytes: many batches. */
const CHANNEL_BYTES = 1 << 20;
/** What a journal may take, in bytes. */
const KEPT_BYTES = 1 << 28;
/** Records that wait in the channel before they are taken out of it. */
const WAITING = 64 * BATCH;

/** Appends so many records. */
type Append = (count: number) => void;

/** The cases of this suite. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  batch: (context) => {
    const journal = openJournal(context);
    const batch = newBatch();
    return measure(
      context,
      4,
      (count) => {
        for (let i = 0; i < count; i += BATCH) journal.appendAll(batch);
      },
      () => journal.metrics.lastSequence,
    );
  },
  one: (context) => {
    const journal = openJournal(context);
    const record = recordOf(1);
    return measure(
      context,
      4,
      (count) => {
        for (let i = 0; i < count; i++) journal.append(record);
      },
      () => journal.metrics.lastSequence,
    );
  },
  channel: measureChannel,
  write: (context) => measureWrites(context, recordOf(1), 1),
  writeBatch: (context) => measureWrites(context, Buffer.concat(newBatch()), BATCH),
  sqlite: (context) => {
    const log = new SqliteLog(join(context.memoryDirectory, `log-${process.pid}.sqlite`), "OFF");
    const batch = newBatch();
    return measure(
      context,
      1,
      (count) => {
        for (let i = 0; i < count; i += BATCH) log.appendAll(batch);
      },
      () => log.count,
    );
  },
};

function newBatch(): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: BATCH }, (_, i) => recordOf(i));
}

function openJournal({ memoryDirectory }: CaseContext): Journal<typeof bytes> {
  const path = join(memoryDirectory, `journal-${process.pid}`);
  return Journal.open(path, { schema: bytes, sync: "none", maxBytes: KEPT_BYTES });
}

/** How many records a case appends at a time: whole batches. */
function countOf({ sizes }: CaseContext, times: number): number {
  return Math.max(BATCH, Math.floor((sizes.updates * times) / BATCH) * BATCH);
}

/** Appends once to be compiled and once to be measured. */
function measure(context: CaseContext, times: number, append: Append, total: () => number): Figure {
  const count = countOf(context, times);
  append(count);
  const startedAt = Bun.nanoseconds();
  append(count);
  const value = (Bun.nanoseconds() - startedAt) / count;
  mustHave(2 * count, total());
  return { value };
}

function measureWrites(context: CaseContext, content: Uint8Array, records: number): Figure {
  const fd = openSync(join(context.memoryDirectory, `file-${process.pid}`), "w");
  try {
    return measure(
      context,
      2,
      (count) => {
        for (let i = 0; i < count; i += records) writeSync(fd, content);
      },
      () => fstatSync(fd).size / RECORD_BYTES,
    );
  } finally {
    closeSync(fd);
  }
}

/** Only sending is measured: taking records out again is somebody else's work. */
function measureChannel(context: CaseContext): Figure {
  const options = { schema: bytes, capacityBytes: CHANNEL_BYTES };
  using consumer = Consumer.createNew(`journal-${process.pid}`, options);
  using producer = Producer.openExisting(consumer.name, options);
  const batch = newBatch();
  const total = countOf(context, 16);
  let seen = 0;
  const run = (): number => {
    let spent = 0;
    for (let done = 0; done < total; ) {
      const startedAt = Bun.nanoseconds();
      for (const end = done + WAITING; done < end; done += BATCH) {
        producer.batch((sending) => {
          for (const record of batch) sending.send(record);
        });
      }
      spent += Bun.nanoseconds() - startedAt;
      while (consumer.poll(() => void seen++) > 0);
    }
    return spent;
  };
  run();
  const before = seen;
  const value = run() / (seen - before);
  if (seen < 2 * total) throw new Error(`${2 * total} records were sent, ${seen} were received`);
  return { value };
}
