/** The work that is timed must notice when it is not done. */
import { describe, expect, test } from "bun:test";
import { HistogramSnapshot } from "@isthmus/ipc";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { SIZES, type Sizes } from "../src/runner/sizes.ts";
import type { CaseContext } from "../src/runner/suite.ts";
import { expectedWordSum, wordAt } from "../src/runner/test-file.ts";
import { WordSum } from "../src/suites/files/word-sum.ts";
import { Backlog } from "../src/suites/messages/backlog.ts";
import { FrameReader } from "../src/suites/messages/frames.ts";
import { Meter } from "../src/suites/messages/meter.ts";
import { measureOpenLoop } from "../src/suites/messages/open-loop.ts";
import {
  consumeRecords,
  PLAIN_RING_BYTES,
  produceRecords,
} from "../src/suites/messages/plain-ring.ts";
import { measureMicro, mustBe } from "../src/suites/micro/micro.ts";

const random = new SeededRandom(5);

/** Cuts bytes at random places, some pieces empty, most at odd addresses. */
function* pieces(bytes: Uint8Array, longest: number): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + random.below(longest + 1));
    yield bytes.subarray(from, to);
    from = to;
  }
}

describe("WordSum", () => {
  const LENGTH = 4096;
  const content = new Uint8Array(
    Int32Array.from({ length: LENGTH / 4 }, (_, i) => wordAt(i)).buffer,
  );

  test("adds the same whatever the pieces are", () => {
    for (const longest of [1, 3, 7, 100, 5000]) {
      const sum = new WordSum();
      for (const piece of pieces(content, longest)) sum.add(piece);
      sum.verify(LENGTH);
    }
    const bySum = [...new Int32Array(content.buffer)].reduce(
      (total, word) => (total + word) | 0,
      0,
    );
    expect(expectedWordSum(LENGTH)).toBe(bySum);
  });

  test("notices a byte that is another, and one that is missing", () => {
    const wrong = new WordSum();
    wrong.add(content.with(1234, 99));
    expect(() => wrong.verify(LENGTH)).toThrow("instead of");
    const short = new WordSum();
    short.add(content.subarray(0, LENGTH - 4));
    expect(() => short.verify(LENGTH)).toThrow("read 4092 of 4096 bytes");
  });
});

describe("FrameReader", () => {
  test.each([16, 64, 4096])("gives whole records of %d bytes, whatever the pieces are", (size) => {
    const count = 50;
    const floats = Float64Array.from({ length: (count * size) / 8 }, (_, i) => i);
    for (const longest of [5, 999, 100_000]) {
      const seen: number[] = [];
      const frames = new FrameReader(size, (all, start) => seen.push(all[start] as number));
      for (const piece of pieces(new Uint8Array(floats.buffer), longest)) frames.add(piece);
      expect(seen).toEqual(Array.from({ length: count }, (_, i) => (i * size) / 8));
    }
  });
});

describe("Backlog", () => {
  test("loses nothing and keeps the order, however little there is room for", async () => {
    const arrived: number[] = [];
    const backlog = new Backlog((bytes) => {
      const room = random.below(4);
      arrived.push(...bytes.subarray(0, room));
      return Math.min(room, bytes.length);
    });
    const reused = new Uint8Array(5);
    for (let i = 0; i < 40; i++) backlog.write(reused.fill(i));
    while (arrived.length < 200) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(arrived).toEqual(Array.from({ length: 200 }, (_, i) => Math.floor(i / 5)));
  });
});

describe("the hand-written ring and its meter", () => {
  test("carry what fits, and notice a record that is another", () => {
    const count = 1000;
    const memory = new Uint8Array(PLAIN_RING_BYTES);
    produceRecords(memory, count);
    const meter = new Meter(count);
    consumeRecords(memory, meter);
    expect(meter.rate()).toBeGreaterThan(0);
    const again = new Meter(count);
    // The exponent of the eleventh record's first number: 256 bytes of counters come first.
    memory[256 + 10 * 64 + 6] = 0;
    consumeRecords(memory, again);
    expect(() => again.rate()).toThrow("instead of");
  });
});

describe("measureOpenLoop()", () => {
  const sizes: Sizes = {
    ...SIZES.quick,
    roundTrips: 50,
    latencyPerSecond: 1000,
    latencyMs: 200,
  };

  test("counts what waits behind a slow answer", async () => {
    const STALL_MS = 40;
    const { histogram = new Uint8Array() } = await measureOpenLoop(sizes, (onAnswer) => (i) => {
      const until = performance.now() + (i === 150 ? STALL_MS : 0);
      while (performance.now() < until);
      onAnswer(i);
    });
    const snapshot = HistogramSnapshot.read(histogram);
    // Those that warm up do not count.
    expect(snapshot.count).toBe(200);
    // 40 questions were due while one was being answered; asking in turn, only that one would have been slow.
    expect(snapshot.percentile(85)).toBeGreaterThan(5e6);
    expect(snapshot.maxNs).toBeGreaterThan(STALL_MS * 1e6);
  });

  test("refuses an answer out of order", async () => {
    for (const wrong of [20, 60]) {
      const run = measureOpenLoop(sizes, (onAnswer) => (i) => onAnswer(i === wrong ? i + 1 : i));
      await expect(run).rejects.toThrow(`answer ${wrong + 1} came instead of ${wrong}`);
    }
  });
});

describe("measureMicro()", () => {
  const context = { sizes: { ...SIZES.quick, microMs: 1 } } as CaseContext;

  test("gives a time and the number of calls", async () => {
    let own = 0;
    const { value } = await measureMicro(context, {
      run: () => own++,
      verify: (calls) => mustBe(own, calls),
    });
    expect(value).toBeGreaterThan(0);
  });

  test("refuses a benchmark that did not do its work", async () => {
    const idle = measureMicro(context, { run: () => 0, verify: (calls) => mustBe(0, calls) });
    await expect(idle).rejects.toThrow("left 0 behind");
  });
});
