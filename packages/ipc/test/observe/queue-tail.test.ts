/** Following the jobs of a queue, and looking at its dead letters, without anybody's help. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CorruptSegmentError } from "@isthmus/core";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { Peer } from "@isthmus/testing/peer";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import {
  bytes,
  json,
  NamedMutex,
  observe,
  observeDeadLetters,
  RecordTail,
  type TailedRecord,
  WorkQueue,
} from "../../src/index.ts";
import { CellReader, readQueueSizes } from "../../src/observe/queue-state.ts";
import { StateBytes } from "../../src/observe/state-bytes.ts";
import { CELL, KIND, QUEUE } from "../../src/queue/queue-layout.ts";
import { refusing } from "./hostile-support.ts";
import { churned, drain, lieIn, Order, words } from "./support.ts";

test("jobs are told as they are added: of any length, however far they are, and none is taken", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("jobs", { schema: json });
  queue.add("before");
  using tail = new RecordTail("jobs");
  expect([tail.kind, tail.mode]).toEqual(["queue", "json"]);
  queue.add("ready", { priority: 3 });
  queue.add("delayed", { delayMs: 60_000 });
  queue.addAll(["first of its key", "held"], { key: "k" });
  queue.add("x".repeat(10_000), { priority: -16 });
  queue.tryTake();
  const seen = drain(tail);
  expect(seen.map((record) => [record.position, record.priority, tail.decode(record)])).toEqual([
    [2, 3, "ready"],
    [3, 0, "delayed"],
    [4, 0, "first of its key"],
    [5, 0, "held"],
    [6, -16, "x".repeat(10_000)],
  ]);
  expect(seen.every(({ part, lane }) => part === "job" && lane === 0)).toBe(true);
  expect([drain(tail), tail.missed]).toEqual([[], 0]);
  expect(queue.metrics).toMatchObject({ waiting: 3, delayed: 1, held: 1, inFlight: 1, taken: 1 });
});

test("a job that is done already is told as long as its cell has it, and counted as missed after that", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("quick", { schema: json });
  using tail = new RecordTail("quick");
  queue.add("done at once");
  queue.tryTake()?.done();
  expect(drain(tail).map((record) => tail.decode(record))).toEqual(["done at once"]);
  for (let id = 2; id <= 5; id++) {
    queue.add(id);
    queue.tryTake()?.done();
  }
  expect(drain(tail).map((record) => tail.decode(record))).toEqual([5]);
  expect(tail.missed).toBe(3);
});

test("from what is held: the jobs that are not done, dead letters included", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("held", { schema: Order, maxAttempts: 1 });
  for (let id = 1; id <= 4; id++) queue.add({ id, symbol: `S${id}` });
  queue.tryTake()?.done();
  queue.tryTake()?.fail("no");
  using _job = queue.tryTake();
  using tail = new RecordTail("held", { from: "held", maxBytes: Order.size });
  const ids = drain(tail).map((record) => (tail.decode(record) as { id: number }).id);
  expect([ids, tail.missed]).toEqual([[2, 3, 4], 0]);
  queue.add({ id: 5, symbol: "S5" });
  expect(drain(tail).map((record) => tail.decode(record))).toEqual([{ id: 5, symbol: "S5" }]);
});

test("every job that is told is whole while another process uses the cells again and again", async () => {
  using _home = new Home();
  await using peer = new Peer([process.execPath, join(import.meta.dir, "fixtures", "churn.ts")]);
  // Few cells, so that each is used often.
  using queue = WorkQueue.createNew("churned", { schema: json, capacityBytes: 64 * 256 * 4 });
  using tail = new RecordTail("churned");
  const count = 3000 * (runs(1).numRuns ?? 1);
  let isOver = false;
  const churning = peer.call("churn", "churned", count).then(() => {
    isOver = true;
  });
  let last = 0;
  let told = 0;
  const check = (record: TailedRecord): void => {
    const value = tail.decode(record) as { number: number };
    expect(value).toEqual(churned(value.number));
    expect(record.position).toBe(value.number);
    expect(record.position).toBeGreaterThan(last);
    last = record.position;
    told++;
  };
  while (!isOver) {
    tail.poll(check);
    await Bun.sleep(0);
  }
  await churning;
  tail.poll(check);
  expect(told).toBeGreaterThan(0);
  expect(told + tail.missed).toBe(count);
  expect(queue.metrics.added).toBe(count);
});

test("dead letters: all of them, or the first ones, with their values as far as they are known", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("letters", { schema: json, maxAttempts: 1 });
  for (let id = 1; id <= 3; id++) {
    queue.add({ id, text: "y".repeat(id * 200) }, { priority: id });
    queue.tryTake()?.fail(id === 2 ? "it failed" : `reason ${id}`);
  }
  expect(observeDeadLetters("letters")).toMatchObject(
    [1, 2, 3].map((id) => ({
      id,
      attempts: 1,
      priority: id,
      lastError: id === 2 ? "it failed" : `reason ${id}`,
      value: { id, text: "y".repeat(id * 200) },
    })),
  );
  expect(observeDeadLetters("letters", { limit: 2 }).map(({ id }) => id)).toEqual([1, 2]);
  expect(observeDeadLetters("letters", { limit: 0 })).toEqual([]);
  const [cut] = observeDeadLetters("letters", { maxBytes: 10 });
  expect(cut).toMatchObject({ lengthBytes: 218, value: undefined });
  expect(new TextDecoder().decode(cut?.bytes)).toBe('{"id":1,"t');
  using raw = WorkQueue.createNew("raw", { schema: bytes, maxAttempts: 1 });
  raw.add(new Uint8Array([1, 2, 3]));
  raw.tryTake()?.fail();
  const plain = { value: undefined, bytes: new Uint8Array([1, 2, 3]), lastError: "it failed" };
  expect(observeDeadLetters("raw")).toMatchObject([plain]);
});

test("what has no dead letters is refused, and so are options that cannot be", () => {
  using _home = new Home();
  using _mutex = NamedMutex.createNew("lock");
  const why = 'Cannot observe "lock": its kind must be queue: found mutex';
  expect(() => observeDeadLetters("lock")).toThrow(new CorruptSegmentError(why));
  expect(() => observeDeadLetters("missing")).toThrow(expect.objectContaining({ code: "ENOENT" }));
  expect(() => observeDeadLetters("lock", { limit: -1 })).toThrow(RangeError);
});

/** Section "state" of a queue as it is now, and where its first cell is. */
function stateOf(path: string, name: string): { bytes: Uint8Array<ArrayBuffer>; cell: number } {
  const state = observe(name).sections.find(({ id }) => id === SECTION.state);
  if (state === undefined) throw new Error(`${name} has no state`);
  const file = new Uint8Array(readFileSync(path));
  const bytes = file.slice(state.offset, state.offset + state.lengthBytes);
  const sizes = readQueueSizes(new StateBytes(bytes, name), bytes.length);
  return { bytes, cell: new CellReader(() => bytes, sizes).offsetOf(1) };
}

test("a job whose record is still being written is not one in flight", () => {
  using home = new Home();
  using queue = WorkQueue.createNew("filling", { schema: json });
  queue.add("taken");
  queue.tryTake();
  expect(observe("filling").queue?.jobs).toHaveLength(1);
  const path = home.file("filling");
  const offset = stateOf(path, "filling").cell + CELL.state * 4;
  const intact = lieIn(path, SECTION.state, offset, words(KIND.filling));
  expect(observe("filling").queue?.jobs).toEqual([]);
  lieIn(path, SECTION.state, offset, intact);
});

test("a queue full of lies is refused, or told as well as can be, and never for ever", () => {
  using home = new Home();
  using queue = WorkQueue.createNew("lies", { schema: json, capacityBytes: 4096, maxAttempts: 1 });
  queue.addAll([1, 2, 3]);
  queue.tryTake()?.fail("no");
  const path = home.file("lies");
  const { bytes: intact } = stateOf(path, "lies");
  const firstWord = QUEUE.isPaused;
  const length = intact.length - firstWord * 4;
  // Small words are links and lengths that can be.
  const lies = fc.oneof(
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc
      .array(fc.nat({ max: 20 }), { minLength: length / 4, maxLength: length / 4 })
      .map((each) => words(...each)),
  );
  const run = (lie: Uint8Array): void => {
    lieIn(path, SECTION.state, firstWord * 4, lie);
    refusing(() => observe("lies"));
    refusing(() => observeDeadLetters("lies"));
    using tail = refusing(() => new RecordTail("lies", { from: "held" }));
    tail?.poll(({ bytes: copy, lengthBytes }) => expect(copy.length).toBe(lengthBytes));
    lieIn(path, SECTION.state, firstWord * 4, words(...Array.from(lie.subarray(0, 400))));
    tail?.poll(({ bytes: copy, lengthBytes }) => expect(copy.length).toBe(lengthBytes));
    expect(tail?.missed ?? 0).toBeGreaterThanOrEqual(0);
  };
  fc.assert(fc.property(lies, run), runs(30));
  for (const [word, value] of [
    [QUEUE.cellCount, 0],
    [QUEUE.cellCount, 2 ** 31],
    [QUEUE.cellBytes, 128],
    [QUEUE.cellBytes, 2 ** 32 - 4],
    [QUEUE.keyLists, 2 ** 31],
    [QUEUE.mode, 9],
  ] as const) {
    lieIn(path, SECTION.state, 0, intact);
    lieIn(path, SECTION.state, word * 4, words(value));
    for (const look of [observe, observeDeadLetters, (name: string) => new RecordTail(name)]) {
      expect(() => look("lies")).toThrow(CorruptSegmentError);
    }
  }
  lieIn(path, SECTION.state, 0, intact);
});
