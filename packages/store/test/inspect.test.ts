/** What `console.log` shows of every kind of handle, whatever has become of its memory. */
import { expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { inspect } from "node:util";
import { MemoryMappedFile } from "@isthmus/core";
import * as ipc from "@isthmus/ipc";
import { NamedHandle } from "@isthmus/ipc/internal";
import { Home } from "@isthmus/testing/home";
import * as store from "../src/index.ts";

const Point = ipc.struct({ x: ipc.u32 });
const channel = { schema: Point };
const service = { request: ipc.json, response: ipc.json };

/** How each kind is made, by its class. */
const MADE: Readonly<Record<string, (name: string) => NamedHandle>> = {
  Consumer: (name) => ipc.Consumer.createNew(name, channel),
  NamedEvent: (name) => ipc.NamedEvent.createNew(name),
  NamedMutex: (name) => ipc.NamedMutex.createNew(name),
  NamedSemaphore: (name) => ipc.NamedSemaphore.createNew(name),
  Producer: (name) => ipc.Producer.createNew(name, channel),
  Publisher: (name) => ipc.Publisher.createNew(name, channel),
  RateLimiter: (name) => store.RateLimiter.createNew(name, { limit: 1, perMs: 1000 }),
  Requester: (name) => ipc.Requester.createNew(name, service),
  Responder: (name) => ipc.Responder.createNew(name, service),
  SharedCache: (name) => store.SharedCache.createNew(name, { capacityBytes: 1 << 20 }),
  SharedCounters: (name) => store.SharedCounters.createNew(name),
  SharedStruct: (name) => ipc.SharedStruct.createNew(name, Point),
  SharedTable: (name) => store.SharedTable.createNew(name, Point, { length: 1 }),
  Subscriber: (name) => ipc.Subscriber.createNew(name, channel),
  WorkQueue: (name) => ipc.WorkQueue.createNew(name, channel),
};

/** As Bun's console shows it, and as `node:util` does. */
function expectShown(handle: object, text: string): void {
  expect([Bun.inspect(handle), inspect(handle)]).toEqual([text, text]);
}

/** Classes of the store that are disposed of and are not handles of one name. */
const OTHERS = ["Journal", "JournalPublisher", "JournalSubscriber"];

test("a lock shows whether it is held, and by whose death it came", () => {
  using _ = new Home();
  using mutex = ipc.NamedMutex.createNew("m");
  const lock = mutex.acquire();
  expectShown(lock, "MutexLock { abandoned: false, isHeld: true }");
  lock.release();
  expectShown(lock, "MutexLock { abandoned: false, isHeld: false }");
});

test("all classes of handles that are exported are tried here", () => {
  const classes = Object.entries({ ...ipc, ...store }).flatMap(([name, value]) => {
    const prototype: unknown = typeof value === "function" ? value.prototype : undefined;
    const isOther = name in store && prototype instanceof Object && Symbol.dispose in prototype;
    return prototype instanceof NamedHandle || isOther ? [name] : [];
  });
  expect(classes.sort()).toEqual([...Object.keys(MADE), ...OTHERS].sort());
});

test.each(Object.entries(MADE))("%s shows its name, and whether it is open", (kind, make) => {
  using home = new Home();
  const name = `a-"${kind}"`;
  const facts = (state: string): string =>
    `${kind} { name: ${JSON.stringify(name)}, state: "${state}", createdNew: true }`;
  const disposed = make(name);
  expectShown(disposed, facts("open"));
  disposed.dispose();
  expectShown(disposed, facts("disposed"));
  expect(() => disposed.isReachable).toThrow(`Cannot use this ${kind}: it has been disposed`);
  expect(inspect(Object.getPrototypeOf(disposed))).toContain("{");

  using cut = make(name);
  truncateSync(home.file(name), 0);
  expectShown(cut, facts("open"));
});

test("what the store has beside handles of names shows the same", () => {
  using home = new Home();
  const path = home.file("a.journal");
  const journal = store.Journal.open(path, { schema: ipc.json });
  const publisher = store.JournalPublisher.createNew("topic", { journal });
  const subscriber = store.JournalSubscriber.openExisting("topic", { journal });
  const broadcast = store.broadcast({ publish: () => 0 }, "news");
  const all = [journal, publisher, subscriber, broadcast];
  const told = (state: string): string[] => [
    `Journal { path: ${JSON.stringify(path)}, state: "${state}" }`,
    `JournalPublisher { name: "topic", state: "${state}", createdNew: true }`,
    `JournalSubscriber { name: "topic", state: "${state}", createdNew: false }`,
    `Broadcast { name: "news", state: "${state}" }`,
  ];
  expect(all.map((each) => inspect(each))).toEqual(told("open"));
  for (const each of all.toReversed()) each.dispose();
  expect(all.map((each) => Bun.inspect(each))).toEqual(told("disposed"));
});

test("a handle whose memory was found to be gone says so", async () => {
  using home = new Home();
  using event = ipc.NamedEvent.createNew("event");
  truncateSync(home.file("event"), 0);
  expect(() => event.set()).toThrow(ipc.FileTruncatedError);
  expectShown(event, 'NamedEvent { name: "event", state: "cut short", createdNew: true }');
});

test("maps and views show what they reach, and whether they can be used", () => {
  using _home = new Home();
  const memory = MemoryMappedFile.createNew("memory", 64);
  const view = memory.createViewAccessor({ endian: "big" });
  const stream = memory.createViewStream({ access: "read" });
  stream.seek(3);
  const all = [memory, view, stream];
  const told = (state: string, canRead: boolean): string[] => [
    `MemoryMappedFile { name: "memory", capacity: 64, access: "readWrite", state: "${state}" }`,
    `ViewAccessor { capacity: 64, endian: "big", canRead: ${canRead}, canWrite: ${canRead} }`,
    `ViewStream { length: 64, position: 3, canRead: ${canRead}, canWrite: false }`,
  ];
  expect(all.map((each) => inspect(each))).toEqual(told("open", true));
  for (const each of all) each.dispose();
  expect(all.map((each) => Bun.inspect(each))).toEqual(told("disposed", false));

  using file = MemoryMappedFile.createFromFile(process.execPath, { access: "read" });
  expect(inspect(file)).toStartWith(
    `MemoryMappedFile { path: ${JSON.stringify(process.execPath)},`,
  );
});
