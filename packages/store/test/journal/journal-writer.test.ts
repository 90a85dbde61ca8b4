/** Several writers of one process that wait for the disk. */
import { expect, test } from "bun:test";
import { bytes, listSegments } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import type { Appender } from "../../src/journal/appender.ts";
import { Journal } from "../../src/journal/journal.ts";
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

test("JournalWriter brings to the disk at once what all append who wait at the same time", async () => {
  const appender = new SlowAppender();
  const writer = new JournalWriter({
    turns: { take: () => true, give: () => {} } as unknown as TurnLock,
    appender: appender as unknown as Appender,
    sync: "none",
    newRun: () => ({ clear: () => {}, add: () => {} }) as unknown as RecordRun,
    head: () => ({ note: () => {}, ring: () => {}, noteAppended: () => {}, noteEnd: () => {} }),
    filesChanged: () => {},
  });
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
    // A sync that was under way has nobody left who notes it.
    const syncedSequence = isUnderWay ? 0 : sequence;
    expect(again.metrics).toMatchObject({ lastSequence: sequence, syncedSequence });
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
