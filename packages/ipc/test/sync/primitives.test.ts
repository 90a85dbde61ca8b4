/** Waiting for a mutex, a semaphore or an event: what all of them promise, whatever each calls it. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection, expectRejections } from "@isthmus/testing/expect-code";
import { timeoutWakesMax, until } from "@isthmus/testing/patience";
import { ifSignals } from "@isthmus/testing/requirement";
import { type AsyncWaitOptions, NamedEvent, NamedMutex, NamedSemaphore } from "../../src/index.ts";
import type { NamedHandle } from "../../src/segment/named-handle.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

const NAME = "m";
const LONG = { timeoutMs: 200_000 };
const SHORT = { timeoutMs: 5 };
/** So often is somebody woken by another process: where a wake-up is lost, every one of these is found by the clock. */
const ROUNDS = 3;

/** What one wait at a time gets through, until it lets the next one. */
interface Primitive<T extends NamedHandle = NamedHandle> {
  readonly what: string;
  /** A new one, through which one wait would get at once. */
  readonly create: () => T;
  readonly open: () => T;
  readonly wait: (one: T, options?: never) => unknown;
  readonly tryWait: (one: T, options?: never) => unknown;
  /** Waits in the event loop; returns what lets the next one through. */
  readonly hold: (one: T, options?: AsyncWaitOptions) => Promise<() => unknown>;
  /** Operations of a {@link Participant} that do the same. */
  readonly remote: {
    readonly kind: string;
    readonly wait: string;
    readonly tryWait: string;
    readonly waitAsync: string;
    readonly pass: string;
  };
}

const semaphore = (returnOnDeath: boolean): Primitive<NamedSemaphore> => ({
  what: `a semaphore with returnOnDeath: ${returnOnDeath}`,
  create: () => NamedSemaphore.createNew(NAME, { initial: 1, max: 1, returnOnDeath }),
  open: () => NamedSemaphore.openExisting(NAME),
  wait: (one, options) => one.wait(options),
  tryWait: (one, options) => one.tryWait(options),
  hold: async (one, options) => {
    await one.waitAsync(options);
    return () => one.release();
  },
  remote: {
    kind: "semaphore",
    wait: "take",
    tryWait: "tryTake",
    waitAsync: "takeAsync",
    pass: "give",
  },
});

const event = (reset: "auto" | "manual"): Primitive<NamedEvent> => ({
  what: `an event with reset: "${reset}"`,
  create: () => NamedEvent.createNew(NAME, { reset, initial: true }),
  open: () => NamedEvent.openExisting(NAME),
  wait: (one, options) => one.wait(options),
  tryWait: (one, options) => one.tryWait(options),
  hold: async (one, options) => {
    await one.waitAsync(options);
    if (reset === "manual") one.reset();
    return () => one.set();
  },
  remote: {
    kind: "event",
    wait: "wait",
    tryWait: "tryWait",
    waitAsync: "waitAsync",
    pass: "set",
  },
});

const mutex: Primitive<NamedMutex> = {
  what: "a mutex",
  create: () => NamedMutex.createNew(NAME),
  open: () => NamedMutex.openExisting(NAME),
  wait: (one, options) => one.acquire(options),
  tryWait: (one, options) => one.tryAcquire(options),
  hold: async (one, options) => {
    const lock = await one.acquireAsync(options);
    return () => lock.release();
  },
  remote: {
    kind: "mutex",
    wait: "acquire",
    tryWait: "tryAcquire",
    waitAsync: "acquireAsync",
    pass: "release",
  },
};

const PRIMITIVES = [
  mutex,
  semaphore(false),
  semaphore(true),
  event("auto"),
  event("manual"),
] as readonly unknown[] as readonly Primitive[];

/** What a promise rejects with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error: unknown) => error,
  );

describe.each(PRIMITIVES)("$what", ({ create, open, wait, tryWait, hold, remote }) => {
  /** Another process that has opened it. */
  async function other(): Promise<Participant> {
    const participant = new Participant();
    await participant.call(remote.kind, "openExisting", NAME);
    return participant;
  }

  test("refuses waits that cannot be, and takes nothing by them", async () => {
    using _home = new Home();
    using one = create();
    const waits = [
      (options: unknown) => wait(one, options as never),
      (options: unknown) => tryWait(one, options as never),
      (options: unknown) => hold(one, options as never),
    ];
    for (const attempt of waits) {
      const refused = (options: unknown, className: string, code: string) =>
        expectRejection((async () => await attempt(options))(), className, code);
      for (const timeoutMs of [-1, -0.5, Number.NaN, 2 ** 31]) {
        const error = await refused({ timeoutMs }, "RangeError", "ERR_OUT_OF_RANGE");
        expect(error.message.includes("or Infinity")).toBe(timeoutMs === 2 ** 31);
      }
      for (const timeoutMs of ["1", 1n, null, {}]) {
        await refused({ timeoutMs }, "TypeError", "ERR_INVALID_ARG_TYPE");
      }
      for (const none of [5, null]) await refused(none, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    const signal = { aborted: false } as never;
    await expectRejection(hold(one, { signal }), "TypeError", "ERR_INVALID_ARG_TYPE");
    (await hold(one, { timeoutMs: 0 }))();
  });

  test("a try waits as long as it is told, and says so when that was in vain", async () => {
    using home = new Home();
    using one = create();
    await using participant = await other();
    let pass = await hold(one);
    const isThrough = async (options: object): Promise<boolean> =>
      Boolean(await participant.call(remote.tryWait, NAME, options));
    expect(tryWait(one)).toBeFalsy();
    expect([await isThrough({}), await isThrough(SHORT)]).toEqual([false, false]);
    for (let round = 0; round < ROUNDS; round++) {
      const through = isThrough(LONG);
      await home.untilWaiting(NAME, "asleep");
      pass();
      expect(await through).toBe(true);
      await participant.call(remote.pass, NAME);
      pass = await hold(one);
    }
    expect(home.cell(NAME).timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(ROUNDS));
    pass();
  });

  test("sleeping ends by its time, and by whoever lets it through", async () => {
    using home = new Home();
    using one = create();
    await using participant = await other();
    let pass = await hold(one);
    for (const options of [{ timeoutMs: 0 }, SHORT]) {
      expectCode(() => wait(one, options as never), "TimeoutError", "ETIMEDOUT");
      const remotely = participant.call(remote.wait, NAME, options);
      await expectRejection(remotely, "TimeoutError", "ETIMEDOUT");
    }
    for (let round = 0; round < ROUNDS; round++) {
      const through = participant.call(remote.wait, NAME, LONG);
      await home.untilWaiting(NAME, "asleep");
      pass();
      await through;
      await participant.call(remote.pass, NAME);
      pass = await hold(one);
    }
    expect(home.cell(NAME).timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(ROUNDS));
    pass();
  });

  test("waiting in the event loop ends by its time and by its signal, and takes no other's turn", async () => {
    using home = new Home();
    using one = create();
    const reason = new Error("enough");
    const early = hold(one, { signal: AbortSignal.abort(reason) });
    expect(await failure(early)).toBe(reason);
    const pass = await hold(one);
    const [head, queued] = [new AbortController(), new AbortController()];
    const ends = [head, queued].map(({ signal }) => failure(hold(one, { signal })));
    const late = [20, 1].map((timeoutMs) => hold(one, { timeoutMs }));
    const staying = hold(one);
    await expectRejections(late, "TimeoutError", "ETIMEDOUT");
    await expectRejection(hold(one, { timeoutMs: 0 }), "TimeoutError", "ETIMEDOUT");
    queued.abort(reason);
    expect(await ends[1]).toBe(reason);
    head.abort(reason);
    expect(await ends[0]).toBe(reason);
    pass();
    (await staying)();
    (await hold(one, { timeoutMs: 0 }))();
    expect(home.cell(NAME).timeoutWakes).toBe(0);
  });

  test("is waited for in the event loop while another process has it, and is woken by that", async () => {
    using home = new Home();
    using one = create();
    await using participant = await other();
    for (let round = 0; round < ROUNDS; round++) {
      await participant.call(remote.wait, NAME);
      if (one instanceof NamedEvent) one.reset();
      await expectRejection(hold(one, { timeoutMs: 0 }), "TimeoutError", "ETIMEDOUT");
      const staying = hold(one);
      await home.untilWaiting(NAME, "in event loop");
      await participant.call(remote.pass, NAME);
      (await staying)();
    }
    expect(home.cell(NAME).timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(ROUNDS));
  });

  test("disposed meanwhile, those who wait through it are told, and no others", async () => {
    using home = new Home();
    const holder = create();
    const waiter = open();
    const pass = await hold(holder);
    const waits = [hold(waiter), hold(waiter, LONG)];
    await Bun.sleep(1);
    waiter.dispose();
    await expectRejections(waits, "DisposedError", "ERR_DISPOSED");
    const staying = hold(holder);
    pass();
    (await staying)();
    holder.dispose();
    expect(home.files()).not.toContain(NAME);
  });

  test("a waiter that is killed takes nothing with it", async () => {
    using home = new Home();
    using one = create();
    const pass = await hold(one);
    for (const [operation, how] of [
      [remote.wait, "asleep"],
      [remote.waitAsync, "in event loop"],
    ] as const) {
      await using doomed = await other();
      doomed.call(operation, NAME, LONG).catch(() => {});
      await home.untilWaiting(NAME, how);
      await doomed.kill();
    }
    const staying = hold(one);
    pass();
    (await staying)();
    (await hold(one, { timeoutMs: 0 }))();
  });

  for (const what of ["idle", "idle after a wait"]) {
    test(`${what}, it keeps no process alive`, async () => {
      using home = new Home();
      await using participant = new Participant("one-shot", { kind: remote.kind, what });
      expect(await participant.end()).toBe(0);
      expect(home.files()).toEqual([]);
    });
  }

  test("a task that waits keeps its process alive, until it is through", async () => {
    using home = new Home();
    using one = create();
    const pass = await hold(one);
    await using participant = new Participant("one-shot", { kind: remote.kind, what: "waiting" });
    expect(await participant.word()).toBe("open");
    const word = participant.word();
    await home.untilWaiting(NAME, "in event loop");
    pass();
    expect(await word).toBe("through");
    expect(await participant.end()).toBe(0);
  });

  ifSignals(
    "Ctrl-C ends the sleep of a program that handles it, and its handler runs",
    async () => {
      using home = new Home();
      using one = create();
      await using participant = await other();
      await participant.call("handleSigint");
      const pass = await hold(one);
      const word = participant.word();
      const sleeping = participant.call(remote.wait, NAME, LONG);
      const ended = expectRejection(sleeping, "SystemError", "EINTR");
      await home.untilWaiting(NAME, "asleep");
      // Between two sleeps a signal finds nothing to interrupt, which is why it is sent until one meets a sleep.
      let hasHandled = false;
      void word.then(() => {
        hasHandled = true;
      });
      await until(() => {
        if (!hasHandled) participant.signal("SIGINT");
        return hasHandled;
      }, "the handler runs");
      await ended;
      pass();
    },
  );

  ifSignals("Ctrl-C ends a program that sleeps and does not handle it", async () => {
    using home = new Home();
    using one = create();
    await using participant = await other();
    const pass = await hold(one);
    participant.call(remote.wait, NAME, LONG).catch(() => {});
    await home.untilWaiting(NAME, "asleep");
    participant.signal("SIGINT");
    expect(await participant.end()).toBe("SIGINT");
    pass();
  });
});
