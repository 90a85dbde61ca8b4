/** Loops that find what they want at once, and the event loop that they must not keep. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import {
  bytes,
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
  tailRecords,
  u32,
  WorkQueue,
} from "../../src/index.ts";

const Tick = struct({ id: u32 });
const OPTIONS = { schema: Tick, capacityBytes: 4096 };
const SERVICE = { request: json, response: json };

/** When what the event loop is needed for is due, in milliseconds. */
const DUE_MS = 20;

/** Steps after that, any number of turns long, after which the event loop has been kept. */
const STEPS_MAX = 300_000;

/** Something that only the event loop can make happen, and a loop that asks whether it has. */
class Awaited {
  isHeard = false;
  readonly #dueAt = performance.now() + DUE_MS;
  #stepsLeft = STEPS_MAX;

  constructor() {
    setTimeout(() => this.hear(), DUE_MS);
  }

  hear(): void {
    this.isHeard = true;
  }

  /** Whether the loop is to end: it has been heard, or ought to have been long ago. */
  isOver(): boolean {
    if (this.isHeard) return true;
    return performance.now() > this.#dueAt && --this.#stepsLeft <= 0;
  }
}

/** A channel that feeds itself. */
function channelOf(stack: DisposableStack): {
  consumer: Consumer<typeof Tick>;
  producer: Producer<typeof Tick>;
} {
  const producer = stack.use(Producer.createNew("work", OPTIONS));
  const consumer = stack.use(Consumer.openExisting("work", OPTIONS));
  return { producer, consumer };
}

/** Follows what feeds itself, until it is over. */
async function follow(
  source: AsyncIterable<unknown>,
  send: () => void,
  awaited: Awaited,
): Promise<void> {
  send();
  for await (const _ of source) {
    if (awaited.isOver()) break;
    send();
  }
}

type Loop = (stack: DisposableStack, awaited: Awaited) => Promise<void>;

const loops: Record<string, Loop> = {
  "for await over a Consumer": async (stack, awaited) => {
    const { producer, consumer } = channelOf(stack);
    for (let id = 1; id < 100; id++) producer.send({ id });
    await follow(consumer, () => producer.send({ id: 0 }), awaited);
  },
  "for await over a Consumer that waits for each record": async (stack, awaited) => {
    const { producer, consumer } = channelOf(stack);
    await follow(consumer, () => queueMicrotask(() => producer.send({ id: 0 })), awaited);
  },
  receiveAsync: async (stack, awaited) => {
    const { producer, consumer } = channelOf(stack);
    while (!awaited.isOver()) {
      producer.send({ id: 0 });
      await consumer.receiveAsync();
    }
  },
  "receiveAsync in vain": async (stack, awaited) => {
    const { consumer } = channelOf(stack);
    while (!awaited.isOver()) await consumer.receiveAsync({ timeoutMs: 0 }).catch(() => {});
  },
  "sendAsync with a fast reader": async (stack, awaited) => {
    const { producer, consumer } = channelOf(stack);
    while (!awaited.isOver()) {
      await producer.sendAsync({ id: 0 });
      consumer.tryReceive();
    }
  },
  "sendAsync in vain": async (stack, awaited) => {
    const { producer } = channelOf(stack);
    while (producer.trySend({ id: 0 }));
    while (!awaited.isOver()) await producer.sendAsync({ id: 0 }, { timeoutMs: 0 }).catch(() => {});
  },
  "Publisher.sendAsync": async (stack, awaited) => {
    const publisher = stack.use(Publisher.createNew("news", OPTIONS));
    while (!awaited.isOver()) await publisher.sendAsync({ id: 0 });
  },
  tailRecords: async (stack, awaited) => {
    const { producer, consumer } = channelOf(stack);
    const send = (): void => {
      producer.send({ id: 0 });
      producer.flush();
      consumer.tryReceive();
    };
    await follow(tailRecords("work", { from: "held" }), send, awaited);
  },
  "NamedMutex.acquireAsync": async (stack, awaited) => {
    const mutex = stack.use(NamedMutex.createNew("mutex"));
    while (!awaited.isOver()) (await mutex.acquireAsync()).release();
  },
  "NamedMutex.acquireAsync by tasks in turn": async (stack, awaited) => {
    const mutex = stack.use(NamedMutex.createNew("mutex"));
    const task = async (): Promise<void> => {
      while (!awaited.isOver()) {
        using _lock = await mutex.acquireAsync();
        await Promise.resolve();
      }
    };
    await Promise.all([task(), task(), task()]);
  },
  "NamedSemaphore.waitAsync": async (stack, awaited) => {
    const semaphore = stack.use(NamedSemaphore.createNew("semaphore", { initial: 1 }));
    while (!awaited.isOver()) {
      await semaphore.waitAsync();
      semaphore.release();
    }
  },
  "NamedSemaphore.waitAsync, returnOnDeath": async (stack, awaited) => {
    const options = { initial: 1, returnOnDeath: true };
    const semaphore = stack.use(NamedSemaphore.createNew("semaphore", options));
    while (!awaited.isOver()) {
      await semaphore.waitAsync();
      semaphore.release();
    }
  },
  "NamedEvent.waitAsync": async (stack, awaited) => {
    const event = stack.use(NamedEvent.createNew("event", { reset: "manual", initial: true }));
    while (!awaited.isOver()) await event.waitAsync();
  },
  "two tasks that set each other's NamedEvent": async (stack, awaited) => {
    const ping = stack.use(NamedEvent.createNew("ping"));
    const pong = stack.use(NamedEvent.createNew("pong"));
    const task = async (mine: NamedEvent, other: NamedEvent): Promise<void> => {
      while (!awaited.isOver()) {
        await mine.waitAsync();
        other.set();
      }
      other.set();
    };
    ping.set();
    await Promise.all([task(ping, pong), task(pong, ping)]);
  },
  "SharedStruct.changes": async (stack, awaited) => {
    const shared = stack.use(SharedStruct.createNew("shared", Tick));
    const changes = shared.changes();
    await follow(changes, () => void shared.update((tick) => void tick.id++), awaited);
  },
  "SharedStruct.updateAsync": async (stack, awaited) => {
    const shared = stack.use(SharedStruct.createNew("shared", Tick));
    while (!awaited.isOver()) await shared.updateAsync((tick) => void tick.id++);
  },
  "for await over a WorkQueue": async (stack, awaited) => {
    const queue = stack.use(WorkQueue.createNew("tasks", OPTIONS));
    const jobs = queue.jobs();
    const done = async function* () {
      for await (const job of jobs) yield job.done();
    };
    await follow(done(), () => queue.add({ id: 0 }), awaited);
  },
  "WorkQueue.take in vain": async (stack, awaited) => {
    const queue = stack.use(WorkQueue.createNew("tasks", OPTIONS));
    while (!awaited.isOver()) await queue.take({ timeoutMs: 0 }).catch(() => {});
  },
  "WorkQueue.addAsync with a fast worker": async (stack, awaited) => {
    const queue = stack.use(WorkQueue.createNew("tasks", OPTIONS));
    while (!awaited.isOver()) {
      await queue.addAsync({ id: 0 });
      queue.tryTake()?.done();
    }
  },
  "Requester.request to a Responder of the same thread": async (stack, awaited) => {
    const responder = stack.use(Responder.createNew("sums", SERVICE));
    void responder.serve((request) => request);
    const requester = stack.use(Requester.openExisting("sums", SERVICE));
    while (!awaited.isOver()) await requester.request(1);
  },
  "Requester.request that fails at once": async (stack, awaited) => {
    const options = { ...SERVICE, onAbsent: "fail" } as const;
    const requester = stack.use(Requester.createNew("sums", options));
    while (!awaited.isOver()) await requester.request(1).catch(() => {});
  },
};

for (const onSlow of ["gate", "lap"] as const) {
  for (const schema of [Tick, bytes]) {
    const records = schema === bytes ? "bytes" : "structs";
    loops[`for await over a Subscriber of ${records}, ${onSlow}`] = async (stack, awaited) => {
      const options = { schema, capacityBytes: 4096 };
      const publisher = stack.use(Publisher.createNew("news", options));
      const subscriber = stack.use(Subscriber.openExisting("news", { ...options, onSlow }));
      const record = schema === bytes ? new Uint8Array(8) : { id: 0 };
      await follow(subscriber, () => publisher.send(record as never), awaited);
    };
    loops[`Subscriber.receiveAsync of ${records}, ${onSlow}`] = async (stack, awaited) => {
      const options = { schema, capacityBytes: 4096 };
      const publisher = stack.use(Publisher.createNew("news", options));
      const subscriber = stack.use(Subscriber.openExisting("news", { ...options, onSlow }));
      const record = schema === bytes ? new Uint8Array(8) : { id: 0 };
      while (!awaited.isOver()) {
        publisher.send(record as never);
        await subscriber.receiveAsync();
      }
    };
  }
}

describe("a timer fires while there is always something for", () => {
  for (const [name, loop] of Object.entries(loops)) {
    test(name, async () => {
      using _home = new Home();
      using stack = new DisposableStack();
      const awaited = new Awaited();
      await loop(stack, awaited);
      expect(awaited.isHeard).toBe(true);
    });
  }
});

describe("for await", () => {
  test("an abort is obeyed while there are records", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer } = channelOf(stack);
    const signal = AbortSignal.timeout(DUE_MS);
    const awaited = new Awaited();
    const source = consumer.records({ signal });
    const loop = follow(source, () => producer.send({ id: 0 }), awaited);
    await expect(loop).rejects.toThrow("timed out");
  });

  test("a server in the same process answers", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer } = channelOf(stack);
    const server = stack.adopt(
      Bun.serve({ port: 0, fetch: () => new Response("healthy") }),
      (served) => void served.stop(true),
    );
    let text = "";
    let left = STEPS_MAX;
    void (async () => {
      text = await (await fetch(server.url)).text();
    })();
    producer.send({ id: 0 });
    for await (const _ of consumer) {
      if (text !== "" || --left === 0) break;
      producer.send({ id: 0 });
      // Slow enough that all of the steps are seconds, whatever else the machine has to do.
      if (left % 16 === 0) Bun.sleepSync(0.2);
    }
    expect(text).toBe("healthy");
  });

  test("a slow body delays a timer by a few records, not by all", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { producer, consumer } = channelOf(stack);
    for (let id = 0; id < 100; id++) producer.send({ id });
    let isHeard = false;
    setTimeout(() => {
      isHeard = true;
    }, DUE_MS);
    let handled = 0;
    for await (const _ of consumer) {
      Bun.sleepSync(2);
      if (++handled === 100 || isHeard) break;
    }
    expect(handled).toBeLessThan(100);
  });

  test("disposed or aborted while the event loop has its turn, it ends", async () => {
    using _home = new Home();
    for (const isAborted of [true, false]) {
      const producer = Producer.createNew("work", OPTIONS);
      const consumer = Consumer.openExisting("work", OPTIONS);
      const controller = new AbortController();
      setTimeout(() => {
        if (isAborted) controller.abort(new Error("enough"));
        else consumer.dispose();
      }, DUE_MS);
      const source = consumer.records({ signal: controller.signal });
      const loop = follow(source, () => producer.send({ id: 0 }), new Awaited());
      if (isAborted) await expect(loop).rejects.toThrow("enough");
      else await loop;
      consumer.dispose();
      producer.dispose();
    }
  });
});

describe("Responder.serve", () => {
  test("a look in vain is no wake-up that was lost, however long the event loop has had no turn", async () => {
    using _home = new Home();
    using responder = Responder.createNew("sums", SERVICE);
    void responder.serve((request) => request);
    using requester = Requester.openExisting("sums", SERVICE);
    expect(await requester.request(1)).toBe(1);
    // Longer than those who wait go without a look.
    await Bun.sleep(1500);
    const { cells } = observe("sums");
    expect(cells.filter(({ timeoutWakes }) => timeoutWakes > 0)).toEqual([]);
  });

  const BACKLOG = 300;

  test.each([1, 1024])(
    "slow handlers, %d at a time: the event loop has its turns",
    async (concurrency) => {
      using _home = new Home();
      using stack = new DisposableStack();
      const options = { ...SERVICE, capacityBytes: 1 << 16 };
      const requester = stack.use(Requester.createNew("sums", options));
      const responder = stack.use(Responder.openExisting("sums", options));
      const answers = Array.from({ length: BACKLOG }, () => requester.request(1));
      let handled = 0;
      let handledWhenHeard = BACKLOG;
      setTimeout(() => {
        handledWhenHeard = handled;
      }, DUE_MS);
      const handler = (request: unknown): unknown => {
        Bun.sleepSync(1);
        handled++;
        return concurrency === 1 ? Promise.resolve(request) : request;
      };
      void responder.serve(handler, { concurrency });
      await Promise.all(answers);
      expect(handledWhenHeard).toBeLessThan(BACKLOG);
    },
  );
});
