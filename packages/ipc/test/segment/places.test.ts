/** Places: one for each process and name, given back by who forgets, as many as the creator says, and without one. */
import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { platform } from "@isthmus/core/internal";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import {
  Consumer,
  json,
  NamedEvent,
  NamedMutex,
  NamedSemaphore,
  observe,
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
import { programName } from "../../src/segment/process-identity.ts";
import { Segment } from "../../src/segment/segment.ts";

const Count = struct({ x: u32 });
const RECORDS = { schema: json, capacityBytes: 4096 } as const;
const SCHEMAS = { request: json, response: json, capacityBytes: 4096 } as const;
const MANY = 65;

/** What messages call this process. */
const SELF = `${process.pid} (${programName()}, this process itself)`;

type Limit = { readonly maxParticipants?: number };

/** What processes share by one place each. */
const SHARED: Readonly<Record<string, (options?: Limit) => Disposable>> = {
  mutex: (options) => NamedMutex.createOrOpen("mutex", options),
  event: (options) => NamedEvent.createOrOpen("event", options),
  semaphore: (options) => NamedSemaphore.createOrOpen("semaphore", options),
  returning: (options) =>
    NamedSemaphore.createOrOpen("returning", { ...options, returnOnDeath: true }),
  struct: (options) => SharedStruct.createOrOpen("struct", Count, options),
};

/** What has a place, and a lane or the like, of its own. */
const OWN: Readonly<Record<string, () => Disposable>> = {
  producer: () => Producer.createOrOpen("channel", { ...RECORDS, maxProducers: 1 }),
  consumer: () => Consumer.createOrOpen("channel", RECORDS),
  publisher: () => Publisher.createOrOpen("topic", { ...RECORDS, maxPublishers: 1 }),
  subscriber: () => Subscriber.createOrOpen("topic", { ...RECORDS, maxSubscribers: 1 }),
  requester: () => Requester.createOrOpen("service", { ...SCHEMAS, maxRequesters: 1 }),
  responder: () => Responder.createOrOpen("service", SCHEMAS),
  worker: () => WorkQueue.createOrOpen("queue", { ...RECORDS, maxParticipants: 1 }),
};

type Kind = "mutex" | "event" | "semaphore" | "struct";

function kindOf(name: string): Kind {
  return name === "returning" || name === "units" ? "semaphore" : (name as Kind);
}

/** Takes places of a name as other processes would. */
function occupy(name: string, kind: Kind, count: number): DisposableStack {
  const all = new DisposableStack();
  const fingerprint = kind === "struct" ? BigInt(`0x${Count.fingerprint.hex}`) : 0n;
  const cellCount = kind === "struct" ? 2 : 1;
  for (let i = 0; i < count; i++) {
    const spec = { name, kind, cellCount, fingerprint, sections: [], role: "user" } as const;
    all.use(new Segment("openExisting", spec));
  }
  return all;
}

const placesOf = (name: string): number => observe(name).participants.length;

/** Opens without keeping; in a function of its own, so that nothing on the stack keeps it either. */
function forget(open: () => Disposable, count: number): void {
  for (let i = 0; i < count; i++) open();
}

/** Opens behind one that is forgotten: at once; on Windows soon, where something on the stack was seen to keep that one. */
async function forgetNext(open: () => Disposable): Promise<void> {
  if (!isWindows) {
    forget(open, 1);
    return;
  }
  await until(() => {
    try {
      forget(open, 1);
      return true;
    } catch {
      return false;
    }
  }, "what was forgotten is not in the way");
}

/** Has what was forgotten collected. */
async function collect(isDone: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!isDone()) {
    if (performance.now() > end) throw new Error("what was forgotten keeps its place");
    Bun.gc(true);
    await Bun.sleep(1);
  }
}

describe("one place for each process and name", () => {
  for (const [name, open] of Object.entries(SHARED)) {
    test(`${name}: ${MANY} objects share it, and the last one gives it back`, () => {
      using _home = new Home();
      const all = Array.from({ length: MANY }, () => open());
      expect(placesOf(name)).toBe(1);
      for (const one of all.slice(1)) one[Symbol.dispose]();
      expect(placesOf(name)).toBe(1);
      using others = occupy(name, kindOf(name), 1);
      all[0]?.[Symbol.dispose]();
      expect(observe(name).participants.map(({ slot }) => slot)).toEqual([1]);
      others.dispose();
    });

    test(`${name}: 1024 places unless told otherwise, whose memory is taken as they come`, () => {
      using home = new Home();
      using _first = open();
      using _others = occupy(name, kindOf(name), 200);
      const { participants, sections } = observe(name);
      expect(participants.filter(({ isAlive }) => isAlive)).toHaveLength(201);
      const table = sections.find((section) => section.name === "participants");
      expect(table?.lengthBytes).toBe(1024 * 128);
      const { blocks } = statSync(home.file(name));
      expect(blocks * 512).toBeLessThan(80 * 1024);
    });
  }

  test("waits of objects that share it are woken as long as one of them waits", async () => {
    using _home = new Home();
    using first = NamedEvent.createNew("event", { reset: "manual" });
    using second = NamedEvent.openExisting("event");
    const stop = new AbortController();
    const given = first.waitAsync({ signal: stop.signal }).catch(() => "given up");
    const waited = second.waitAsync({ timeoutMs: 200_000 });
    await Bun.sleep(5);
    stop.abort();
    expect(await given).toBe("given up");
    expect(observe("event").cells[0]?.waitingSlots).toEqual([0]);
    first.set();
    await waited;
    expect(observe("event").cells[0]?.timeoutWakes).toBe(0);
  });

  test("units that come back are those of the object that took them", () => {
    using _home = new Home();
    const options = { initial: 4, max: 4, returnOnDeath: true };
    const first = NamedSemaphore.createNew("units", options);
    using second = NamedSemaphore.openExisting("units");
    first.wait();
    first.wait();
    second.wait();
    expectCode(() => second.release(4), "RangeError", "ERR_OUT_OF_RANGE");
    expect(second.release()).toBe(1);
    second.wait();
    first.dispose();
    expect(second.count).toBe(3);
  });
});

describe("without a place", () => {
  for (const [name, open] of Object.entries(SHARED)) {
    if (name === "returning") continue;
    // Who is named by its place in the word of a mutex cannot do without one.
    const needsPlace = ["mutex", "struct"].includes(name) && platform().robustMutexes === undefined;
    testIf(!needsPlace, "robust mutexes")(
      `${name}: one more than there are places can use it`,
      async () => {
        using _home = new Home();
        const first = open({ maxParticipants: 2 });
        using others = occupyBoth(name, first);
        using one = open();
        expect(placesOf(name)).toBe(2);
        await use(one);
        others.dispose();
      },
    );
  }

  test("units that come back are refused in words that name the semaphore, the option and who has the places", () => {
    using _home = new Home();
    const first = NamedSemaphore.createNew("units", {
      initial: 1,
      returnOnDeath: true,
      maxParticipants: 2,
    });
    using _others = occupyBoth("units", first);
    const { message } = expectCode(
      () => NamedSemaphore.openExisting("units"),
      "SystemError",
      "EAGAIN",
    );
    expect(message).toContain('"units": all 2 places (maxParticipants)');
    expect(message).toContain(SELF);
    expect(message).toContain("with 2;");
  });

  test("a wait in the event loop ends, and one that gives up takes nothing with it", async () => {
    using _home = new Home();
    const first = NamedEvent.createNew("event", { maxParticipants: 2 });
    using _others = occupyBoth("event", first);
    using one = NamedEvent.openExisting("event");
    const waiting = one.waitAsync({ timeoutMs: 200_000 });
    await Bun.sleep(5);
    one.set();
    await waiting;
    await expect(one.waitAsync({ timeoutMs: 5 })).rejects.toThrow("within 5 ms");
  });

  test("maxParticipants is a number of places that can be", () => {
    using _home = new Home();
    for (const maxParticipants of [0, -1, 1.5, 16_385]) {
      for (const open of Object.values(SHARED)) {
        expectCode(() => open({ maxParticipants }), "RangeError", "ERR_OUT_OF_RANGE");
      }
    }
  });
});

describe("who forgets", () => {
  for (const [name, open] of Object.entries(SHARED)) {
    test(`${name}: gives the place back and keeps the name`, async () => {
      using home = new Home();
      forget(open, 20);
      await collect(() => placesOf(name) === 0);
      expect(observe(name).isHeld).toBe(true);
      expect(home.names()).toContain(name);
      forget(open, 20);
      await collect(() => placesOf(name) === 0);
      using again = open();
      await use(again);
    });
  }

  for (const [role, open] of Object.entries(OWN)) {
    test(`${role}: is not in the way of the next one`, async () => {
      using _home = new Home();
      forget(open, 1);
      // In another task: what was just opened is kept until this one ends.
      await Bun.sleep(0);
      for (let i = 0; i < 3; i++) {
        await forgetNext(open);
        await Bun.sleep(0);
      }
    });

    test(`${role}: is said to be this process itself when it is not forgotten`, () => {
      using _home = new Home();
      using _kept = open();
      expect(open).toThrow(SELF);
    });
  }

  test("nobody does who waits, loops or serves", async () => {
    using _home = new Home();
    const event = (): Promise<void> =>
      NamedEvent.createOrOpen("event").waitAsync({ timeoutMs: 200_000 });
    const received = (): Promise<unknown> => Consumer.createOrOpen("a", RECORDS).receiveAsync();
    const looped = async (): Promise<unknown> => {
      for await (const record of Consumer.createOrOpen("b", RECORDS)) return record;
      return "ended";
    };
    const followed = async (): Promise<unknown> => {
      for await (const record of Subscriber.createOrOpen("c", RECORDS)) return record;
      return "ended";
    };
    const serve = (): void => {
      void Responder.createOrOpen("d", SCHEMAS).serve((question) => ({ question }));
    };
    const changed = async (): Promise<unknown> => {
      for await (const value of SharedStruct.createOrOpen("e", Count).changes()) return value;
      return "ended";
    };
    serve();
    const all = [event(), received(), looped(), followed(), changed()];
    for (let i = 0; i < 20; i++) {
      Bun.gc(true);
      await Bun.sleep(1);
    }
    using set = NamedEvent.openExisting("event");
    set.set();
    for (const name of ["a", "b"]) {
      using producer = Producer.openExisting(name, RECORDS);
      producer.send(name);
    }
    using publisher = Publisher.openExisting("c", RECORDS);
    publisher.send("c");
    using shared = SharedStruct.openExisting("e", Count);
    shared.update((value) => {
      value.x = 7;
    });
    expect(await Promise.all(all)).toEqual([undefined, "a", "b", "c", { x: 7 }]);
    using requester = Requester.openExisting("d", SCHEMAS);
    expect(await requester.request("d", { timeoutMs: 200_000 })).toEqual({ question: "d" });
  });

  test("a lock that is held stays held", async () => {
    using _home = new Home();
    const lock = (() => NamedMutex.createOrOpen("mutex").acquire())();
    for (let i = 0; i < 20; i++) {
      Bun.gc(true);
      await Bun.sleep(1);
    }
    expect(observe("mutex").mutex?.owner?.pid).toBe(process.pid);
    lock.release();
    await collect(() => placesOf("mutex") === 0);
  });
});

describe("as many as the creator says", () => {
  const all = 100;

  test(`${all} subscribers, each of whom gets everything`, () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const publisher = stack.use(
      Publisher.createNew("topic", { ...RECORDS, maxSubscribers: all, maxPublishers: 2 }),
    );
    const subscribers = Array.from({ length: all }, (_, i) =>
      stack.use(
        Subscriber.openExisting("topic", { schema: json, onSlow: i % 2 === 0 ? "gate" : "lap" }),
      ),
    );
    const late = (): unknown => Subscriber.openExisting("topic", { schema: json });
    const { message } = expectCode(late, "SystemError", "EAGAIN");
    expect(message).toContain(`"topic": all ${all} places (maxSubscribers)`);
    expect(message).toContain(`with ${all}`);
    // They are in nobody's way but each other's.
    stack.use(Publisher.openExisting("topic", { schema: json })).send("other");
    let sent = 0;
    for (const stop = 10_000; sent < stop && publisher.trySend(sent); ) sent++;
    expect(sent).toBeGreaterThan(10);
    for (const one of subscribers) {
      const seen: unknown[] = [];
      one.poll((record) => seen.push(record));
      expect(seen.toSorted()).toEqual([...Array(sent).keys(), "other"].toSorted());
    }
    expect(publisher.trySend("room")).toBe(true);
    expect(observe("topic").topic?.subscribers).toHaveLength(all);
    expect(publisher.metrics.subscribers).toHaveLength(all);
  });

  test("a subscriber behind the 64th is woken, gates, and is cleared up after", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const publisher = stack.use(
      Publisher.createNew("topic", { ...RECORDS, maxSubscribers: all, onFull: "fail" }),
    );
    for (let i = 0; i < all - 1; i++) {
      stack.use(Subscriber.openExisting("topic", { schema: json, onSlow: "lap" }));
    }
    const last = Subscriber.openExisting("topic", { schema: json });
    const received = last.receiveAsync({ timeoutMs: 200_000 });
    // Not the first of this run: only who is idle gets it at once.
    publisher.send("held back");
    expect(await received).toBe("held back");
    while (publisher.trySend("fill"));
    last.dispose();
    expect(publisher.trySend("room")).toBe(true);
  });

  test(`${all} producers and ${all} requesters; one more is told which option to raise, and not itself`, async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const made = { ...RECORDS, maxProducers: all };
    stack.use(Producer.createNew("channel", made));
    const consumer = stack.use(Consumer.openExisting("channel", RECORDS));
    for (let i = 1; i < all; i++) stack.use(Producer.openExisting("channel", RECORDS)).send(i);
    const oneMore = (): unknown => Producer.openExisting("channel", RECORDS);
    const full = expectCode(oneMore, "SystemError", "EAGAIN");
    expect(full.message).toContain(`"channel": all ${all} lanes (maxProducers)`);
    expect(full.message).toContain(`with ${all};`);
    expect(consumer.poll(() => {})).toBe(all - 1);

    stack.use(Responder.createNew("service", { ...SCHEMAS, maxRequesters: all }));
    const requesters = Array.from({ length: all }, () =>
      stack.use(Requester.openExisting("service", SCHEMAS)),
    );
    const another = (): unknown => Requester.openExisting("service", SCHEMAS);
    const { message } = expectCode(another, "SystemError", "EAGAIN");
    expect(message).toContain(`"service": all ${all} lanes (maxRequesters)`);
    expect(message).toContain(`with ${all};`);
    expect(requesters).toHaveLength(all);
  });
});

/** Lets others take both places of a name of which a handle has one. */
function occupyBoth(name: string, first: Disposable): DisposableStack {
  const kind = kindOf(name);
  const others = occupy(name, kind, 1);
  first[Symbol.dispose]();
  others.use(occupy(name, kind, 1));
  return others;
}

/** Uses what was opened for what it is there for. */
async function use(one: Disposable): Promise<void> {
  if (one instanceof NamedMutex) {
    one.acquire().release();
    const lock = await one.acquireAsync({ timeoutMs: 200_000 });
    lock.release();
  } else if (one instanceof NamedEvent) {
    one.set();
    one.wait();
    one.set();
    await one.waitAsync({ timeoutMs: 200_000 });
  } else if (one instanceof NamedSemaphore) {
    one.release();
    await one.waitAsync({ timeoutMs: 200_000 });
  } else if (one instanceof SharedStruct) {
    const { version } = one;
    const changes = one.changes({ since: version });
    one.update((value) => {
      value["x"] = 1;
    });
    expect(one.version).toBe(version + 1);
    expect((await changes.next()).value).toEqual(one.read());
    await changes.return();
  }
}
