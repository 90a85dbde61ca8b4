/** What a transfer is made of, each part alone. */
import { describe, expect, test } from "bun:test";
import type { ConsumerState } from "@isthmus/ipc";
import { KIND, RecordReader, RecordWriter } from "@isthmus/programs/checked-record";
import { ConsumerWatch } from "../../src/transfer/consumer-watch.ts";
import { Ledger } from "../../src/transfer/ledger.ts";
import { Pace } from "../../src/transfer/pace.ts";
import { TransferClock } from "../../src/transfer/transfer-clock.ts";

describe("records", () => {
  test.each([24, 25, 26, 27, 28, 64, 4096, 4097])(
    "of %d bytes are read as they were written, and not once a bit is changed",
    (size) => {
      const writer = new RecordWriter(size, -5, 4711);
      const reader = new RecordReader();
      const longer = new RecordWriter(size + 40, 1, 1);
      for (const sequence of [0, 1, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER]) {
        // A longer record before it must leave no trace.
        expect(reader.read(longer.data(sequence))).toBe(true);
        const record = writer.data(sequence);
        expect(record.length).toBe(size);
        expect(reader.read(record)).toBe(true);
        expect(reader).toMatchObject({ producer: -5, pid: 4711, sequence, kind: KIND.data });
      }
      const record = writer.data(9);
      for (let byte = 0; byte < size; byte++) {
        record[byte] = (record[byte] as number) ^ (1 << (byte % 8));
        expect(reader.read(record)).toBe(false);
        record[byte] = (record[byte] as number) ^ (1 << (byte % 8));
      }
      expect(reader.read(record)).toBe(true);
      expect(reader.read(record.subarray(0, size - 1))).toBe(false);
    },
  );

  test("differ in every word from record to record, so that a mixture of two is found", () => {
    const writer = new RecordWriter(64, 77, 1);
    const reader = new RecordReader();
    const [first, second] = [writer.data(1).slice(), writer.data(2).slice()];
    for (let bytes = 4; bytes < 64; bytes += 4) {
      const mixture = second.slice();
      mixture.set(first.subarray(0, bytes));
      // Producer, process and length of one producer's records are always the same.
      const isSame = mixture.every((byte, index) => byte === second[index]);
      expect(reader.read(mixture)).toBe(isSame);
    }
  });

  test("that end a producer say why and after how many", () => {
    const writer = new RecordWriter(64, 3, 12);
    const reader = new RecordReader();
    for (const kind of [KIND.finished, KIND.interrupted]) {
      expect(reader.read(writer.end(kind, 2 ** 40))).toBe(true);
      expect(reader).toMatchObject({ producer: 3, pid: 12, sequence: 2 ** 40, kind });
    }
  });
});

describe("Ledger", () => {
  const reader = new RecordReader();
  const note = (ledger: Ledger, producer: number, ...sequences: number[]): void => {
    const writer = new RecordWriter(32, producer, producer + 100);
    for (const sequence of sequences) {
      expect(reader.read(writer.data(sequence))).toBe(true);
      ledger.note(reader, 32);
    }
  };
  const end = (ledger: Ledger, producer: number, sequence: number): void => {
    reader.read(new RecordWriter(32, producer, producer + 100).end(KIND.finished, sequence));
    ledger.note(reader, 24);
  };

  test("counts gaps and repeats of each producer, and not the records that end it", () => {
    const ledger = new Ledger(false);
    note(ledger, 1, 0, 1);
    note(ledger, 2, 0, 5);
    note(ledger, 1, 2, 2, 3);
    expect(ledger).toMatchObject({ messages: 7, bytes: 224, lost: 4, corrupt: 1 });
    expect(ledger.open.map(({ pid, next }) => [pid, next])).toEqual([
      [101, 4],
      [102, 6],
    ]);
    end(ledger, 1, 4);
    end(ledger, 2, 9);
    expect(ledger).toMatchObject({ messages: 7, lost: 7, corrupt: 1, open: [] });
  });

  test("misses the first records, unless others may have consumed them", () => {
    for (const [hasPredecessor, lost] of [
      [false, 10],
      [true, 0],
    ] as const) {
      const ledger = new Ledger(hasPredecessor);
      note(ledger, 1, 10, 11);
      expect(ledger.lost).toBe(lost);
    }
  });
});

describe("Pace", () => {
  test("lets one record go at once and the others in their time", () => {
    const pace = new Pace(100, 5000);
    expect([pace.due(5000), pace.delayMs(5000)]).toEqual([1, 0]);
    pace.sent(1);
    expect([pace.due(5009), pace.delayMs(5009)]).toEqual([0, 1]);
    expect(pace.due(5010)).toBe(1);
    expect(pace.due(5030)).toBe(3);
    pace.sent(3);
    expect([pace.due(5030), pace.delayMs(5030)]).toEqual([0, 10]);
  });

  test("makes up for 100 ms and no more", () => {
    const pace = new Pace(1000, 0);
    pace.sent(pace.due(0));
    expect(pace.due(80)).toBe(80);
    expect(pace.due(10_000)).toBe(100);
    pace.sent(100);
    expect(pace.due(10_000)).toBe(0);
    expect(pace.due(10_001)).toBe(1);
  });

  test("keeps a slow rate, too, and none where none is given", () => {
    const slow = new Pace(0.5, 0);
    slow.sent(slow.due(0));
    expect([slow.due(1999), slow.delayMs(1999), slow.due(2000)]).toEqual([0, 1, 1]);
    const fast = new Pace(0, 0);
    expect([fast.due(0), fast.delayMs(0)]).toEqual([Infinity, 0]);
  });
});

/** Looks by a watch: who consumes, how many had left, and when. */
function lookingAt(watch: ConsumerWatch) {
  return (consumer: ConsumerState, consumerDepartures: number, nowMs: number) =>
    watch.look({ consumer, consumerDepartures }, nowMs);
}

describe("ConsumerWatch", () => {
  test("tells leaving from dying, also when somebody has cleared up", () => {
    const look = lookingAt(new ConsumerWatch());
    expect(look("none", 3, 0)).toBe("awaited");
    expect(look("alive", 3, 1)).toBe("present");
    expect(look("dead", 3, 2)).toBe("died");
    expect(look("none", 3, 1000)).toBe("died");
    expect(look("alive", 3, 9001)).toBe("present");
    // Dead and cleared up after, both between two looks.
    expect(look("none", 3, 9002)).toBe("died");
    expect(look("alive", 3, 9003)).toBe("present");
    expect(look("none", 4, 9004)).toBe("leaving");
    expect(look("none", 4, 9303)).toBe("leaving");
    expect(look("none", 4, 9304)).toBe("left");
    expect(look("alive", 4, 9400)).toBe("present");
    expect(look("none", 5, 9401)).toBe("leaving");
  });

  test("takes a place that another consumer takes at once for no departure", () => {
    const look = lookingAt(new ConsumerWatch());
    for (let nowMs = 0; nowMs < 2000; nowMs += 250) {
      expect(look("alive", nowMs, nowMs)).toBe("present");
      expect(look("none", nowMs + 1, nowMs + 125)).toBe("leaving");
    }
  });
});

test("TransferClock measures from the first record to the last, without pauses", () => {
  const clock = new TransferClock();
  clock.paused(0, 50);
  expect(clock.elapsedMs).toBe(0);
  clock.moved(100, 110);
  expect(clock.elapsedMs).toBe(10);
  clock.moved(120, 130);
  clock.paused(140, 1140);
  expect(clock.elapsedMs).toBe(30);
  clock.moved(1150, 1160);
  expect(clock.elapsedMs).toBe(60);
});
