/**
 * Concept 4: memory with a name, shared by processes that know nothing else of each other.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";
import { NamedMutex, observe, SharedStruct } from "@isthmus/ipc";
import { formatCount } from "../output/format.ts";
import { Account, addMany, counterOf, TOTAL } from "./account.ts";
import { check, checkEqual, checkRefused } from "./check.ts";
import type { DemoRoom } from "./room.ts";
import type { DemoConcept } from "./step.ts";

const PEER = "peer.ts";
const CAPACITY = 4096;
const ADDITIONS = 500_000;
const TRANSFERS = 50_000;
const COUNTS = 50_000;
const READS_AT_ONCE = 200;

/** Shared memory: names, their lives, and structures that several processes change. */
export const sharedMemory: DemoConcept = {
  number: 4,
  title: "Shared memory",
  steps: [
    { name: "two processes, one map", run: oneMap },
    { name: "a name can be created once", run: createdOnce },
    { name: "a name goes with its last holder", run: lastHolder },
    { name: "a killed holder blocks nothing", run: killedHolder },
    { name: "an atomic counter of two processes", run: atomicCounter },
    { name: "a mutex between two processes", run: mutualExclusion },
    { name: "a mutex whose owner was killed", run: killedOwner },
    { name: "a shared struct of two writers", run: sharedStruct },
    { name: "a writer killed half-way", run: killedWriter },
    { name: "woken by a change", run: wokenByChange },
  ],
};

async function oneMap(room: DemoRoom): Promise<string> {
  using file = MemoryMappedFile.createNew("demo-map", CAPACITY);
  using view = file.createViewAccessor();
  view.writeInt32(0, 4711);
  await using child = room.spawn(PEER, "answer", "demo-map");
  checkEqual(await child.nextLine(), "answered", "what the other process says");
  const answer = view.readString(64);
  checkEqual(answer, `process ${child.pid} read 4711`, "what the other process wrote");
  await child.finish();
  return `process ${process.pid} wrote 4711; ${answer} and answered in memory`;
}

async function createdOnce(room: DemoRoom): Promise<string> {
  using _first = MemoryMappedFile.createNew("demo-once", CAPACITY);
  checkRefused(
    () => MemoryMappedFile.createNew("demo-once", CAPACITY),
    "EEXIST",
    "creating the name again in this process",
  );
  await using child = room.spawn(PEER, "create", "demo-once");
  checkEqual(await child.nextLine(), "EEXIST", "creating the name in another process");
  return "EEXIST here and in another process";
}

async function lastHolder(room: DemoRoom): Promise<string> {
  {
    using _first = MemoryMappedFile.createNew("demo-life", CAPACITY);
    using _second = MemoryMappedFile.openExisting("demo-life");
    await using child = room.spawn(PEER, "open", "demo-life");
    checkEqual(await child.nextLine(), "ok", "opening the name while it is held");
  }
  checkRefused(
    () => MemoryMappedFile.openExisting("demo-life"),
    "ENOENT",
    "opening the name after its last holder",
  );
  await using child = room.spawn(PEER, "open", "demo-life");
  checkEqual(await child.nextLine(), "ENOENT", "opening the name in another process");
  return "there while anyone holds it, ENOENT afterwards";
}

async function killedHolder(room: DemoRoom): Promise<string> {
  await using child = room.spawn(PEER, "hold", "demo-killed");
  checkEqual(await child.nextLine(), "holding", "what the other process says");
  {
    using file = MemoryMappedFile.openExisting("demo-killed");
    using view = file.createViewAccessor();
    checkEqual(view.readInt32(0), child.pid, "what the holder wrote");
  }
  await child[Symbol.asyncDispose]();
  checkRefused(
    () => MemoryMappedFile.openExisting("demo-killed"),
    "ENOENT",
    "opening the name of a killed process",
  );
  using file = MemoryMappedFile.createNew("demo-killed", CAPACITY);
  using view = file.createViewAccessor();
  checkEqual(view.readInt32(0), 0, "the memory of the new map");
  return `process ${child.pid} was killed; its name is free and its memory gone`;
}

async function atomicCounter(room: DemoRoom): Promise<string> {
  using file = MemoryMappedFile.createNew("demo-counter", CAPACITY);
  using view = file.createViewAccessor();
  await using child = room.spawn(PEER, "add", "demo-counter", ADDITIONS);
  // Waits until the other process has begun, so that both add at the same time.
  const deadlineMs = performance.now() + 5000;
  while (counterOf(view) === 0 && performance.now() < deadlineMs && !room.signal.aborted) {
    await Bun.sleep(1);
  }
  addMany(view, ADDITIONS);
  checkEqual(await child.nextLine(), "added", "what the other process says");
  checkEqual(counterOf(view), 2 * ADDITIONS, "the counter");
  return `2 × ${formatCount(ADDITIONS)} additions, none lost`;
}

async function mutualExclusion(room: DemoRoom): Promise<string> {
  using file = MemoryMappedFile.createNew("demo-exclusion", CAPACITY);
  using view = file.createViewAccessor();
  using _mutex = NamedMutex.createOrOpen("demo-mutex");
  await using first = room.spawn(PEER, "count", "demo-exclusion", COUNTS);
  await using second = room.spawn(PEER, "count", "demo-exclusion", COUNTS);
  const counts = Number(await first.nextLine()) + Number(await second.nextLine());
  checkEqual(view.readInt32(0), counts, "the counter");
  const { acquisitions = 0, contentions = 0 } = observe("demo-mutex").mutex ?? {};
  // One more each, to wait for one another.
  checkEqual(acquisitions, counts + 2, "acquisitions of the mutex");
  return `${formatCount(counts)} plain additions, none lost; ${formatCount(contentions)} had to wait`;
}

async function killedOwner(room: DemoRoom): Promise<string> {
  using mutex = NamedMutex.createOrOpen("demo-abandoned");
  await using child = room.spawn(PEER, "own", "demo-abandoned");
  checkEqual(await child.nextLine(), "owning", "what the other process says");
  checkEqual(mutex.tryAcquire(), undefined, "acquiring a mutex that another process holds");
  const owner = observe("demo-abandoned").mutex?.owner;
  checkEqual(owner?.pid, child.pid, "the owner that the observer sees");
  await child[Symbol.asyncDispose]();
  checkEqual(observe("demo-abandoned").mutex?.owner?.isAlive, false, "whether the owner lives");
  {
    using lock = mutex.acquire();
    check(lock.abandoned, "the next owner was not told that the last one died");
  }
  using lock = mutex.acquire();
  check(!lock.abandoned, "the mutex is still abandoned after its recovery");
  return `process ${child.pid} was killed holding it; the observer named it, the next owner was told`;
}

async function sharedStruct(room: DemoRoom): Promise<string> {
  const initial = { left: TOTAL, right: 0, transfers: 0, last: "nobody" };
  using shared = SharedStruct.createNew("demo-account", Account, { initial });
  await using first = room.spawn(PEER, "transfer", "demo-account", TRANSFERS);
  await using second = room.spawn(PEER, "transfer", "demo-account", TRANSFERS);
  // Reads without a lock while both write: every record must be one that somebody published.
  let torn = 0;
  let reads = 0;
  let isOver = false;
  const finished = Promise.all([first.nextLine(), second.nextLine()]).finally(() => {
    isOver = true;
  });
  // It is awaited below; until then, an error is not to be taken for one that nobody handles.
  finished.catch(() => undefined);
  while (!isOver) {
    for (let i = 0; i < READS_AT_ONCE; i += 1, reads += 1) {
      const { left, right, transfers } = shared.read();
      if (left + right !== TOTAL || right !== transfers) torn += 1;
    }
    // Long enough for the writers to have a processor, also where there is only one.
    await Bun.sleep(1);
  }
  const transfers = (await finished).reduce((sum, said) => sum + Number(said), 0);
  checkEqual(torn, 0, "torn records seen by a reader without a lock");
  checkEqual(shared.read().right, transfers, "what has been moved");
  checkEqual(shared.version, transfers, "the version");
  const figures = `${formatCount(transfers)} updates of two processes, none lost`;
  return `${figures}; ${formatCount(reads)} reads beside them, none torn`;
}

async function killedWriter(room: DemoRoom): Promise<string> {
  const initial = { left: TOTAL, right: 0, transfers: 0, last: "nobody" };
  using shared = SharedStruct.createNew("demo-half-way", Account, { initial });
  await using child = room.spawn(PEER, "stick", "demo-half-way");
  checkEqual(await child.nextLine(), "half-way", "what the other process says");
  checkEqual(observe("demo-half-way").mutex?.owner?.pid, child.pid, "who holds the mutex");
  checkEqual(shared.read(), initial, "what a reader sees while a writer is half-way");
  await child[Symbol.asyncDispose]();
  checkEqual(shared.read(), initial, "what a reader sees after the writer's death");
  shared.update((account) => {
    account.last = "the survivor";
  });
  checkEqual(shared.version, 1, "the version after the next update");
  checkEqual(observe("demo-half-way").mutex?.recoveries, 1, "recoveries of the mutex");
  return `process ${child.pid} was killed inside an update; the last version stayed, the next update went on`;
}

async function wokenByChange(room: DemoRoom): Promise<string> {
  const initial = { left: TOTAL, right: 0, transfers: 0, last: "nobody" };
  using shared = SharedStruct.createNew("demo-changes", Account, { initial });
  const changes = shared.changes({ since: 0, signal: room.signal });
  const next = changes.next();
  next.catch(() => undefined); // it is awaited below, if the other process can be started
  await using child = room.spawn(PEER, "transfer", "demo-changes", 1);
  const { value } = await next;
  await child.finish();
  checkEqual(value?.last, `process ${child.pid}`, "who made the change that woke this process");
  const looks = observe("demo-changes").cells.map(({ timeoutWakes }) => timeoutWakes);
  checkEqual(Math.max(...looks), 0, "changes that were found without a wake-up");
  return `asleep until ${value?.last} published version ${shared.version}`;
}
