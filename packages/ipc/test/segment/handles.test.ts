/** What every handle promises, whatever its kind: the three verbs, names, lifetimes, and the end of it. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import type { Receiver } from "../../src/flow/receiver.ts";
import type { Sender } from "../../src/flow/sender.ts";
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
  removeSegment,
  SharedStruct,
  Subscriber,
  struct,
  u32,
  WorkQueue,
} from "../../src/index.ts";
import type { NamedHandle } from "../../src/segment/named-handle.ts";
import type { OpenVerb } from "../../src/segment/segment.ts";

const NAME = "made";
const VERBS = ["createNew", "openExisting", "createOrOpen"] as const;
const Tick = struct({ id: u32 });
const TICK = { id: 1 };
const RECORDS = { schema: Tick };
const SCHEMAS = { request: json, response: json };

/** What can be told of a handle that is disposed, too. */
type Lasting =
  | "name"
  | "createdNew"
  | "schema"
  | "max"
  | "returnOnDeath"
  | "resetMode"
  | "lost"
  | "dispose"
  | typeof Symbol.dispose;

/** A use of each other member: the compiler tells of one that is forgotten. */
type Uses<T> = { readonly [Member in Exclude<keyof T, Lasting>]: (handle: T) => unknown };

type Open = (verb: OpenVerb, name?: unknown, options?: unknown) => NamedHandle;

/** A class of handles. */
interface Handles {
  readonly what: string;
  readonly kind: string;
  readonly open: Open;
  /** Opens one beside it; another end where there is only one of a kind. */
  readonly beside: Open;
  readonly uses: Readonly<Record<string | symbol, (handle: never) => unknown>>;
}

function handlesOf<T extends NamedHandle>(
  kind: string,
  type: { readonly name: string },
  opening: (verb: OpenVerb, name: never, options: never) => T,
  uses: Uses<T>,
  beside?: Open,
): Handles {
  const open: Open = (verb, name = NAME, options = {}) =>
    opening(verb, name as never, options as never);
  return { what: type.name, kind, open, beside: beside ?? open, uses };
}

/** Options with what a kind cannot do without; what is no object as it is. */
function withBase<T>(base: object, options: T): T {
  const isBag = options !== null && typeof options === "object" && !Array.isArray(options);
  return isBag ? { ...base, ...options } : options;
}

const SENDING: Uses<Sender<typeof Tick>> = {
  isReachable: (one) => one.isReachable,
  send: (one) => one.send(TICK),
  trySend: (one) => one.trySend(TICK),
  sendAsync: (one) => one.sendAsync(TICK),
  batch: (one) => one.batch(() => {}),
  claim: (one) => one.claim(() => {}),
  flush: (one) => one.flush(),
};

const RECEIVING: Uses<Receiver<typeof Tick>> = {
  isReachable: (one) => one.isReachable,
  poll: (one) => one.poll(() => {}),
  pollAsync: (one) => one.pollAsync(() => {}),
  ready: (one) => one.ready(),
  tryReceive: (one) => one.tryReceive(),
  receive: (one) => one.receive(),
  tryReceiveInto: (one) => one.tryReceiveInto(new Uint8Array(8)),
  receiveInto: (one) => one.receiveInto(new Uint8Array(8)),
  receiveAsync: (one) => one.receiveAsync(),
  records: (one) => one.records().next(),
  [Symbol.asyncIterator]: (one) => one[Symbol.asyncIterator]().next(),
  acknowledge: (one) => one.acknowledge(),
};

const PRODUCER = handlesOf(
  "channel",
  Producer,
  (verb, name, options) => Producer[verb](name, withBase(RECORDS, options)),
  { ...SENDING, metrics: (one) => one.metrics },
);
const REQUESTER = handlesOf(
  "service",
  Requester,
  (verb, name, options) => Requester[verb](name, withBase(SCHEMAS, options)),
  {
    isReachable: (one) => one.isReachable,
    metrics: (one) => one.metrics,
    request: (one) => one.request(1),
    requestSync: (one) => one.requestSync(1),
    ready: (one) => one.ready(),
    absent: (one) => one.absent(),
  },
);

const ALL: readonly Handles[] = [
  handlesOf("mutex", NamedMutex, (verb, name, options) => NamedMutex[verb](name, options), {
    isReachable: (one) => one.isReachable,
    owner: (one) => one.owner,
    acquire: (one) => one.acquire(),
    tryAcquire: (one) => one.tryAcquire(),
    acquireAsync: (one) => one.acquireAsync(),
  }),
  handlesOf(
    "semaphore",
    NamedSemaphore,
    (verb, name, options) => NamedSemaphore[verb](name, options),
    {
      isReachable: (one) => one.isReachable,
      count: (one) => one.count,
      wait: (one) => one.wait(),
      tryWait: (one) => one.tryWait(),
      waitAsync: (one) => one.waitAsync(),
      release: (one) => one.release(),
    },
  ),
  handlesOf("event", NamedEvent, (verb, name, options) => NamedEvent[verb](name, options), {
    isReachable: (one) => one.isReachable,
    isSet: (one) => one.isSet,
    set: (one) => one.set(),
    reset: (one) => one.reset(),
    wait: (one) => one.wait(),
    tryWait: (one) => one.tryWait(),
    waitAsync: (one) => one.waitAsync(),
  }),
  handlesOf(
    "struct",
    SharedStruct,
    (verb, name, options) => SharedStruct[verb](name, Tick, options),
    {
      isReachable: (one) => one.isReachable,
      version: (one) => one.version,
      read: (one) => one.read(),
      readVersioned: (one) => one.readVersioned(),
      update: (one) => one.update(() => {}),
      updateAsync: (one) => one.updateAsync(() => {}),
      compareAndSet: (one) => one.compareAndSet(0, TICK),
      compareAndSetAsync: (one) => one.compareAndSetAsync(0, TICK),
      changes: (one) => one.changes(),
    },
  ),
  PRODUCER,
  handlesOf(
    "channel",
    Consumer,
    (verb, name, options) => Consumer[verb](name, withBase(RECORDS, options)),
    { ...RECEIVING, metrics: (one) => one.metrics },
    PRODUCER.open,
  ),
  handlesOf(
    "topic",
    Publisher,
    (verb, name, options) => Publisher[verb](name, withBase(RECORDS, options)),
    { ...SENDING, metrics: (one) => one.metrics },
  ),
  handlesOf(
    "topic",
    Subscriber,
    (verb, name, options) => Subscriber[verb](name, withBase(RECORDS, options)),
    { ...RECEIVING, metrics: (one) => one.metrics },
  ),
  REQUESTER,
  handlesOf(
    "service",
    Responder,
    (verb, name, options) => Responder[verb](name, withBase(SCHEMAS, options)),
    {
      isReachable: (one) => one.isReachable,
      metrics: (one) => one.metrics,
      serve: (one) => one.serve(() => 1),
      poll: (one) => one.poll(() => 1),
      pollAsync: (one) => one.pollAsync(() => 1),
      ready: (one) => one.ready(),
    },
    REQUESTER.open,
  ),
  handlesOf(
    "queue",
    WorkQueue,
    (verb, name, options) => WorkQueue[verb](name, withBase(RECORDS, options)),
    {
      isReachable: (one) => one.isReachable,
      metrics: (one) => one.metrics,
      isPaused: (one) => one.isPaused,
      add: (one) => one.add(TICK),
      tryAdd: (one) => one.tryAdd(TICK),
      addAsync: (one) => one.addAsync(TICK),
      addAll: (one) => one.addAll([TICK]),
      tryTake: (one) => one.tryTake(),
      take: (one) => one.take(),
      jobs: (one) => one.jobs(),
      pause: (one) => one.pause(),
      resume: (one) => one.resume(),
      drain: (one) => one.drain(),
      dead: (one) => one.dead.count,
      [Symbol.asyncIterator]: (one) => one[Symbol.asyncIterator]().next(),
    },
  ),
];

describe.each(ALL)("$what", ({ kind, open, beside, uses }) => {
  test("is created once, is opened where there is one, and says which it was", () => {
    using _home = new Home();
    expectCode(() => open("openExisting"), "SystemError", "ENOENT");
    {
      using made = open("createNew");
      expect([made.name, made.createdNew]).toEqual([NAME, true]);
      for (const again of [open, beside]) {
        expectCode(() => again("createNew"), "SystemError", "EEXIST");
      }
    }
    expectCode(() => open("openExisting"), "SystemError", "ENOENT");
    open("createOrOpen").dispose();
    using _keeper = beside("createNew");
    for (const verb of ["openExisting", "createOrOpen"] as const) {
      using one = open(verb);
      expect([one.name, one.createdNew]).toEqual([NAME, false]);
    }
  });

  test("refuses names and options that cannot be, and leaves nothing behind", () => {
    using home = new Home();
    for (const verb of VERBS) {
      expectCode(() => open(verb, 7), "TypeError", "ERR_INVALID_ARG_TYPE");
      expectCode(() => open(verb, "a/b"), "TypeError", "ERR_INVALID_ARG_VALUE");
    }
    for (const verb of ["createNew", "createOrOpen"] as const) {
      for (const none of [null, 5, "persistent", []]) {
        expectCode(() => open(verb, NAME, none), "TypeError", "ERR_INVALID_ARG_TYPE");
      }
      const long = { lifetime: "long" };
      expectCode(() => open(verb, NAME, long), "TypeError", "ERR_INVALID_ARG_VALUE");
    }
    expect(home.names()).toEqual([]);
  });

  test("refuses a name of another kind, and names both", () => {
    using _home = new Home();
    using stack = new DisposableStack();
    for (const other of ALL.filter((one) => one.kind !== kind)) {
      stack.use(other.open("createNew", other.what));
      for (const verb of ["openExisting", "createOrOpen"] as const) {
        const opening = (): unknown => open(verb, other.what);
        const error = expectCode(opening, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
        expect(error.message).toMatch(new RegExp(`${kind}.*${other.kind}`));
      }
    }
  });

  test("keeps its name until the last one is disposed, may be disposed again, and refuses its use", async () => {
    using home = new Home();
    const first = open("createNew");
    const second = beside("createOrOpen");
    first.dispose();
    first.dispose();
    first[Symbol.dispose]();
    expect(home.names()).toEqual([NAME]);
    second.dispose();
    expect(home.names()).toEqual([]);
    const members = Reflect.ownKeys(uses);
    const outcomes = members.map(async (member) => {
      const use = async (): Promise<unknown> => await uses[member]?.(first as never);
      return [member, await use().catch(({ code }) => code)];
    });
    const expected = members.map((member) => [member, "ERR_DISPOSED"]);
    expect(await Promise.all(outcomes)).toEqual(expected);
  });

  if (["mutex", "semaphore", "event"].includes(kind)) return;
  test('stays with lifetime: "persistent" when nobody holds it, and only then', () => {
    using home = new Home();
    open("createNew", NAME, { lifetime: "held" }).dispose();
    expect(home.names()).toEqual([]);
    open("createNew", NAME, { lifetime: "persistent" }).dispose();
    expect(home.names()).toEqual([NAME]);
    for (const verb of ["openExisting", "createOrOpen"] as const) {
      using one = open(verb);
      expect(one.createdNew).toBe(false);
    }
    expect(home.names()).toEqual([NAME]);
    removeSegment(NAME);
    expectCode(() => open("openExisting"), "SystemError", "ENOENT");
  });
});
