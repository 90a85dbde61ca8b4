/** A work queue whose memory somebody writes nonsense into: its jobs may suffer, its processes do not. */
import { describe, expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { bytes, type Job, json, observe, struct, u32, WorkQueue } from "../../src/index.ts";
import { QUEUE } from "../../src/queue/queue-layout.ts";

const ROUNDS = 80 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
const STEPS = 60;

const SCHEMAS = { struct: struct({ id: u32 }), bytes, json } as const;
const RECORDS = {
  struct: { id: 7 },
  bytes: new Uint8Array(300).fill(7),
  json: { text: "x".repeat(300) },
};

/** Values that are often near something that is checked. */
const VALUES = [0, 1, 2, 5, 7, 16, 0xff, 0x1_0001, 0x7fff_ffff, -1, -(2 ** 31)];

/** What a caller is promised. */
const PROMISED = new Set(["ERR_CORRUPT_SEGMENT", "ETIMEDOUT", "EAGAIN"]);

describe.each(["struct", "bytes", "json"] as const)("a queue of %s", (mode) => {
  test("goes on, or says that it is corrupt", async () => {
    const random = new SeededRandom(seedOf(`lies to a queue of ${mode}`));
    let mended = 0;
    for (let round = 0; round < ROUNDS; round++) {
      using home = new Home();
      const options = {
        schema: SCHEMAS[mode] as typeof json,
        capacityBytes: 4096,
        onFull: "fail",
      } as const;
      using queue = WorkQueue.createNew("lies", { ...options, leaseMs: 1, maxAttempts: 2 });
      const { sections } = observe("lies");
      const state = sections.find(({ id }) => id === SECTION.state);
      using file = MemoryMappedFile.createFromFile(home.file("lies"));
      using view = file.createViewAccessor({
        offset: state?.offset ?? 0,
        size: state?.lengthBytes ?? 0,
      });
      // The sizes are read once, when a queue is opened: others test what becomes of those.
      const first = QUEUE.isPaused;
      const words = view.capacity / 4;
      const held: Job<typeof json>[] = [];
      for (let step = 0; step < STEPS; step++) {
        if (random.oneIn(3)) {
          const word = random.oneIn(2)
            ? first + random.below(16)
            : first + random.below(words - first);
          view.writeInt32(word * 4, random.oneIn(2) ? random.pick(VALUES) : random.below(40));
        }
        try {
          await act(queue, held, random);
        } catch (error) {
          const { code } = error as { readonly code?: string };
          if (!PROMISED.has(code ?? "")) throw error;
        }
      }
      mended += queue.metrics.corruptions;
    }
    // Otherwise nothing was tried.
    expect(mended).toBeGreaterThan(0);
  });

  /** One call, any. */
  async function act(
    queue: WorkQueue<typeof json>,
    held: Job<typeof json>[],
    random: SeededRandom,
  ): Promise<void> {
    const calls: (() => unknown)[] = [
      () => queue.add(RECORDS[mode], { key: random.below(3), priority: random.below(3) }),
      () => queue.tryAdd(RECORDS[mode], { delayMs: random.below(3) }),
      () => held.push(...[queue.tryTake()].filter((job) => job !== undefined)),
      () => held.push(...[queue.dead.tryTake()].filter((job) => job !== undefined)),
      () => held.pop()?.done(),
      () => held.pop()?.fail("no", { delayMs: random.below(2) }),
      () => held.shift()?.dispose(),
      () => queue.dead.list(),
      () => (random.oneIn(2) ? queue.dead.retry() : queue.dead.drop()),
      () => (random.oneIn(2) ? queue.pause() : queue.resume()),
      () => observe("lies").queue,
      () => queue.take({ timeoutMs: 1 }).then((job) => job.dispose()),
      () => queue.drain({ timeoutMs: 1 }),
    ];
    await random.pick(calls)();
  }
});
