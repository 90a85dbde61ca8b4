/** Participants of several processes: full tables, the dead, and who clears up after them. */
import { expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { expectRejection } from "@isthmus/testing/expect-code";
import { until } from "@isthmus/testing/patience";
import { SLOT_COUNT } from "../../src/segment/participant-layout.ts";
import { Home } from "../sync/support/home.ts";
import { Participant, participants } from "../sync/support/participant.ts";

const KILLS = 20;
const REAPERS = 3;

interface Listed {
  readonly slot: number;
  readonly pid: number;
  readonly isAlive: boolean;
  readonly generation: number;
}

test("64 participants fill a segment; the slots of the dead are free again", async () => {
  using home = new Home();
  await using stack = new AsyncDisposableStack();
  const [first, second, third] = participants(stack, 3, "joiner") as [
    Participant,
    Participant,
    Participant,
  ];
  expect(await first.call("join", SLOT_COUNT / 2)).toHaveLength(SLOT_COUNT / 2);
  expect(await second.call("join", SLOT_COUNT / 2)).toHaveLength(SLOT_COUNT / 2);
  await expectRejection(third.call("join", 1), "SystemError", "EAGAIN");
  await second.kill();
  const dead = (await first.call<Listed[]>("participants")).filter(({ isAlive }) => !isAlive);
  expect(dead.map(({ pid }) => pid)).toEqual(Array(SLOT_COUNT / 2).fill(second.pid));
  const taken = await third.call<number[]>("join", SLOT_COUNT / 2);
  expect(taken.sort()).toEqual(dead.map(({ slot }) => slot).sort());
  const list = await first.call<Listed[]>("participants");
  expect(list.every(({ isAlive }) => isAlive)).toBe(true);
  for (const { pid, generation } of list) expect(generation).toBe(pid === third.pid ? 2 : 1);
  await third.call("leave");
  expect(await first.call<Listed[]>("participants")).toHaveLength(SLOT_COUNT / 2);
  await first.call("leave");
  expect(home.files()).not.toContain("joined");
});

test("each of the dead is cleared up after once, however many processes look for them", async () => {
  using _home = new Home();
  using file = MemoryMappedFile.createNew("reaped", 4);
  using view = file.createViewAccessor();
  await using stack = new AsyncDisposableStack();
  const reapers = participants(stack, REAPERS, "joiner");
  // A victim that comes before them would be the last to hold the name, which then goes with it.
  await Promise.all(reapers.map((reaper) => reaper.call("join", 1)));
  const counts = reapers.map((reaper) => reaper.call<number>("reap"));
  for (let kill = 0; kill < KILLS; kill++) {
    await using victim = new Participant("joiner");
    await victim.call("join", 2);
    await victim.kill();
  }
  await until(() => view.readInt32(0) >= 2 * KILLS, "all of the dead are cleared up after");
  for (const reaper of reapers) await reaper.call("stop");
  const reaped = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  expect([view.readInt32(0), reaped]).toEqual([2 * KILLS, 2 * KILLS]);
  const list = await reapers[0]?.call<Listed[]>("participants");
  expect(list?.every(({ isAlive }) => isAlive)).toBe(true);
});
