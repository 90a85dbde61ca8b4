/**
 * Two processes that share one directory although they are not alike: what they must be able to do together.
 *
 * @module
 */
import { expect } from "bun:test";
import { join } from "node:path";
import type { Pair } from "@isthmus/testing/pair";
import type { Peer } from "@isthmus/testing/peer";
import { SharedStruct } from "../../../src/index.ts";
import { Count } from "./count.ts";

/** What runs on either side. */
export const SCRIPT: string = join(import.meta.dir, "..", "fixtures", "neighbour.ts");
const COUNT = 2000;
/** As many as a queue of the default size holds in any case. */
const JOBS = 100;
/** Longer than any system's. */
const CLOCK_TICK_MS = 20;
const SUM = (COUNT * (COUNT - 1)) / 2;

/** Has both sides make or open a thing of a kind. */
async function share({ maker, user }: Pair, kind: string): Promise<void> {
  await maker.call("make", kind, kind);
  await user.call("make", kind, kind);
}

export async function shareMemory(pair: Pair): Promise<void> {
  await share(pair, "memory");
  await pair.maker.call("write", "memory", 7);
  expect(await pair.user.call<number>("read", "memory")).toBe(7);
}

export async function shareEventsAndSemaphores(pair: Pair): Promise<void> {
  await share(pair, "event");
  const wait = pair.user.call("waitForEvent", "event");
  await pair.maker.call("set", "event");
  await wait;
  await share(pair, "semaphore");
  expect(await pair.user.call<boolean>("take", "semaphore")).toBe(true);
  expect(await pair.maker.call<boolean>("take", "semaphore")).toBe(false);
  await pair.user.call("release", "semaphore");
  expect(await pair.maker.call<boolean>("take", "semaphore")).toBe(true);
}

export async function shareFlows({ maker, user }: Pair): Promise<void> {
  for (const kind of ["channel", "topic", "service"]) await maker.call("make", kind, kind);
  user.send("receive", "channel", COUNT);
  await maker.call("send", "channel", COUNT);
  expect(await user.answer<number>()).toBe(SUM);
  await user.call("subscribe", "topic");
  user.send("hear", COUNT);
  await maker.call("publish", "topic", COUNT);
  expect(await user.answer<number>()).toBe(SUM);
  await maker.call("answer", "service");
  expect(await user.call("ask", "service", 21)).toEqual({ double: 42 });
}

export async function shareJobs(pair: Pair): Promise<void> {
  await share(pair, "queue");
  pair.user.send("doJobs", "queue", JOBS);
  await pair.maker.call("addJobs", "queue", JOBS);
  expect(await pair.user.answer<number>()).toBe((JOBS * (JOBS - 1)) / 2);
}

export async function seeEachOther({ maker, user }: Pair): Promise<void> {
  const kinds = [
    "channel",
    "event",
    "memory",
    "mutex",
    "queue",
    "semaphore",
    "service",
    "struct",
    "topic",
  ];
  for (const kind of kinds) await maker.call("make", kind, kind);
  expect(await user.call<unknown>("list")).toEqual(kinds.map((kind) => [kind, kind, null]));
}

export async function shareMutexOfTheDead(pair: Pair): Promise<void> {
  const { maker, user } = pair;
  await share(pair, "mutex");
  const before = Date.now();
  expect(await user.call<boolean>("acquire", "mutex")).toBe(false);
  expect(await maker.call<boolean>("tryAcquire", "mutex")).toBe(false);
  const since = await maker.call<number>("since", "mutex");
  // The system's coarse clock is the time of its last tick.
  expect(since).toBeGreaterThan(before - CLOCK_TICK_MS);
  expect(since).toBeLessThanOrEqual(Date.now());
  maker.send("acquire", "mutex");
  await user.kill();
  expect(await maker.answer<boolean>()).toBe(true);
}

export async function loseNoUpdate({ maker, user }: Pair): Promise<void> {
  await countTogether([maker, user]);
}

/** Has several processes update one struct at once. */
export async function countTogether(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) await peer.call("make", "struct", "struct");
  await Promise.all(peers.map((peer) => peer.call("count", "struct", COUNT)));
  using shared = SharedStruct.openExisting("struct", Count);
  expect(shared.read().count).toBe(peers.length * COUNT);
}

export async function sharePermitsOfTheDead(pair: Pair): Promise<void> {
  await share(pair, "returning");
  expect(await pair.user.call<boolean>("take", "returning")).toBe(true);
  expect(await pair.maker.call<boolean>("take", "returning")).toBe(false);
  await pair.user.kill();
  expect(await pair.maker.call<boolean>("take", "returning")).toBe(true);
}
