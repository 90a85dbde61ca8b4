/** The program's own getters, of options and of records, may use the very handle that reads them, or dispose it. */
import { expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import {
  Consumer,
  NamedEvent,
  NamedSemaphore,
  Producer,
  Requester,
  Responder,
  Subscriber,
  struct,
  u32,
  WorkQueue,
} from "../../src/index.ts";

const Pair = struct({ id: u32, other: u32 });
const schema = { schema: Pair } as const;
const schemas = { request: Pair, response: Pair } as const;
const PAIR = { id: 1, other: 2 } as const;

/** Something whose one property disposes a handle when it is read. */
function disposing<T>(handle: Disposable, name: string, value: T): object {
  const get = (): T => {
    handle[Symbol.dispose]();
    return value;
  };
  return Object.defineProperty({}, name, { get, enumerable: true });
}

/** What is expected of calls with options that dispose their handle. */
async function expectDisposed<H extends Disposable>(
  make: () => H,
  calls: readonly ((handle: H, options: object) => unknown)[],
  [name, value]: readonly [string, unknown] = ["timeoutMs", 50],
): Promise<void> {
  for (const call of calls) {
    const handle = make();
    const called = (async () => await call(handle, disposing(handle, name, value)))();
    await expectRejection(called, "DisposedError", "ERR_DISPOSED");
  }
}

test("receivers that a getter of their options disposes say so", async () => {
  using _home = new Home();
  for (const End of [Consumer, Subscriber]) {
    const make = (): Consumer<typeof Pair> | Subscriber<typeof Pair> =>
      End.createNew("from", schema);
    await expectDisposed(make, [
      (end, options) => end.receive(options),
      (end, options) => end.receiveInto(new Uint8Array(8), options),
      (end, options) => end.receiveAsync(options),
      (end, options) => end.ready(options),
      (end, options) => end.pollAsync(() => {}, options),
    ]);
    await expectDisposed(make, [(end, options) => end.poll(() => {}, options)], ["limit", 1]);
    const { signal } = new AbortController();
    await expectDisposed(make, [(end, options) => end.records(options)], ["signal", signal]);
  }
});

test("senders, locks and queues that a getter of their options disposes say so", async () => {
  using _home = new Home();
  await expectDisposed(
    () => Producer.createNew("to", schema),
    [
      (end, options) => end.sendAsync(PAIR, options),
      (end, options) => end.send(PAIR, options),
      (end, options) => end.claim(() => {}, options),
    ],
  );
  for (const initial of [false, true]) {
    await expectDisposed(
      () => NamedEvent.createNew("event", { initial }),
      [(event, options) => event.waitAsync(options), (event, options) => event.wait(options)],
    );
    await expectDisposed(
      () => NamedSemaphore.createNew("permits", { initial: Number(initial), max: 1 }),
      [
        (permits, options) => permits.waitAsync(options),
        (permits, options) => permits.wait(options),
      ],
    );
  }
  await expectDisposed(
    () => WorkQueue.createNew("jobs", schema),
    [(queue, options) => queue.take(options), (queue, options) => queue.add(PAIR, options)],
  );
});

test("both ends of a service that a getter disposes say so", async () => {
  using _home = new Home();
  const make = () => Requester.createNew("service", schemas);
  await expectDisposed(make, [
    (end, options) => end.request(PAIR, options),
    (end, options) => end.requestSync(PAIR, options),
    (end, options) => end.ready(options),
    (end, options) => end.absent(options),
  ]);
  // With nobody who answers a request that was forgotten would wait for ever.
  for (const call of ["request", "requestSync"] as const) {
    await expectDisposed(
      make,
      [(end, record) => end[call](Object.assign(record, { other: 2 }) as typeof PAIR)],
      ["id", 1],
    );
  }
  const respond = () => Responder.createNew("service", schemas);
  await expectDisposed(respond, [(end, options) => end.ready(options)]);
  const { signal } = new AbortController();
  const serve = (end: ReturnType<typeof respond>, options: object) =>
    end.serve(() => PAIR, options);
  await expectDisposed(respond, [serve], ["signal", signal]);
  const limits = [
    (end: ReturnType<typeof respond>, options: object) => end.poll(() => PAIR, options),
  ];
  await expectDisposed(respond, limits, ["limit", 1]);
});

test("a responder that a getter of its response disposes ends serving", async () => {
  using _home = new Home();
  const responder = Responder.createNew("service", schemas);
  using requester = Requester.openExisting("service", schemas);
  const served = responder.serve(
    () => Object.assign(disposing(responder, "id", 1), { other: 2 }) as typeof PAIR,
  );
  await expectRejection(requester.request(PAIR), "PeerDiedError", "ERR_PEER_DIED");
  expect(await served).toBeUndefined();
});

test("a request whose record asks for another one refuses that, and is answered itself", async () => {
  using _home = new Home();
  using responder = Responder.createNew("service", schemas);
  using requester = Requester.openExisting("service", schemas);
  void responder.serve(({ id, other }) => ({ id, other }));
  await requester.ready();
  let inner: Promise<unknown> | undefined;
  const record = {
    id: 1,
    get other() {
      inner ??= requester.request({ id: 50, other: 51 });
      inner.catch(() => {});
      const sync = () => requester.requestSync({ id: 50, other: 51 });
      expect(sync).toThrow();
      return 2;
    },
  };
  expect(await requester.request(record, { timeoutMs: 5000 })).toEqual(PAIR);
  await expectRejection(inner as Promise<unknown>, "NotSupportedError", "ERR_NOT_SUPPORTED");
  expect(await requester.request({ id: 3, other: 4 })).toEqual({ id: 3, other: 4 });
});

test("a job whose getter adds another one is added whole", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("jobs", schema);
  queue.add({
    id: 1,
    get other() {
      queue.add({ id: 50, other: 51 });
      return 2;
    },
  });
  const taken = [queue.tryTake()?.value, queue.tryTake()?.value];
  expect(taken).toEqual([{ id: 50, other: 51 }, PAIR]);
  const failing = {
    id: 1,
    get other(): number {
      throw new Error("no value");
    },
  };
  expect(() => queue.add(failing)).toThrow("no value");
  queue.add(PAIR);
  expect(queue.tryTake()?.value).toEqual(PAIR);
  expectCode(() => queue.add({ id: 1 } as never), "TypeError", "ERR_INVALID_ARG_TYPE");
});
