/** Shared memory that is full: every way in says what it had no room for, where, and what to do. */
import { describe, expect, test } from "bun:test";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { testIf } from "@isthmus/testing/requirement";
import { canMount, SmallFileSystem } from "@isthmus/testing/small-file-system";
import {
  Consumer,
  json,
  NamedEvent,
  NamedMutex,
  NamedSemaphore,
  Producer,
  Publisher,
  Requester,
  Responder,
  SharedStruct,
  Subscriber,
  struct,
  u32,
  WorkQueue,
} from "../../src/index.ts";

const CHANNEL = { schema: json, capacityBytes: 65_536 } as const;
const SERVICE = { request: json, response: json, capacityBytes: 65_536 } as const;
const COUNTER = struct({ count: u32 });

/** Every way to make a segment, by its kind. */
const CREATORS: readonly (readonly [string, (name: string) => Disposable])[] = [
  ["mutex", (name) => NamedMutex.createNew(name)],
  ["mutex", (name) => NamedMutex.createOrOpen(name)],
  ["semaphore", (name) => NamedSemaphore.createNew(name)],
  ["event", (name) => NamedEvent.createNew(name)],
  ["struct", (name) => SharedStruct.createNew(name, COUNTER)],
  ["channel", (name) => Producer.createNew(name, CHANNEL)],
  ["channel", (name) => Consumer.createOrOpen(name, CHANNEL)],
  ["topic", (name) => Publisher.createNew(name, CHANNEL)],
  ["topic", (name) => Subscriber.createOrOpen(name, CHANNEL)],
  ["service", (name) => Responder.createNew(name, SERVICE)],
  ["service", (name) => Requester.createOrOpen(name, SERVICE)],
  ["queue", (name) => WorkQueue.createNew(name, CHANNEL)],
];

/** Every way to get a lane of one's own in a segment that is there. */
const SENDERS: readonly (readonly [string, () => Disposable, () => Disposable])[] = [
  [
    "channel",
    () => Consumer.createNew("there", CHANNEL),
    () => Producer.openExisting("there", CHANNEL),
  ],
  [
    "topic",
    () => Subscriber.createNew("there", CHANNEL),
    () => Publisher.openExisting("there", CHANNEL),
  ],
  [
    "service",
    () => Responder.createNew("there", SERVICE),
    () => Requester.openExisting("there", SERVICE),
  ],
];

function fill(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  writeFileSync(join(path, "filler"), new Uint8Array(bavail * bsize));
}

function expectAdvice(message: string, kind: string): void {
  expect(message).toContain("--shm-size");
  expect(message).toContain("set ISTHMUS_DIR to");
  const isSized = ["channel", "topic", "service", "queue"].includes(kind);
  expect(message.includes("capacityBytes")).toBe(isSized);
}

describe("on a file system that is full", () => {
  const mounted = testIf(canMount, "the right to mount a tmpfs");

  mounted("whoever creates is told what, where and what to do, and leaves nothing", () => {
    using disk = new SmallFileSystem("size=2m");
    using home = new Home(disk.path);
    using _first = NamedMutex.createNew("first");
    fill(disk.path);
    for (const [kind, create] of CREATORS) {
      const { message } = expectCode(() => create("orders"), "SystemError", "ENOSPC");
      expect(message).toStartWith(`Cannot create the ${kind} "orders" in "${home.path}": cannot `);
      expectAdvice(message, kind);
      expect(home.names()).toEqual(["first"]);
    }
  });

  mounted("whoever wants a lane is told, and can have one when there is room", () => {
    using disk = new SmallFileSystem("size=8m");
    using home = new Home(disk.path);
    for (const [kind, open, join_] of SENDERS) {
      using _other = open();
      fill(disk.path);
      const { message } = expectCode(join_, "SystemError", "ENOSPC");
      expect(message).toStartWith(`Cannot take a lane of the ${kind} "there" in "${home.path}": `);
      expectAdvice(message, kind);
      rmSync(join(disk.path, "filler"));
      join_()[Symbol.dispose]();
    }
  });

  mounted("whoever cannot make his pipes is told, too", () => {
    using disk = new SmallFileSystem("size=1m,nr_inodes=3");
    using home = new Home(disk.path); // the second inode
    const { message } = expectCode(() => NamedMutex.createNew("m"), "SystemError", "ENOSPC");
    expect(message).toMatch(`the mutex "m" in "${home.path}": cannot `);
    expect(home.files()).toEqual([]);
  });
});

test("an error that has nothing to do with room stays as it is", () => {
  using _home = new Home();
  const { message } = expectCode(() => NamedMutex.openExisting("none"), "SystemError", "ENOENT");
  expect(message).not.toContain("--shm-size");
});
