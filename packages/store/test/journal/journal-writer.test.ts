/** Several writers of one process that wait for the disk. */
import { expect, test } from "bun:test";
import { bytes, listSegments } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import type { Appender } from "../../src/journal/appender.ts";
import { Journal } from "../../src/journal/journal.ts";
import type { JournalSync } from "../../src/journal/journal-options.ts";
import { JournalWriter } from "../../src/journal/journal-writer.ts";
import type { RecordRun } from "../../src/journal/record-run.ts";
import type { TurnLock } from "../../src/journal/turn-lock.ts";

const WRITERS = 8;
const RECORDS = 20;

/** A disk that takes its time, and counts how often it was asked. */
class SlowAppender {
  last = 0;
  synced = 0;
  syncs = 0;

  append(): number {
    return ++this.last;
  }

  async syncAsync(): Promise<void> {
    const { last } = this;
    this.syncs++;
    await Bun.sleep(1);
    this.synced = last;
  }
}

function writerOn(appender: object, sync: JournalSync): JournalWriter {
  return new JournalWriter({
    turns: { take: () => true, give: () => {}, [Symbol.dispose]: () => {} } as unknown as TurnLock,
    appender: appender as Appender,
    sync,
    newRun: () => ({ clear: () => {}, add: () => {} }) as unknown as RecordRun,
    head: () => ({ note: () => {}, ring: () => {}, noteAppended: () => {}, noteEnd: () => {} }),
    filesChanged: () => {},
  });
}

test("JournalWriter brings to the disk at once what all append who wait at the same time", async () => {
  const appender = new SlowAppender();
  const writer = writerOn(appender, "none");
  const write = async (): Promise<void> => {
    for (let i = 0; i < RECORDS; i++) {
      const sequence = writer.append(i);
      await writer.flushed(sequence);
      expect(appender.synced).toBeGreaterThanOrEqual(sequence);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  expect(appender.last).toBe(WRITERS * RECORDS);
  expect(appender.syncs).toBe(RECORDS);
});

test.each(["has failed", "is under way"])(
  "JournalWriter is disposed when its records are on the disk, also where its own sync %s",
  async (state) => {
    const appender = {
      last: 0,
      synced: 0,
      append: () => ++appender.last,
      syncAsync: async () => {
        if (state === "is under way") await Bun.sleep(1000);
        throw new Error("refused");
      },
      sync: () => {
        throw new Error("refused once more");
      },
      close: () => {},
    };
    const writer = writerOn(appender, "interval");
    writer.append(1);
    await Bun.sleep(200);
    expect(() => writer[Symbol.dispose]()).toThrow("refused once more");
  },
);

test("Journal.flushed() holds when the journal is disposed before its sync has begun, or while it is under way", async () => {
  using _home = new Home();
  using directory = new TemporaryDirectory();
  for (const isUnderWay of [false, true]) {
    const path = directory.file(`j-${isUnderWay}`);
    const journal = Journal.open(path, { schema: bytes, sync: "none" });
    const sequence = journal.append(new Uint8Array(8));
    const done = journal.flushed();
    if (isUnderWay) await undefined;
    journal.dispose();
    await done;
    using again = Journal.open(path, { schema: bytes, sync: "none" });
    expect(again.metrics).toMatchObject({ lastSequence: sequence, syncedSequence: sequence });
  }
});

test("Journal.flushed() leaves nothing in memory when it ends behind its journal", async () => {
  using _home = new Home();
  using directory = new TemporaryDirectory();
  const path = directory.file("j");
  {
    using first = Journal.open(path, { schema: bytes, sync: "none" });
    first.append(new Uint8Array(8));
  }
  const journal = Journal.open(path, { schema: bytes, sync: "none" });
  const done = journal.flushed();
  journal.dispose();
  await done;
  expect([...listSegments()].filter(({ kind }) => kind === "journal")).toHaveLength(0);
});
