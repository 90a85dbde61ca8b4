/** Observers in the middle of creations, openings and removals: nobody notices them, and they fail nobody. */

import { expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { descriptorCount } from "@isthmus/testing/process-state";
import { wine } from "@isthmus/testing/requirement";
import {
  collectSegments,
  listSegments,
  NamedMutex,
  observe,
  type SegmentInfo,
} from "../../src/index.ts";
import { Companion } from "./support/companion.ts";
import { Home } from "./support/home.ts";

const PROCESSES = 3;
/** Wine keeps a descriptor for each time that a file is closed of which anybody has locked something. */
const ROUNDS = wine === undefined ? 1000 : 50;
/** Most of the time is spent looking: only then do looks fall between any two steps of the others. */
const LOOKS_PER_TURN = 16;

test("watching in a tight loop neither fails nor disturbs, leaks or removes anything", async () => {
  using home = new Home();
  const mutex = NamedMutex.createOrOpen("steady-mutex");
  const memory = MemoryMappedFile.createNew("steady-memory", 100);
  MemoryMappedFile.createNew("steady-kept", 100, { lifetime: "persistent" }).dispose();
  await using stack = new AsyncDisposableStack();
  const others = Array.from({ length: PROCESSES }, () => stack.use(new Companion("churn.ts")));
  const answers = Promise.allSettled(others.map((other) => other.tell(`run ${ROUNDS}`)));
  let isDone = false;
  void answers.finally(() => {
    isDone = true;
  });
  let looks = 0;
  const descriptors = descriptorCount();
  while (!isDone) {
    const seen = new Map(listSegments().map((info) => [info.name, info]));
    for (const info of seen.values()) expectSound(info);
    expect(seen.get("steady-mutex")?.isHeld).toBe(true);
    expect(seen.get("steady-memory")?.isHeld).toBe(true);
    expect(seen.get("steady-kept")?.isHeld).toBe(false);
    expectSound(observe("steady-mutex"));
    if (++looks % LOOKS_PER_TURN !== 0) continue;
    collectSegments({ dryRun: true });
    await Bun.sleep(0);
  }
  expect(await answers).toEqual(others.map(() => ({ status: "fulfilled", value: "ok" })));
  expect(looks).toBeGreaterThan(LOOKS_PER_TURN);
  // The companions' pipes are opened by their streams; those of this loop are closed.
  expect(descriptorCount()).toBeLessThanOrEqual(descriptors);
  expect(home.files()).toEqual(["steady-kept", "steady-memory", "steady-mutex"]);
  for (const other of others) expect(await other.finish()).toBe(0);
  mutex.dispose();
  memory.dispose();
  expect(home.files()).toEqual(["steady-kept"]);
});

/** Nobody is killed here: a dead participant or a damaged file would be the observer's own mistake. */
function expectSound({ error, participants }: SegmentInfo): void {
  expect(error).toBeUndefined();
  expect(participants.filter(({ isAlive }) => !isAlive)).toEqual([]);
}
