/**
 * What two processes of a server must be able to do together, although they are not alike.
 *
 * @module
 */
import { expect } from "bun:test";
import type { Pair } from "@isthmus/testing/pair";

const COUNT = 2000;

/** Has both do the same at once. */
async function both({ maker, user }: Pair, operation: string, ...of: unknown[]): Promise<void> {
  await Promise.all([maker.call(operation, ...of), user.call(operation, ...of)]);
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

export async function seeEachOther({ maker, user }: Pair): Promise<void> {
  await maker.call("make");
  expect(await user.call<unknown>("list")).toEqual([
    ["cache", "cache", null],
    ["counters", "counters", null],
    ["limiter", "cache", null],
    ["table", "table", null],
    ["topic", "topic", null],
  ]);
}

export async function shareCache(pair: Pair): Promise<void> {
  const { maker, user } = pair;
  await maker.call("set", "page", { title: "Grüße" });
  expect(await user.call<unknown>("get", "page")).toEqual({ title: "Grüße" });
  await both(pair, "increment", "hits", COUNT);
  expect(await user.call<unknown>("get", "hits")).toBe(2 * COUNT);
  user.send("watch", "user:");
  // Whether the other one watches already nobody can see: so it is told until it has heard.
  let isHeard = false;
  const heard = user.answer().finally(() => (isHeard = true));
  while (!isHeard) {
    await maker.call("set", "user:1", 1);
    await Promise.race([heard, Bun.sleep(1)]);
  }
  expect(await heard).toEqual({ operation: "set", key: "user:1" });
}

export async function shareComputations({ maker, user }: Pair): Promise<void> {
  await maker.call("compute", "computed", 1);
  expect(await user.call<unknown>("compute", "computed", 2)).toBe(1);
  await maker.call("computeForever", "slow");
  user.send("compute", "slow", 3);
  await maker.kill();
  expect(await user.answer()).toBe(3);
}

export async function shareBroadcast({ maker, user }: Pair): Promise<void> {
  for (const one of [maker, user]) await one.call("join");
  await maker.call("broadcast", "ü");
  const first = ["room: ü", "room: 195,188"];
  expect(await user.call<unknown>("published", 2)).toEqual(first);
  await user.call("broadcast", "b");
  // Each once: one's own at once, those of the other as they come.
  for (const one of [maker, user]) {
    expect(await one.call<unknown>("published", 4)).toEqual([...first, "room: b", "room: 98"]);
  }
}

export async function shareCounters(pair: Pair): Promise<void> {
  await both(pair, "count", COUNT);
  expect(await pair.user.call<number>("counted")).toBe(2 * COUNT);
  await pair.maker.kill();
  expect(await pair.user.call<number>("counted")).toBe(2 * COUNT);
}

export async function shareTable(pair: Pair): Promise<void> {
  await pair.maker.call("make");
  await both(pair, "update", 1, COUNT);
  expect(await pair.user.call<number>("row", 1)).toBe(2 * COUNT);
  expect(await pair.maker.call<number>("row", 0)).toBe(0);
}

export async function shareLimiter({ maker, user }: Pair): Promise<void> {
  await maker.call("make");
  const allowed = await Promise.all([
    maker.call<number>("takeFrom", "1.2.3.4", 100),
    user.call<number>("takeFrom", "1.2.3.4", 100),
  ]);
  expect(allowed.reduce((sum, one) => sum + one)).toBe(100);
}

export async function shareJournal({ maker, user }: Pair): Promise<void> {
  user.send("follow", 2 * COUNT + 1);
  // Who follows has the file open: this record comes while it waits, or before.
  await maker.call("append", -1, 1);
  await maker.call("append", 0, COUNT);
  await maker.call("append", COUNT, COUNT);
  expect(await user.answer<number[]>()).toEqual(numbers(-1, 2 * COUNT + 1));
}

export async function appendInTurns({ maker, user }: Pair): Promise<void> {
  await Promise.all([maker.call("append", 0, COUNT), user.call("append", COUNT, COUNT)]);
  const found = await maker.call<number[]>("follow", 2 * COUNT);
  expect(await user.call<number[]>("follow", 2 * COUNT)).toEqual(found);
  expect(found.filter((n) => n < COUNT)).toEqual(numbers(0, COUNT));
  expect(found.filter((n) => n >= COUNT)).toEqual(numbers(COUNT, COUNT));
}

export async function shareJournalTopic({ maker, user }: Pair): Promise<void> {
  await maker.call("publish", 0, 100);
  user.send("hear", 200);
  await maker.call("publish", 100, 100);
  expect(await user.answer<number[]>()).toEqual(numbers(0, 200));
  await maker.kill();
  await user.call("publish", 200, 100);
  expect(await user.call<number[]>("hear", 100)).toEqual(numbers(200, 100));
}
