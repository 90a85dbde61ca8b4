/** An option that there is not is refused by everything that takes options; times may have fractions everywhere. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import {
  bytes,
  Consumer,
  collectSegments,
  json,
  NamedEvent,
  NamedMutex,
  NamedSemaphore,
  observeStruct,
  Producer,
  Publisher,
  RecordTail,
  Requester,
  Responder,
  removeSegment,
  SharedStruct,
  Subscriber,
  struct,
  tailRecords,
  u32,
  WorkQueue,
} from "../src/index.ts";

const Tick = struct({ id: u32 });
const channel = { schema: Tick };
const service = { request: json, response: json };

/** Calls with an option that is misspelt, and the one that was meant; in a home of its own. */
interface Call {
  readonly what: string;
  readonly call: (options: never) => unknown;
  readonly misspelt: string;
  readonly meant: string;
}

/** Everything that may be needed, kept until the test ends. */
class Room extends DisposableStack {
  readonly home = this.use(new Home());
  readonly producer = this.use(Producer.createNew("channel", channel));
  readonly consumer = this.use(Consumer.openExisting("channel", channel));
  readonly rawProducer = this.use(Producer.createNew("raw", { schema: bytes }));
  readonly publisher = this.use(Publisher.createNew("topic", channel));
  readonly subscriber = this.use(Subscriber.openExisting("topic", channel));
  readonly responder = this.use(Responder.createNew("service", service));
  readonly requester = this.use(Requester.openExisting("service", service));
  readonly mutex = this.use(NamedMutex.createNew("mutex"));
  readonly semaphore = this.use(NamedSemaphore.createNew("semaphore", { initial: 5 }));
  readonly event = this.use(NamedEvent.createNew("event", { reset: "manual", initial: true }));
  readonly shared = this.use(SharedStruct.createNew("struct", Tick));
  readonly queue = this.use(WorkQueue.createNew("queue", channel));
}

type Verb = "createNew" | "openExisting" | "createOrOpen";
/** A class, the name of what is there, options that it cannot do without, and what it takes before them. */
type Opened = readonly [
  type: Readonly<Record<Verb, (...parameters: never[]) => { dispose(): void }>>,
  existing: string,
  base?: object,
  ...schema: unknown[],
];

const CLASSES: Readonly<Record<string, Opened>> = {
  Producer: [Producer, "channel", channel],
  Consumer: [Consumer, "new-channel", channel],
  Publisher: [Publisher, "topic", channel],
  Subscriber: [Subscriber, "topic", channel],
  Requester: [Requester, "service", service],
  Responder: [Responder, "new-service", service],
  NamedSemaphore: [NamedSemaphore, "semaphore"],
  NamedEvent: [NamedEvent, "event"],
  SharedStruct: [SharedStruct, "struct", {}, Tick],
  WorkQueue: [WorkQueue, "queue", channel],
};

/** Calls that open, an option that is misspelt, and the one that was meant. */
const OPENINGS: readonly (readonly [what: string, misspelt: string, meant: string])[] = [
  ["Producer.createNew", "capacity", "capacityBytes"],
  ["Producer.openExisting", "onfull", "onFull"],
  ["Producer.createOrOpen", "Latency", "latency"],
  ["Consumer.createNew", "maxProducer", "maxProducers"],
  ["Consumer.createOrOpen", "lifeTime", "lifetime"],
  ["Publisher.createNew", "maxPublisher", "maxPublishers"],
  ["Publisher.createOrOpen", "onFul", "onFull"],
  ["Subscriber.createNew", "onSlwo", "onSlow"],
  ["Subscriber.openExisting", "form", "from"],
  ["Subscriber.createOrOpen", "onLaped", "onLapped"],
  ["Requester.createNew", "maxRequester", "maxRequesters"],
  ["Requester.openExisting", "onAbsend", "onAbsent"],
  ["Responder.createNew", "capacity", "capacityBytes"],
  ["Responder.createOrOpen", "capacity", "capacityBytes"],
  ["NamedSemaphore.createNew", "intial", "initial"],
  ["NamedSemaphore.createOrOpen", "maximum", "max"],
  ["NamedEvent.createNew", "rest", "reset"],
  ["NamedEvent.createOrOpen", "Initial", "initial"],
  ["SharedStruct.createNew", "initials", "initial"],
  ["SharedStruct.createOrOpen", "life", "lifetime"],
  ["WorkQueue.createNew", "maxAttempt", "maxAttempts"],
  ["WorkQueue.openExisting", "leaseMS", "leaseMs"],
];

const WAIT = { misspelt: "timeOutMs", meant: "timeoutMs" };
const SIGNAL = { misspelt: "singal", meant: "signal" };
const LIMIT = { misspelt: "limits", meant: "limit" };

/** What is called with options, by what it needs. */
function callsOf(room: Room): Call[] {
  const { producer, rawProducer, consumer, publisher, subscriber, responder, requester } = room;
  const { mutex, semaphore, event, shared, queue } = room;
  let names = 0;
  const name = (): string => `name-${names++}`;
  const call = (
    what: string,
    [misspelt, meant]: readonly [string, string],
    run: (options: never) => unknown,
  ): Call => ({ what, call: run, misspelt, meant });
  const wait = (what: string, run: (options: never) => unknown): Call => ({
    what,
    call: run,
    ...WAIT,
  });
  return [
    ...OPENINGS.map(([what, misspelt, meant]): Call => {
      const [className = "", verb = ""] = what.split(".");
      const [type, existing, base = {}, ...schema] = CLASSES[className] as Opened;
      const opened = verb === "createNew" ? name() : existing;
      const open = (options: object): void =>
        type[verb as Verb](...([opened, ...schema, { ...base, ...options }] as never[])).dispose();
      return { what, call: open, misspelt, meant };
    }),
    wait("producer.send", (o) => producer.send({ id: 1 }, o)),
    wait("producer.claim", (o) => producer.claim(() => {}, o)),
    wait("producer.claim of bytes", (o) => rawProducer.claim(1, () => {}, o)),
    call("producer.sendAsync", ["Signal", "signal"], (o) => producer.sendAsync({ id: 1 }, o)),
    wait("publisher.send", (o) => publisher.send({ id: 1 }, o)),
    wait("publisher.claim", (o) => publisher.claim(() => {}, o)),
    wait("publisher.sendAsync", (o) => publisher.sendAsync({ id: 1 }, o)),
    { what: "consumer.poll", call: (o) => consumer.poll(() => {}, o), ...LIMIT },
    wait("consumer.receive", (o) => {
      producer.send({ id: 1 });
      return consumer.receive(o);
    }),
    wait("consumer.receiveAsync", (o) => {
      producer.send({ id: 1 });
      return consumer.receiveAsync(o);
    }),
    { what: "consumer.records", call: (o) => consumer.records(o), ...SIGNAL },
    { what: "subscriber.poll", call: (o) => subscriber.poll(() => {}, o), ...LIMIT },
    wait("subscriber.receive", (o) => {
      publisher.send({ id: 1 });
      return subscriber.receive(o);
    }),
    wait("subscriber.receiveAsync", (o) => {
      publisher.send({ id: 1 });
      return subscriber.receiveAsync(o);
    }),
    { what: "subscriber.records", call: (o) => subscriber.records(o), ...SIGNAL },
    { what: "responder.poll", call: (o) => responder.poll(() => 1, o), ...LIMIT },
    {
      what: "responder.serve",
      call: (o) => responder.serve(() => 1, { signal: AbortSignal.abort(), ...(o as object) }),
      misspelt: "concurency",
      meant: "concurrency",
    },
    {
      what: "requester.request",
      call: (o) =>
        requester.request(1, { signal: AbortSignal.abort(0), ...(o as object) }).catch(ignore(0)),
      ...WAIT,
    },
    {
      what: "requester.requestSync",
      call: (o) => orTimeout(() => requester.requestSync(1, { timeoutMs: 0, ...(o as object) })),
      misspelt: "spinMS",
      meant: "spinMs",
    },
    wait("mutex.acquire", (o) => mutex.acquire(o)[Symbol.dispose]()),
    wait("mutex.tryAcquire", (o) => mutex.tryAcquire(o)?.[Symbol.dispose]()),
    {
      what: "mutex.acquireAsync",
      call: async (o) => (await mutex.acquireAsync(o))[Symbol.dispose](),
      ...SIGNAL,
    },
    wait("semaphore.wait", (o) => {
      semaphore.release();
      return semaphore.wait(o);
    }),
    wait("semaphore.tryWait", (o) => {
      semaphore.release();
      return semaphore.tryWait(o);
    }),
    {
      what: "semaphore.waitAsync",
      call: (o) => {
        semaphore.release();
        return semaphore.waitAsync(o);
      },
      ...SIGNAL,
    },
    wait("event.wait", (o) => event.wait(o)),
    wait("event.tryWait", (o) => event.tryWait(o)),
    { what: "event.waitAsync", call: (o) => event.waitAsync(o), ...SIGNAL },
    wait("shared.update", (o) => shared.update(() => {}, o)),
    wait("shared.compareAndSet", (o) => shared.compareAndSet(0, { id: 1 }, o)),
    wait("shared.updateAsync", (o) => shared.updateAsync(() => {}, o)),
    wait("shared.compareAndSetAsync", (o) => shared.compareAndSetAsync(0, { id: 1 }, o)),
    call("queue.add", ["delay", "delayMs"], (o) => queue.add({ id: 1 }, o)),
    call("queue.tryAdd", ["prio", "priority"], (o) => queue.tryAdd({ id: 1 }, o)),
    wait("queue.addAsync", (o) => queue.addAsync({ id: 1 }, o)),
    call("queue.addAll", ["keys", "key"], (o) => queue.addAll([{ id: 1 }], o)),
    wait("queue.take", (o) => {
      queue.add({ id: 1 });
      return queue.take(o);
    }),
    {
      what: "queue.jobs",
      call: (o) => {
        queue.add({ id: 1 });
        return queue.jobs(o).next();
      },
      ...SIGNAL,
    },
    { what: "queue.drain", call: (o) => queue.drain(o), ...SIGNAL },
    call("shared.changes", ["sinse", "since"], (o) => shared.changes(o)),
    call("schema.cursor", ["acces", "access"], (o) =>
      Tick.cursor(new DataView(new ArrayBuffer(8)), 0, o),
    ),
    call("observeStruct", ["maxByte", "maxBytes"], (o) => observeStruct("struct", o)),
    call("RecordTail", ["form", "from"], (o) => new RecordTail("channel", o).dispose()),
    { what: "tail.poll", call: (o) => tailOf(room).poll(() => {}, o), ...LIMIT },
    call("tailRecords", ["interval", "intervalMs"], (o) => tailRecords("channel", o)),
    call("collectSegments", ["dryrun", "dryRun"], (o) => collectSegments(o)),
    call("removeSegment", ["forced", "force"], (o) => {
      const left = name();
      Producer.createNew(left, { ...channel, lifetime: "persistent" }).dispose();
      removeSegment(left, o);
    }),
  ];
}

function tailOf(room: Room): RecordTail {
  return room.use(new RecordTail("channel"));
}

function ignore(expected: unknown): (reason: unknown) => void {
  return (reason) => {
    if (reason !== expected) throw reason;
  };
}

function orTimeout(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if ((error as { code?: string }).code !== "ETIMEDOUT") throw error;
  }
}

/** What a call threw, at once or later. */
async function thrownBy(call: Call["call"], options: object): Promise<unknown> {
  try {
    await call(options as never);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Their names, found without a segment being needed. */
const NAMES = (() => {
  using room = new Room();
  return callsOf(room).map(({ what }) => what);
})();

describe("an option that there is not", () => {
  test.each(NAMES)("%s", async (name) => {
    using room = new Room();
    const { call, misspelt, meant } = callsOf(room).find(({ what }) => what === name) as Call;
    const error = await thrownBy(call, { [misspelt]: 1 });
    expect(error).toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_VALUE" });
    const { message } = error as Error;
    expect(message).toContain(`"options.${misspelt}" argument must be absent (the options are "`);
    expect(message).toContain(`did you mean "${meant}"?`);
    // What is undefined is as good as absent.
    expect(await thrownBy(call, { [misspelt]: undefined })).toBeUndefined();
    expect(await thrownBy(call, { [meant]: undefined })).toBeUndefined();
  });

  test("is none that the other end looks at: both may be given the same bag", () => {
    using _room = new Room();
    const both = { ...channel, onFull: "fail" } as const;
    using _producer = Producer.createNew("both", both);
    using _consumer = Consumer.openExisting("both", both);
    const all = { ...channel, onFull: "fail", onSlow: "lap" } as const;
    using _publisher = Publisher.createNew("all", all);
    using _subscriber = Subscriber.openExisting("all", all);
    const asked = { ...service, onAbsent: "fail" } as const;
    using _responder = Responder.createNew("asked", asked);
    using _requester = Requester.openExisting("asked", asked);
  });

  test("is refused inside a callback without disturbing what is being written", () => {
    using room = new Room();
    const { producer, consumer } = room;
    producer.claim((tick) => {
      expect(() => producer.send({ id: 8 }, { timeOutMs: 1 } as never)).toThrow("timeoutMs");
      expect(() => producer.send({ id: 9 })).toThrow("inside its own claim()");
      tick.id = 7;
    });
    const found: number[] = [];
    consumer.poll(({ id }) => found.push(id));
    expect(found).toEqual([7]);
  });
});

describe("times have fractions", () => {
  const HALF = { timeoutMs: 0.5 };
  const waits: Readonly<Record<string, (room: Room) => unknown>> = {
    "consumer.receive": ({ consumer }) => consumer.receive(HALF),
    "consumer.receiveAsync": ({ consumer }) => consumer.receiveAsync(HALF),
    "subscriber.receive": ({ subscriber }) => subscriber.receive(HALF),
    "subscriber.receiveAsync": ({ subscriber }) => subscriber.receiveAsync(HALF),
    "requester.request": ({ requester }) => requester.request(1, HALF),
    "requester.requestSync": ({ requester }) => requester.requestSync(1, { ...HALF, spinMs: 0.25 }),
    "queue.take": ({ queue }) => queue.take(HALF),
    "queue.add": ({ queue }) => {
      while (queue.tryAdd({ id: 1 }) !== undefined);
      queue.add({ id: 1 }, HALF);
    },
    "semaphore.wait": ({ semaphore }) => drained(semaphore).wait(HALF),
    "semaphore.waitAsync": ({ semaphore }) => drained(semaphore).waitAsync(HALF),
    "event.wait": ({ event }) => {
      event.reset();
      return event.wait(HALF);
    },
    "event.waitAsync": ({ event }) => {
      event.reset();
      return event.waitAsync(HALF);
    },
    "producer.send": ({ producer }) => {
      while (producer.trySend({ id: 1 }));
      producer.send({ id: 1 }, HALF);
    },
    "producer.sendAsync": ({ producer }) => {
      while (producer.trySend({ id: 1 }));
      return producer.sendAsync({ id: 1 }, HALF);
    },
    "publisher.send": ({ publisher }) => {
      while (publisher.trySend({ id: 1 }));
      publisher.send({ id: 1 }, HALF);
    },
    "publisher.sendAsync": ({ publisher }) => {
      while (publisher.trySend({ id: 1 }));
      return publisher.sendAsync({ id: 1 }, HALF);
    },
  };

  function drained(semaphore: NamedSemaphore): NamedSemaphore {
    while (semaphore.tryWait());
    return semaphore;
  }

  test.each(Object.keys(waits))("%s", async (name) => {
    using room = new Room();
    const before = performance.now();
    const error = await thrownBy(() => waits[name]?.(room), {});
    expect(error).toMatchObject({ name: "TimeoutError", code: "ETIMEDOUT" });
    const { message } = error as Error;
    expect(message).toContain("within 0.5 ms");
    // Where the thread would wait for itself, it is told so at once.
    if (!message.includes("this thread")) {
      expect(performance.now() - before).toBeGreaterThanOrEqual(0.5);
    }
  });

  test("mutexes and structs, of which this thread has none to wait for", async () => {
    using room = new Room();
    room.mutex.acquire(HALF).release();
    room.mutex.tryAcquire(HALF)?.release();
    (await room.mutex.acquireAsync(HALF)).release();
    room.shared.update(() => {}, HALF);
    await room.shared.updateAsync(() => {}, HALF);
    expect(room.semaphore.tryWait(HALF)).toBe(true);
    expect(room.event.tryWait(HALF)).toBe(true);
    await tailRecords("channel", { intervalMs: 1.5 }).return();
  });

  test("times that cannot be are refused", () => {
    using room = new Room();
    for (const timeoutMs of [-0.5, Number.NaN, -Infinity, 2 ** 31]) {
      const receive = (): unknown => room.consumer.receive({ timeoutMs });
      expect(receive).toThrow(expect.objectContaining({ code: "ERR_OUT_OF_RANGE" }));
    }
  });
});
