/** Topics that have a journal, in one process: where one begins, what one gets, what is refused. */
import { describe, expect, test } from "bun:test";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import { bytes, json, Publisher, struct, u32 } from "@isthmus/ipc";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { truncatingTest } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal, JournalPublisher, JournalSubscriber } from "../../src/index.ts";
import { changeFile, NUMBERS, SMALL, segmentsOf } from "../journal/support/sample-journal.ts";
import { drain } from "./support/drain.ts";

const NAME = "numbers";
const CAPACITY = { capacityBytes: 1024 };

/** A journal of numbers, and the directory that it is in. */
class Sample implements Disposable {
  readonly #home = new Home();
  readonly #directory = new TemporaryDirectory();
  readonly path: string = this.#directory.file("j");
  readonly journal = Journal.open(this.path, { ...NUMBERS, ...SMALL });

  get home(): Home {
    return this.#home;
  }

  publisher() {
    return JournalPublisher.createOrOpen(NAME, { journal: this.journal, ...CAPACITY });
  }

  subscriber(from?: number | Date | "start" | "end") {
    return JournalSubscriber.createOrOpen(NAME, { journal: this.journal, ...CAPACITY, from });
  }

  [Symbol.dispose](): void {
    this.journal.dispose();
    this.#directory[Symbol.dispose]();
    this.#home[Symbol.dispose]();
  }
}

/** Flips bits of a record's payload. */
function damage(path: string, sequence: number): void {
  const [file] = segmentsOf(path);
  changeFile(file as string, (all) => {
    const at = all.indexOf(Buffer.from(new Float64Array([sequence]).buffer), 4096);
    all.writeUInt8(255 - all.readUInt8(at + 24), at + 24);
    return all;
  });
}

describe("JournalSubscriber", () => {
  test("gives what was sent before it came, then what is sent, without knowing where it changed over", () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    expect([1, 2, 3].map((value) => publisher.send(value))).toEqual([1, 2, 3]);
    using subscriber = sample.subscriber();
    expect(drain(subscriber)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(publisher.sendAll([4, 5])).toBe(5);
    expect(drain(subscriber)).toEqual([
      [4, 4],
      [5, 5],
    ]);
    const metrics = { nextSequence: 6, live: 2, history: 3, missing: 0, foreign: 0 };
    expect(subscriber.metrics).toEqual(metrics);
    expect(publisher.metrics).toEqual({ sent: 5, unpublished: 0 });
    expect(subscriber.tryReceive()).toBeUndefined();
  });

  test("begins with the first record, behind the last one, with a sequence, with a time", async () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    publisher.sendAll([1, 2, 3]);
    await Bun.sleep(5);
    const time = new Date();
    publisher.sendAll([4, 5]);
    const firstOf = (from?: number | Date | "start" | "end") => {
      using subscriber = sample.subscriber(from);
      return drain(subscriber)[0];
    };
    expect(firstOf()).toEqual([1, 1]);
    expect(firstOf("start")).toEqual([1, 1]);
    expect(firstOf(3)).toEqual([3, 3]);
    expect(firstOf(time)).toEqual([4, 4]);
    expect(firstOf(6)).toBeUndefined();
    using late = sample.subscriber("end");
    expect(drain(late)).toEqual([]);
    publisher.send(6);
    expect(drain(late)).toEqual([[6, 6]]);
    expect(late.metrics.live).toBe(1);
  });

  test("goes back to the journal when the ring has come round, as often as that happens", () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    using subscriber = sample.subscriber();
    const expected: [number, number][] = [];
    for (const count of [1, 500, 2, 300, 1, 1]) {
      const values = Array.from({ length: count }, (_, i) => expected.length + i + 1);
      publisher.sendAll(values);
      expected.push(...values.map((value): [number, number] => [value, value]));
    }
    expect(drain(subscriber)).toEqual(expected);
    publisher.send(0);
    expect(drain(subscriber)).toEqual([[expected.length + 1, 0]]);
    const { live, history } = subscriber.metrics;
    expect(live).toBeGreaterThan(0);
    expect(history).toBeGreaterThan(700);
  });

  test("gets what is appended without being published, before and between and after", () => {
    using sample = new Sample();
    const { journal } = sample;
    using publisher = sample.publisher();
    using subscriber = sample.subscriber();
    journal.append(1);
    publisher.send(2);
    journal.appendAll([3, 4]);
    publisher.send(5);
    expect(drain(subscriber)).toEqual([1, 2, 3, 4, 5].map((n) => [n, n]));
    journal.append(6);
    expect(drain(subscriber)).toEqual([[6, 6]]);
  });

  test("has the records of several publishers in one order, that of the journal", () => {
    using sample = new Sample();
    using one = sample.publisher();
    using two = sample.publisher();
    using three = sample.publisher();
    using subscriber = sample.subscriber();
    const expected: [number, number][] = [];
    for (let i = 1; i <= 60; i++) {
      const sequence = [one, two, three][(i * 7) % 3]?.send(i) as number;
      expected.push([sequence, i]);
      if (i % 9 === 0) expect(drain(subscriber)).toEqual(expected.splice(0));
    }
    expect(drain(subscriber)).toEqual(expected);
    expect(subscriber.metrics.live).toBeGreaterThan(30);
  });

  test("tells what neither has, and nothing that one of them has", async () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    for (const number of [1, 2, 3, 4]) publisher.send(number);
    using subscriber = sample.subscriber();
    for (const number of [5, 6, 7]) publisher.send(number);
    await sample.journal.flushed();
    // The ring has 5 and 6 for who has joined by then.
    for (let sequence = 3; sequence <= 6; sequence++) damage(sample.path, sequence);
    expect(drain(subscriber)).toEqual([[1, 1], [2, 2], { from: 3, to: 4 }, [5, 5], [6, 6], [7, 7]]);
    expect(subscriber.metrics.missing).toBe(2);
  });

  test("does not begin further on than the journal goes", () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    publisher.sendAll([1, 2]);
    expectCode(() => sample.subscriber(4), "RangeError", "ERR_OUT_OF_RANGE");
    using subscriber = sample.subscriber(3);
    expect(subscriber.nextSequence).toBe(3);
  });

  test("says when the journal has become shorter than what it has been given", async () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    using subscriber = sample.subscriber();
    expect(drain(subscriber)).toEqual([]);
    for (const number of [1, 2, 3]) publisher.send(number);
    expect(drain(subscriber).length).toBe(3);
    // None of it was confirmed to be on the disk: it ends there, for whoever opens it.
    damage(sample.path, 2);
    using again = Journal.open(sample.path, { ...NUMBERS, ...SMALL });
    expect(again.append(-2)).toBe(2);
    const more = subscriber.receiveAsync();
    const error = await expectRejection(more, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    expect(error.message).toContain("it ends with 2 now");
    using other = sample.subscriber(2);
    expect(drain(other)).toEqual([[2, -2]]);
  });

  test("goes on by a later subscriber where it was", () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    publisher.sendAll([1, 2, 3]);
    const first = sample.subscriber();
    first.tryReceive();
    const { nextSequence } = first;
    first.dispose();
    first.dispose();
    publisher.send(4);
    using second = sample.subscriber(nextSequence);
    expect(drain(second)).toEqual([2, 3, 4].map((n) => [n, n]));
  });

  test("goes on when the topic's memory is removed, and finds the new one", async () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    using subscriber = sample.subscriber();
    publisher.send(1);
    expect(drain(subscriber)).toEqual([[1, 1]]);
    MemoryMappedFile.unlink(NAME);
    publisher.send(2);
    expect(drain(subscriber)).toEqual([[2, 2]]);
    const before = subscriber.metrics.live;
    // Both look once a second whether they are where the name leads.
    let value = 2;
    await until(() => {
      publisher.send(++value);
      expect(drain(subscriber)).toEqual([[value, value]]);
      return readdirSync(sample.home.path).includes(NAME) && subscriber.metrics.live > before + 100;
    }, "the new topic");
    expect(subscriber.nextSequence).toBe(value + 1);
  });

  test("does not take for a record what somebody else publishes under the name, and says so", async () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    using subscriber = sample.subscriber();
    using directory = new TemporaryDirectory();
    using other = Journal.open(directory.file("j"), NUMBERS);
    using stranger = JournalPublisher.createOrOpen(NAME, { journal: other });
    using liar = Publisher.createOrOpen(NAME, { schema: bytes });
    const waiting = () => subscriber.receiveAsync({ timeoutMs: 0 });
    await expect(waiting()).rejects.toThrow("nothing was sent");
    stranger.sendAll([-1, -2, -3]);
    await expect(waiting()).rejects.toThrow("none of its journal");
    for (const length of [0, 7, 32, 40]) liar.send(new Uint8Array(length).fill(length));
    publisher.send(1);
    stranger.send(-4);
    expect(drain(subscriber)).toEqual([[1, 1]]);
    // Those that were sent together are one.
    expect(subscriber.metrics.foreign).toBe(6);
  });

  test("waits for records, in a loop or for one, and ends with a signal or its disposal", async () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    using subscriber = sample.subscriber();
    await expectRejection(subscriber.receiveAsync({ timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
    setTimeout(() => publisher.send(1), 5);
    expect(await subscriber.receiveAsync()).toMatchObject({ sequence: 1, value: 1 });
    const aborted = subscriber.receiveAsync({ signal: AbortSignal.timeout(5) });
    await expect(aborted).rejects.toThrow("timed out");
    setTimeout(() => sample.journal.append(2), 10);
    for await (const entry of subscriber) {
      expect(entry).toMatchObject({ sequence: 2 });
      break;
    }
    const waiting = subscriber.receiveAsync();
    const loop = subscriber.records().next();
    subscriber.dispose();
    await expectRejection(waiting, "DisposedError", "ERR_DISPOSED");
    expect(await loop).toEqual({ done: true, value: undefined });
    expectCode(() => subscriber.tryReceive(), "DisposedError", "ERR_DISPOSED");
    expectCode(() => subscriber.metrics, "DisposedError", "ERR_DISPOSED");
  });

  test("ends when its journal is disposed", async () => {
    using sample = new Sample();
    using subscriber = sample.subscriber();
    const loop = subscriber.records().next();
    sample.journal.dispose();
    expect(await loop).toEqual({ done: true, value: undefined });
    expectCode(() => subscriber.tryReceive(), "DisposedError", "ERR_DISPOSED");
    expectCode(() => sample.subscriber(), "DisposedError", "ERR_DISPOSED");
  });

  test("carries structs, bytes and JSON of any length, also records that no ring has room for", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const Order = struct({ id: u32, amount: u32 });
    const cases = [
      [Order, { id: 1, amount: 2 }],
      [bytes, new Uint8Array(5000).fill(7)],
      [bytes, new Uint8Array(0)],
      [json<unknown>(), { nested: ["ü", null] }],
    ] as const;
    for (const [i, [schema, value]] of cases.entries()) {
      using journal = Journal.open(directory.file(`j${i}`), { schema: schema as typeof bytes });
      const options = { journal, ...CAPACITY };
      using publisher = JournalPublisher.createNew(`t${i}`, options);
      using subscriber = JournalSubscriber.openExisting(`t${i}`, options);
      expect([publisher.createdNew, subscriber.createdNew]).toEqual([true, false]);
      publisher.send(value as Uint8Array);
      publisher.send(value as Uint8Array);
      expect(drain(subscriber) as unknown).toEqual([
        [1, value],
        [2, value],
      ]);
      const isTooLong = value instanceof Uint8Array && value.length > 512;
      expect(publisher.metrics.unpublished).toBe(isTooLong ? 2 : 0);
    }
  });
});

describe("JournalPublisher", () => {
  test("refuses what a journal refuses, and then nothing was sent", () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    using subscriber = sample.subscriber();
    expectCode(() => publisher.send(undefined as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(() => publisher.sendAll(7 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(publisher.sendAll([])).toBe(0);
    expect(drain(subscriber)).toEqual([]);
    publisher.dispose();
    publisher.dispose();
    expectCode(() => publisher.send(1), "DisposedError", "ERR_DISPOSED");
    expect(sample.journal.append(1)).toBe(1);
  });

  test("refuses options that are none", () => {
    using sample = new Sample();
    const { journal } = sample;
    const create = (options: object) => () =>
      JournalPublisher.createNew(NAME, options as { journal: typeof journal });
    expectCode(create({}), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(create({ journal: sample.path }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(create({ journal, lifetime: "persistent" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(create({ journal, capacityBytes: 0 }), "RangeError", "ERR_OUT_OF_RANGE");
    const missing = () => JournalSubscriber.openExisting(NAME, { journal });
    expectCode(missing, "SystemError", "ENOENT");
    const wrong = () => JournalSubscriber.createNew(NAME, { journal, from: "now" as "end" });
    expectCode(wrong, "TypeError", "ERR_INVALID_ARG_VALUE");
    expect(sample.home.names().filter((name) => name === NAME)).toEqual([]);
  });

  truncatingTest("sends on when the ring's memory is cut off: the journal has everything", () => {
    using sample = new Sample();
    using publisher = sample.publisher();
    using subscriber = sample.subscriber();
    publisher.send(1);
    const file = sample.home.file(NAME);
    expect(statSync(file).size).toBeGreaterThan(4096);
    truncateSync(file, 4096);
    publisher.send(2);
    publisher.send(3);
    expect(drain(subscriber)).toEqual([1, 2, 3].map((n) => [n, n]));
  });
});
