/** Names that lead elsewhere while they are held: locks refuse, everything says so. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { expectCode, expectRejection, expectRejections } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { isLinux, isWindows, testIf } from "@isthmus/testing/requirement";
import { canMount, SmallFileSystem } from "@isthmus/testing/small-file-system";
import {
  Consumer,
  json,
  listUnreachable,
  NamedEvent,
  NamedMutex,
  NamedSemaphore,
  observe,
  Producer,
  Publisher,
  Requester,
  Responder,
  removeSegment,
  SharedStruct,
  Subscriber,
  struct,
  u32,
} from "../../src/index.ts";
import { Companion } from "../list/support/companion.ts";

// Generous: the processes of a test may have to share a busy machine.
const NAME = "lost";
const Counter = struct({ count: u32 });
const CHANNEL = { schema: json, capacityBytes: 4096 } as const;
const SERVICE = { request: json, response: json } as const;

/** Longer than a handle may do without a look at its name. */
const LOOK_MS = 5;

/** What takes a name away from its holders. */
const LOSSES: Readonly<Record<string, (home: Home) => void>> = {
  "the directory is emptied": ({ path }) => {
    for (const file of readdirSync(path)) rmSync(join(path, file));
  },
  "the directory is removed": ({ path }) => rmSync(path, { recursive: true }),
  "the file is removed": (home) => unlinkSync(home.file(NAME)),
  "removeSegment is forced": () => removeSegment(NAME, { force: true }),
  "MemoryMappedFile.unlink is called": () => MemoryMappedFile.unlink(NAME),
  "another file is put in its place": (home) => {
    renameSync(home.plant("other", "no segment"), home.file(NAME));
  },
  "the directory is renamed and made anew": ({ path }) => {
    renameSync(path, `${path}-moved`);
    mkdirSync(path, { mode: 0o700 });
  },
  "the directory is renamed and a file has its name": ({ path }) => {
    renameSync(path, `${path}-moved`);
    writeFileSync(path, "");
  },
};

/** Those of them that Windows carries out although the file is open. */
const WINDOWS_LOSSES = ["removeSegment is forced", "MemoryMappedFile.unlink is called"];

/** `test` where others can take away, rename and replace what is open. */
const ifLosable = testIf(!isWindows, "a system that removes and renames what is open");

/** Undoes what {@link LOSSES} has left besides the home. */
class Scene extends Home {
  override [Symbol.dispose](): void {
    if (isWindows) {
      super[Symbol.dispose]();
      return;
    }
    rmSync(this.path, { recursive: true, force: true });
    mkdirSync(this.path);
    super[Symbol.dispose]();
    rmSync(`${this.path}-moved`, { recursive: true, force: true });
  }
}

/** Every use of a thing of each kind that needs its name. */
const USES: Readonly<Record<string, () => Disposable & { uses: (() => unknown)[] }>> = {
  NamedMutex: () => {
    const mutex = NamedMutex.createNew(NAME);
    const release = (lock: Disposable | undefined) => lock?.[Symbol.dispose]();
    return withUses(mutex, [
      () => release(mutex.acquire()),
      () => release(mutex.acquire({ timeoutMs: 10 })),
      () => release(mutex.tryAcquire()),
      () => release(mutex.tryAcquire({ timeoutMs: 10 })),
      async () => release(await mutex.acquireAsync()),
    ]);
  },
  NamedSemaphore: () => semaphore(false),
  "NamedSemaphore whose units return": () => semaphore(true),
  NamedEvent: () => {
    const event = NamedEvent.createNew(NAME, { reset: "manual", initial: true });
    return withUses(event, [
      () => event.set(),
      () => event.wait(),
      () => event.wait({ timeoutMs: 10 }),
      () => event.tryWait(),
      () => event.tryWait({ timeoutMs: 10 }),
      async () => await event.waitAsync(),
      () => event.reset(),
    ]);
  },
  SharedStruct: () => {
    const shared = SharedStruct.createNew(NAME, Counter);
    return withUses(shared, [
      () => shared.update((value) => void value.count++),
      () => shared.update((value) => void value.count++, { timeoutMs: 10 }),
      () => shared.compareAndSet(shared.version, { count: 1 }),
      async () => await shared.updateAsync((value) => void value.count++),
      async () => await shared.compareAndSetAsync(shared.version, { count: 1 }),
    ]);
  },
};

function semaphore(returnOnDeath: boolean) {
  const units = NamedSemaphore.createNew(NAME, { initial: 100, returnOnDeath });
  return withUses(units, [
    () => units.wait(),
    () => units.wait({ timeoutMs: 10 }),
    () => units.tryWait(),
    () => units.tryWait({ timeoutMs: 10 }),
    async () => await units.waitAsync(),
  ]);
}

function withUses<T extends object>(handle: T, uses: (() => unknown)[]): T & { uses: typeof uses } {
  return Object.assign(handle, { uses });
}

describe("once a name leads elsewhere, because", () => {
  for (const [what, lose] of Object.entries(LOSSES)) {
    const ifLost = !isWindows || WINDOWS_LOSSES.includes(what) ? test : ifLosable;
    for (const [kind, open] of Object.entries(USES)) {
      ifLost(`${what}, a ${kind} refuses, in every way`, async () => {
        using scene = new Scene();
        using handle = open();
        for (const use of handle.uses) await use();
        lose(scene);
        await Bun.sleep(LOOK_MS);
        for (const use of handle.uses) {
          const { message } = await expectRejection((async () => use())(), "SystemError", "ESTALE");
          expect(message).toContain(`"${NAME}" ("${scene.file(NAME)}" is `);
          expect(message).toContain("open the name anew");
        }
      });
    }
  }

  const mounted = testIf(canMount, "the right to mount a tmpfs");
  mounted("another mount covers the directory, until it is gone", async () => {
    using scene = new Scene();
    using mutex = NamedMutex.createNew(NAME);
    mutex.acquire().release();
    {
      using _cover = new SmallFileSystem("size=1m", { path: scene.path });
      await Bun.sleep(LOOK_MS);
      expectCode(() => mutex.acquire(), "SystemError", "ESTALE");
    }
    await Bun.sleep(LOOK_MS);
    mutex.acquire().release();
  });
});

ifLosable("a second owner is not kept from the first by many uses before", async () => {
  using scene = new Home();
  await using other = new Companion();
  using mutex = NamedMutex.createOrOpen(NAME);
  for (let use = 0; use < 10_000; use++) mutex.acquire().release();
  rmSync(scene.path, { recursive: true });
  expect(await other.tell(`mutex ${NAME}`)).toBe("ok");
  expect(await other.tell(`acquire ${NAME}`)).toBe("ok");
  expectCode(() => mutex.acquire(), "SystemError", "ESTALE");
  expectCode(() => mutex.tryAcquire(), "SystemError", "ESTALE");
  mutex.dispose();
  expect(await other.tell(`acquire ${NAME}`)).toBe("ok");
});

ifLosable("a run of JavaScript that never ends notices, too", () => {
  using scene = new Home();
  using mutex = NamedMutex.createNew(NAME);
  using units = NamedSemaphore.createNew("units", { initial: 1 });
  const uses = [
    () => mutex.acquire().release(),
    () => {
      units.wait();
      units.release();
    },
  ];
  for (const use of uses) for (let i = 0; i < 1000; i++) use();
  rmSync(scene.path, { recursive: true });
  for (const use of uses) {
    const many = () => {
      for (let i = 0; i < 1_000_000; i++) use();
    };
    expectCode(many, "SystemError", "ESTALE");
  }
  mkdirSync(scene.path);
});

ifLosable("whoever waits notices: on its thread and in the event loop", async () => {
  using scene = new Home();
  await using owner = new Companion();
  for (const command of [`mutex ${NAME}`, `acquire ${NAME}`]) await owner.tell(command);
  using mutex = NamedMutex.openExisting(NAME);
  using units = NamedSemaphore.createNew("units");
  using event = NamedEvent.createNew("event");
  const waits = [mutex.acquireAsync(), units.waitAsync(), event.waitAsync()];
  rmSync(scene.path, { recursive: true });
  await expectRejections(waits, "SystemError", "ESTALE");
  for (const wait of [() => mutex.acquire(), () => units.wait(), () => event.wait()]) {
    expectCode(wait, "SystemError", "ESTALE");
  }
  mkdirSync(scene.path);
});

ifLosable("a lock that is held is released, and units are given back, all the same", async () => {
  using scene = new Home();
  using mutex = NamedMutex.createNew(NAME);
  using units = NamedSemaphore.createNew("units", { initial: 1, returnOnDeath: true });
  const lock = mutex.acquire();
  units.wait();
  rmSync(scene.path, { recursive: true });
  await Bun.sleep(LOOK_MS);
  lock.release();
  expect(mutex.owner).toBeUndefined();
  expect(units.release()).toBe(0);
  expect(units.count).toBe(1);
  mkdirSync(scene.path);
});

ifLosable("reading goes on", async () => {
  using scene = new Home();
  using shared = SharedStruct.createNew(NAME, Counter, { initial: { count: 7 } });
  using memory = MemoryMappedFile.createNew("memory", 8);
  using view = memory.createViewAccessor();
  view.writeInt32(0, 9);
  rmSync(scene.path, { recursive: true });
  await Bun.sleep(LOOK_MS);
  expect(shared.read()).toEqual({ count: 7 });
  expect(view.readInt32(0)).toBe(9);
  mkdirSync(scene.path);
});

ifLosable("everything that has a name tells whether it is reachable", () => {
  using scene = new Home();
  using producer = Producer.createNew("channel", CHANNEL);
  using consumer = Consumer.openExisting("channel", CHANNEL);
  using publisher = Publisher.createNew("topic", CHANNEL);
  using subscriber = Subscriber.openExisting("topic", CHANNEL);
  using responder = Responder.createNew("service", SERVICE);
  using requester = Requester.openExisting("service", SERVICE);
  using mutex = NamedMutex.createNew("mutex");
  using units = NamedSemaphore.createNew("units");
  using event = NamedEvent.createNew("event");
  using shared = SharedStruct.createNew("struct", Counter);
  using memory = MemoryMappedFile.createNew("memory", 8);
  using nameless = MemoryMappedFile.createNew(null, 8);
  const channels = [producer, consumer, publisher, subscriber, responder, requester];
  const all = [...channels, mutex, units, event, shared, memory];
  expect(all.map(({ isReachable }) => isReachable)).toEqual(all.map(() => true));
  expect(nameless.isReachable).toBe(false);
  renameSync(scene.path, `${scene.path}-moved`);
  expect(all.map(({ isReachable }) => isReachable)).toEqual(all.map(() => false));
  producer.send(1);
  producer.flush();
  expect(consumer.receive()).toBe(1);
  renameSync(`${scene.path}-moved`, scene.path);
  expect(all.map(({ isReachable }) => isReachable)).toEqual(all.map(() => true));
  for (const one of all) {
    one.dispose();
    expectCode(() => one.isReachable, "DisposedError", "ERR_DISPOSED");
  }
});

ifLosable("a process that begins anew is woken as before", async () => {
  using scene = new Home();
  using _old = NamedMutex.createNew(NAME);
  for (const file of readdirSync(scene.path)) rmSync(scene.file(file));
  await using other = new Companion();
  for (const command of [`mutex ${NAME}`, `acquire ${NAME}`]) await other.tell(command);
  using mutex = NamedMutex.openExisting(NAME);
  const acquisition = mutex.acquireAsync({ timeoutMs: 200_000 });
  await until(() => observe(NAME).cells[0]?.isAwaited === true, "somebody waits for the mutex");
  expect(await other.tell(`release ${NAME}`)).toBe("ok");
  (await acquisition).release();
  const bells = readdirSync(scene.path).filter((file) => file.startsWith(".bell-"));
  expect(bells.length).toBe(2);
});

testIf(isLinux, "Linux, for /proc")("listUnreachable() tells who holds what is lost", async () => {
  using scene = new Scene();
  await using other = new Companion();
  for (const command of [`mutex ${NAME}`, `acquire ${NAME}`, "memory memory", "mutex kept"]) {
    expect(await other.tell(command)).toBe("ok");
  }
  using _memory = MemoryMappedFile.openExisting("memory");
  expect(listUnreachable()).toEqual([]);
  unlinkSync(scene.file(NAME));
  renameSync(scene.plant("other", ""), scene.file("memory"));
  using _anew = NamedMutex.createNew(NAME);
  const pids = [process.pid, other.pid].sort((one, two) => one - two);
  expect(listUnreachable()).toMatchObject([
    { name: NAME, kind: "mutex", isHeld: true, holderPids: [other.pid] },
    { name: "memory", kind: "memory", isHeld: true, holderPids: pids },
  ]);
  expect(listUnreachable()[0]?.mutex?.owner?.pid).toBe(other.pid);
  rmSync(scene.path, { recursive: true });
  expect(
    listUnreachable()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["kept", NAME, NAME, "memory"]);
  await other.kill();
  expect(listUnreachable().map(({ name }) => name)).toEqual([NAME, "memory"]);
  mkdirSync(scene.path);
});
