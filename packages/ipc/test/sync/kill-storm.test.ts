/** Processes that are killed at random moments, and what is left to those who survive: everything. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { NamedMutex, NamedSemaphore } from "../../src/index.ts";
import { Segment } from "../../src/segment/segment.ts";
import { initMutex, MUTEX_SECTION } from "../../src/sync/segment-mutex.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

const IS_STRESS = process.env["ISTHMUS_STRESS"] === "1";
const KILLS = IS_STRESS ? 1000 : 200;
/** The short run ends here, however few processes have been killed by then. */
const SHORT_RUN_MS = 15_000;
const VICTIMS = 3;
const SURVIVORS = 2;

if (IS_STRESS) setDefaultTimeout(900_000);

/** Lets processes begin and kills each at a random moment, some before they have done anything. */
async function killAll(random: SeededRandom, isOver: () => boolean): Promise<number> {
  let kills = 0;
  for (; !isOver(); kills++) {
    await using victim = new Participant("storm", { seed: random.below(2 ** 31) });
    if (random.below(4) === 0) await Bun.sleep(random.below(80));
    else {
      await victim.word();
      await Bun.sleep(random.below(30));
    }
    await victim.kill();
  }
  return kills;
}

/** The slots of a mutex's segment after clearing up: only those of the living may be in use. */
function livingOf(name: string): boolean[] {
  using segment = new Segment("openExisting", {
    name,
    kind: "mutex",
    cellCount: 1,
    sections: [MUTEX_SECTION],
    init: initMutex,
    role: "user",
  });
  segment.reapDead(() => {});
  return segment.participants.list().map(({ isAlive }) => isAlive);
}

test("processes killed at random moments of locking, taking, joining and creating", async () => {
  const random = new SeededRandom(seedOf("kill storm"));
  const home = new Home();
  using stack = new DisposableStack();
  stack.use(home);
  let kills = 0;
  {
    using file = MemoryMappedFile.createNew("pair", 8);
    using pair = file.createViewAccessor();
    using mutex = NamedMutex.createNew("m");
    const options = { initial: 2, max: 2, returnOnDeath: true };
    using semaphore = NamedSemaphore.createNew("s", options);
    await using processes = new AsyncDisposableStack();
    const survivors = Array.from({ length: SURVIVORS }, () =>
      processes.use(new Participant("storm", { seed: random.below(2 ** 31) })),
    );
    await Promise.all(survivors.map((survivor) => survivor.word()));
    const end = performance.now() + SHORT_RUN_MS;
    let planned = 0;
    let hasFailed = false;
    const isOver = () => hasFailed || planned++ >= KILLS || (!IS_STRESS && performance.now() > end);
    const counts = Array.from({ length: VICTIMS }, () =>
      killAll(random, isOver).catch((error: unknown) => {
        hasFailed = true; // the others end, too, before the test does
        return error as Error;
      }),
    );
    for (const count of await Promise.all(counts)) {
      if (typeof count !== "number") throw count;
      kills += count;
    }
    const reports = await Promise.all(
      survivors.map((one) => one.call<{ rounds: number; violations: string[] }>("stop")),
    );
    for (const { rounds, violations } of reports) {
      expect(violations).toEqual([]);
      expect(rounds).toBeGreaterThan(0);
    }
    {
      using lock = mutex.acquire();
      if (!lock.abandoned) expect(pair.readInt32(0)).toBe(pair.readInt32(4));
    }
    // All permits have come back, each once.
    const taken = [semaphore.tryWait(), semaphore.tryWait(), semaphore.tryWait()];
    expect(taken).toEqual([true, true, false]);
    semaphore.release(2);
    expect(livingOf("m").every(Boolean)).toBe(true);
    expect(await Promise.all(survivors.map((survivor) => survivor.finish()))).toEqual([0, 0]);
  }
  // What the killed have left goes when the directory is used by a new process.
  await using last = new Participant("one-shot", { kind: "mutex", what: "idle" });
  expect(await last.end()).toBe(0);
  const own = home.files().filter((name) => name.startsWith("."));
  expect(home.files()).toEqual(own);
  expect(own.map((name) => name.slice(0, 6))).toEqual(Home.hidden(0)); // this process's own
  process.stderr.write(`kill storm: ${kills} processes killed\n`);
});
