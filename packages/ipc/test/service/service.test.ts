/** Requesters and responders of one process: what each method does, and what is refused. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection, expectRejections } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import {
  bytes,
  f64,
  json,
  observe,
  RemoteError,
  Requester,
  Responder,
  struct,
  u32,
} from "../../src/index.ts";

const Question = struct({ id: u32, factor: f64 });
const Answer = struct({ id: u32, product: f64 });
const STRUCTS = { request: Question, response: Answer };
const JSONS = { request: json, response: json };

/** Both ends of a new service of JSON. */
function jsonPair(stack: DisposableStack, options: object = {}) {
  const responder = stack.use(Responder.createNew("asked", { ...JSONS, ...options }));
  const requester = stack.use(Requester.openExisting("asked", JSONS));
  return { responder, requester };
}

/** A promise that may reject before anybody waits for it. */
function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Lets everything happen that can happen without anybody else. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("Requester.request()", () => {
  test("structs: each request gets its own answer, in whatever order they come", async () => {
    using _home = new Home();
    using responder = Responder.createNew("asked", STRUCTS);
    using requester = Requester.openExisting("asked", STRUCTS);
    const waiting: (() => void)[] = [];
    const served = responder.serve(async ({ id, factor }) => {
      if (id % 2 === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return { id, product: id * factor };
    });
    const order: number[] = [];
    const answers = Array.from({ length: 10 }, async (_, id) => {
      const answer = await requester.request({ id, factor: 0.5 });
      order.push(id);
      return answer;
    });
    while (order.length < 5) await settle();
    expect(order).toEqual([1, 3, 5, 7, 9]);
    for (const go of waiting.reverse()) go();
    const expected = Array.from({ length: 10 }, (_, id) => ({ id, product: id / 2 }));
    expect(await Promise.all(answers)).toEqual(expected);
    expect(requester.metrics).toMatchObject({ requests: 10, replies: 10, pending: 0, errors: 0 });
    expect(responder.metrics).toMatchObject({ requests: 10, replies: 10, inFlight: 0 });
    responder.dispose();
    await served;
  });

  test("bytes and JSON, in any pairing", async () => {
    using _home = new Home();
    const options = { request: bytes, response: json };
    using responder = Responder.createNew("length", options);
    using requester = Requester.openExisting("length", options);
    void responder.serve((data) => ({ length: data.length, last: data.at(-1) ?? null }));
    const answers = await Promise.all(
      [0, 1, 7, 8, 100_000].map((n) => requester.request(new Uint8Array(n).fill(n))),
    );
    const expected = [0, 1, 7, 8, 100_000].map((n) => ({
      length: n,
      last: n === 0 ? null : n & 255,
    }));
    expect(answers).toEqual(expected);
  });

  test("a handler of JSON that returns nothing answers null", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    void responder.serve(() => undefined);
    expect(await requester.request("anything")).toBeNull();
  });

  test("errors cross as errors: name, message, code, stack", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    const thrown: Record<string, () => unknown> = {
      coded: () => Object.assign(new RangeError("too far"), { code: "ERR_FAR" }),
      plain: () => new Error("plain"),
      text: () => "a text",
      nothing: () => undefined,
      hostile: () => Object.create(Error.prototype, { message: { get: () => JSON.parse("{") } }),
      long: () => new Error("long ".repeat(1_000_000)),
    };
    void responder.serve(async (kind) => {
      if (kind !== "plain") await settle();
      throw thrown[kind]?.();
    });
    const ask = (kind: string) =>
      requester.request(kind).then(
        () => "no error",
        (error: unknown) => error,
      );
    const coded = (await ask("coded")) as RemoteError;
    expect(coded).toBeInstanceOf(RemoteError);
    expect({ ...coded, name: coded.name, message: coded.message }).toMatchObject({
      name: "RemoteError",
      code: "ERR_FAR",
      remoteName: "RangeError",
      message: "too far",
    });
    expect(coded.remoteStack).toContain("service.test.ts");
    expect(await ask("plain")).toMatchObject({ code: "ERR_REMOTE", message: "plain" });
    expect(await ask("text")).toMatchObject({ remoteName: "string", message: "a text" });
    expect(await ask("nothing")).toMatchObject({ remoteName: "undefined" });
    expect(await ask("hostile")).toMatchObject({ message: expect.stringContaining("described") });
    const long = (await ask("long")) as RemoteError;
    expect(long.message.length).toBe(4097);
    expect(requester.metrics).toMatchObject({ errors: 6, replies: 6 });
    expect(responder.metrics).toMatchObject({ errors: 6, replies: 6 });
  });

  test("a response that the schema does not allow, or that is too long, rejects the request", async () => {
    using _home = new Home();
    using responder = Responder.createNew("asked", STRUCTS);
    using requester = Requester.openExisting("asked", STRUCTS);
    void responder.serve(({ id }) => ({ id: -id, product: 0 }));
    await expectRejection(
      requester.request({ id: 1, factor: 1 }),
      "RemoteError",
      "ERR_OUT_OF_RANGE",
    );
    using stack = new DisposableStack();
    const large = { request: json, response: bytes, capacityBytes: 4096 };
    const answering = stack.use(Responder.createNew("large", large));
    const asking = stack.use(Requester.openExisting("large", large));
    void answering.serve((length) => new Uint8Array(length));
    expect((await asking.request(2032)).length).toBe(2032);
    await expectRejection(asking.request(2033), "RemoteError", "ERR_OUT_OF_RANGE");
  });

  test("refuses a record that the schema does not allow, or that is too long", async () => {
    using _home = new Home();
    using requester = Requester.createNew("asked", STRUCTS);
    const bad = { id: -1, factor: 0 };
    await expectRejection(requester.request(bad), "RangeError", "ERR_OUT_OF_RANGE");
    const options = { request: bytes, response: json, capacityBytes: 4096 };
    using responder = Responder.createNew("long", options);
    using asking = Requester.openExisting("long", options);
    void responder.serve((data) => data.length);
    await expectRejection(asking.request(new Uint8Array(2033)), "RangeError", "ERR_OUT_OF_RANGE");
    await expect(asking.request(new Uint8Array(2033))).rejects.toThrow(
      "ring of 4096 bytes, less 16;",
    );
    const text = asking.request("text" as never);
    const { message } = await expectRejection(text, "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(message).toStartWith('The "request" argument must be a Uint8Array:');
    expect(await asking.request(new Uint8Array(2032))).toBe(2032);
    expect(asking.metrics.pending).toBe(0);
  });

  test("times out and leaves nothing behind: the late reply is dropped and counted", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    void responder.serve(async (wait) => {
      begun.resolve();
      if (wait) await go.promise;
      return wait;
    });
    const late = requester.request(true, { timeoutMs: 20 });
    const error = await expectRejection(late, "TimeoutError", "ETIMEDOUT");
    expect(error.message).toContain('Cannot ask "asked" within 20 ms');
    expect(error.message).toContain(`(process ${process.pid}`);
    expect(requester.metrics).toMatchObject({ timeouts: 1, pending: 0, droppedReplies: 0 });
    // On a busy machine its time may have been over before it was taken.
    await begun.promise;
    go.resolve();
    expect(await requester.request(false)).toBe(false);
    expect(requester.metrics).toMatchObject({ requests: 2, replies: 2, droppedReplies: 1 });
  });

  test("an AbortSignal ends it, before and meanwhile", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    void responder.serve(() => new Promise(() => {}));
    const early = requester.request(1, { signal: AbortSignal.abort(new Error("early")) });
    await expect(early).rejects.toThrow("early");
    expect(requester.metrics.requests).toBe(0);
    const controller = new AbortController();
    const later = requester.request(1, { signal: controller.signal });
    await settle();
    controller.abort(new Error("later"));
    await expect(later).rejects.toThrow("later");
    expect(requester.metrics).toMatchObject({ requests: 1, pending: 0 });
  });

  test("waits for a responder, or fails at once, as chosen", async () => {
    using _home = new Home();
    using patient = Requester.createNew("asked", JSONS);
    const error = await expectRejection(
      patient.request(1, { timeoutMs: 5 }),
      "TimeoutError",
      "ETIMEDOUT",
    );
    expect(error.message).toContain("nobody answers");
    const answer = patient.request(2);
    using hasty = Requester.openExisting("asked", { ...JSONS, onAbsent: "fail" });
    await expectRejection(hasty.request(3), "SystemError", "ECONNREFUSED");
    using responder = Responder.openExisting("asked", JSONS);
    const seen: unknown[] = [];
    void responder.serve((x) => seen.push(x));
    expect(await answer).toBe(1);
    expect(await hasty.request(4)).toBe(2);
    // What timed out was never sent.
    expect(seen).toEqual([2, 4]);
  });

  test("waits in turn for room, and is copied when it is made", async () => {
    using _home = new Home();
    const options = { request: bytes, response: bytes, capacityBytes: 4096 };
    using responder = Responder.createNew("room", options);
    using requester = Requester.openExisting("room", options);
    const data = new Uint8Array(1000);
    const answers = Array.from({ length: 50 }, (_, i) => requester.request(data.fill(i)));
    const timedOut = requester.request(data, { timeoutMs: 1 });
    await expectRejection(timedOut, "TimeoutError", "ETIMEDOUT");
    expect(requester.metrics.waits).toBeGreaterThan(40);
    const order: number[] = [];
    void responder.serve((request) => {
      order.push(request[999] as number);
      return request;
    });
    const found = await Promise.all(answers);
    expect(found.map((one) => [one.length, one[0], one[999]])).toEqual(
      Array.from({ length: 50 }, (_, i) => [1000, i, i]),
    );
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test("gets room as soon as requests are taken, whether they are answered or not", async () => {
    using _home = new Home();
    const options = { request: bytes, response: json, capacityBytes: 4096 };
    using responder = Responder.createNew("room", options);
    using requester = Requester.openExisting("room", options);
    const all = Promise.withResolvers<void>();
    let count = 0;
    void responder.serve(async () => {
      if (++count === 200) all.resolve();
      await all.promise;
    });
    // A wake-up that is lost here costs a second for every four requests, and in the end this test.
    const data = new Uint8Array(1000);
    await Promise.all(Array.from({ length: 200 }, () => requester.request(data)));
    expect(responder.metrics).toMatchObject({ requests: 200, replies: 200 });
  });

  test("more requesters than there are wait cells: some share one", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const options = { ...JSONS, maxRequesters: 45, capacityBytes: 4096 };
    const responder = stack.use(Responder.createNew("asked", options));
    void responder.serve(async (x) => {
      await settle();
      return x;
    });
    const requesters = Array.from({ length: 45 }, () =>
      stack.use(Requester.openExisting("asked", options)),
    );
    const answers = await Promise.all(requesters.map((requester, i) => requester.request(i)));
    expect(answers).toEqual(requesters.map((_, i) => i));
    expect(observe("asked").cells.every(({ timeoutWakes }) => timeoutWakes === 0)).toBe(true);
  });

  test("rejects with DisposedError when disposed meanwhile, and after", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    let go = (): void => {};
    void responder.serve(() => new Promise<void>((resolve) => (go = resolve)));
    const pending = requester.request(1, { timeoutMs: 200_000 });
    await settle();
    requester.dispose();
    await expectRejection(pending, "DisposedError", "ERR_DISPOSED");
    go();
    await settle();
    expect(responder.metrics).toMatchObject({ replies: 0, droppedReplies: 1, inFlight: 0 });
  });

  test("as many requesters as lanes; the next owner of a lane gets none of the replies of the last", async () => {
    using _home = new Home();
    const options = { ...JSONS, maxRequesters: 1 };
    using responder = Responder.createNew("lanes", options);
    const first = Requester.openExisting("lanes", options);
    const error = expectCode(
      () => Requester.openExisting("lanes", options),
      "SystemError",
      "EAGAIN",
    );
    expect(error.message).toContain(`${process.pid}`);
    void first.request("old").catch(() => {});
    first.dispose();
    using second = Requester.openExisting("lanes", options);
    const seen: unknown[] = [];
    void responder.serve((x) => {
      seen.push(x);
      return x;
    });
    expect(await second.request("new")).toBe("new");
    expect(seen).toEqual(["new"]);
    expect(responder.metrics).toMatchObject({ skippedRequests: 1, replies: 1 });
  });
});

describe("Responder.serve()", () => {
  test("takes no more than `concurrency`, and goes on as handlers come to their end", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    let running = 0;
    let most = 0;
    void responder.serve(
      async (x) => {
        most = Math.max(most, ++running);
        await settle();
        running--;
        return x;
      },
      { concurrency: 3 },
    );
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => requester.request(i)));
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(most).toBe(3);
  });

  test("a signal ends it: what was taken is answered, the rest is left for the next serve()", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    const controller = new AbortController();
    let go = (): void => {};
    const served = responder.serve(
      async (x) => {
        await new Promise<void>((resolve) => (go = resolve));
        return x;
      },
      { signal: controller.signal },
    );
    const first = requester.request(1);
    await settle();
    expectCode(() => responder.poll(() => null), "NotSupportedError", "ERR_NOT_SUPPORTED");
    controller.abort();
    await settle();
    const second = requester.request(2);
    await settle();
    go();
    await served;
    expect(await first).toBe(1);
    expect(responder.metrics.lanes[0]?.hasRequests).toBe(true);
    void responder.serve((x) => x * 10);
    expect(await second).toBe(20);
    await responder
      .serve((x) => x, { signal: AbortSignal.abort() })
      .catch((error: Error) => {
        expect(error.message).toContain("while it serves");
      });
  });

  test("dispose() ends it; what was not answered rejects with PeerDiedError", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    let go = (): void => {};
    const served = responder.serve(() => new Promise<void>((resolve) => (go = resolve)));
    const pending = held(requester.request(1));
    await settle();
    responder.dispose();
    await served;
    const error = await expectRejection(pending, "PeerDiedError", "ERR_PEER_DIED");
    expect(error.message).toContain(`(process ${process.pid}`);
    go();
    await settle();
    using next = Responder.openExisting("asked", JSONS);
    void next.serve((x) => x);
    expect(await requester.request(2)).toBe(2);
  });

  test("a handler may dispose its responder", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    const served = responder.serve(() => responder.dispose());
    const answers = [1, 2].map((x) => held(requester.request(x)));
    await served;
    await expectRejections(answers, "PeerDiedError", "ERR_PEER_DIED");
  });

  test("a requester that does not read stalls nobody else, and gets its replies when it does", async () => {
    using _home = new Home();
    const options = { request: json, response: bytes, capacityBytes: 4096 };
    using responder = Responder.createNew("full", options);
    using stack = new DisposableStack();
    const slow = stack.use(Requester.openExisting("full", options));
    const quick = stack.use(Requester.openExisting("full", options));
    const answers = Array.from({ length: 12 }, (_, i) => held(slow.request(i)));
    // Answered without a turn of the event loop, so that nobody takes the replies.
    const answer = (x: number): Uint8Array => new Uint8Array(1000).fill(x);
    expect(responder.poll(answer)).toBe(5);
    expect(responder.metrics).toMatchObject({ replies: 4, blockedReplies: 1, waits: 1 });
    expect(responder.poll(answer)).toBe(0);
    void responder.serve(answer);
    expect((await quick.request(99))[0]).toBe(99);
    const found = await Promise.all(answers);
    expect(found.map((one) => one[999])).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(responder.metrics).toMatchObject({ replies: 13, blockedReplies: 0, droppedReplies: 0 });
    // A wake-up that is lost here costs a second each time, and in the end this test.
    for (let round = 0; round < 30; round++) {
      await Promise.all(Array.from({ length: 12 }, (_, i) => slow.request(i)));
    }
    expect(responder.metrics).toMatchObject({ replies: 373, blockedReplies: 0 });
  });

  test("replies without room are dropped when their requester leaves", async () => {
    using _home = new Home();
    const options = { request: json, response: bytes, capacityBytes: 4096 };
    using responder = Responder.createNew("full", options);
    const leaving = Requester.openExisting("full", options);
    const answers = Array.from({ length: 12 }, (_, i) => held(leaving.request(i)));
    responder.poll((x) => new Uint8Array(1000).fill(x));
    expect(responder.metrics.blockedReplies).toBe(1);
    leaving.dispose();
    await Promise.allSettled(answers);
    while (responder.metrics.blockedReplies > 0) await settle();
    expect(responder.metrics.droppedReplies).toBe(1);
    expect(responder.poll(() => new Uint8Array(1))).toBe(0);
    expect(responder.metrics.skippedRequests).toBe(7);
    using next = Requester.openExisting("full", options);
    void responder.serve((x) => new Uint8Array([x]));
    expect(await next.request(5)).toEqual(new Uint8Array([5]));
  });

  test("refuses what is no handler, options that cannot be, and a second responder", async () => {
    using _home = new Home();
    using responder = Responder.createNew("asked", JSONS);
    const invalid = "ERR_INVALID_ARG_TYPE";
    await expectRejection(responder.serve(1 as never), "TypeError", invalid);
    await expectRejection(
      responder.serve(() => 1, { concurrency: 0 }),
      "RangeError",
      "ERR_OUT_OF_RANGE",
    );
    await expectRejection(
      responder.serve(() => 1, { signal: 1 as never }),
      "TypeError",
      invalid,
    );
    expectCode(() => responder.poll(1 as never), "TypeError", invalid);
    expectCode(() => responder.poll(() => 1, { limit: 0 }), "RangeError", "ERR_OUT_OF_RANGE");
    const error = expectCode(() => Responder.openExisting("asked", JSONS), "SystemError", "EBUSY");
    expect(error.message).toContain(`its one responder is process ${process.pid}`);
    expectCode(() => Requester.createNew("x", {} as never), "TypeError", invalid);
    expectCode(
      () => Requester.createNew("x", { ...JSONS, onAbsent: "cry" as never }),
      "TypeError",
      "ERR_INVALID_ARG_VALUE",
    );
    expectCode(
      () => Requester.createNew("x", { ...JSONS, capacityBytes: 2 ** 30 }),
      "RangeError",
      "ERR_OUT_OF_RANGE",
    );
    expectCode(
      () => Requester.createNew("x", { ...JSONS, capacityBytes: 2 ** 28 }),
      "RangeError",
      "ERR_OUT_OF_RANGE",
    );
  });
});

describe("Responder.poll()", () => {
  test("answers in place, or with what the handler returns, or throws", async () => {
    using _home = new Home();
    using responder = Responder.createNew("asked", STRUCTS);
    using requester = Requester.openExisting("asked", STRUCTS);
    const answers = [0, 1, 2, 3].map((id) =>
      requester.request({ id, factor: 3 }).catch((error: Error) => error.message),
    );
    const count = responder.poll((request, place) => {
      if (request.id === 2) throw new Error("not two");
      if (request.id === 3) return { id: 33, product: 99 };
      place.id = request.id;
      place.product = request.id * request.factor;
      return undefined;
    });
    expect(count).toBe(4);
    expect(await Promise.all(answers)).toEqual([
      { id: 0, product: 0 },
      { id: 1, product: 3 },
      "not two",
      { id: 33, product: 99 },
    ]);
    expect(responder.poll(() => undefined)).toBe(0);
  });

  test("answers aside when the ring of replies is full", async () => {
    using _home = new Home();
    const Wide = struct({ id: u32, data: bytes(900) });
    const options = { request: json, response: Wide, capacityBytes: 4096 };
    using responder = Responder.createNew("wide", options);
    using requester = Requester.openExisting("wide", options);
    const answers = Array.from({ length: 20 }, (_, id) => requester.request(id));
    let total = 0;
    while (total < 20) {
      total += responder.poll((id, place) => {
        place.id = id;
        place.data = new Uint8Array(900).fill(id);
      });
      await settle();
    }
    const found = await Promise.all(answers);
    expect(found.map(({ id, data }) => [id, data[899]])).toEqual(
      Array.from({ length: 20 }, (_, id) => [id, id]),
    );
    expect(responder.metrics.waits).toBeGreaterThan(0);
  });

  test("limits, refuses asynchronous handlers and itself, and may be disposed inside", async () => {
    using _home = new Home();
    using stack = new DisposableStack();
    const { responder, requester } = jsonPair(stack);
    const answers = [1, 2, 3, 4].map((x) => held(requester.request(x)));
    expect(responder.poll((x) => x, { limit: 2 })).toBe(2);
    expect(responder.poll(async (x) => x, { limit: 1 })).toBe(1);
    await expectRejection(answers[2] as Promise<unknown>, "RemoteError", "ERR_INVALID_ARG_TYPE");
    const inside = (x: number): number => {
      expectCode(() => responder.poll(() => 1), "NotSupportedError", "ERR_NOT_SUPPORTED");
      responder.dispose();
      return x;
    };
    expect(responder.poll(inside)).toBe(1);
    expect(await Promise.all([answers[0], answers[1], answers[3]])).toEqual([1, 2, 4]);
  });
});

describe("Requester.requestSync()", () => {
  test("times out when nobody answers, and refuses bad options", () => {
    using _home = new Home();
    using requester = Requester.createNew("asked", JSONS);
    expectCode(() => requester.requestSync(1, { timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
    const spinning = { timeoutMs: 5, spinMs: 2 };
    expectCode(() => requester.requestSync(1, spinning), "TimeoutError", "ETIMEDOUT");
    expectCode(() => requester.requestSync(1, { spinMs: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
    expect(requester.metrics).toMatchObject({ pending: 0, timeouts: 2, requests: 0 });
  });
});

describe("Requester.ready() and absent()", () => {
  test("wait for a responder to come, and to leave", async () => {
    using _home = new Home();
    using requester = Requester.createNew("asked", JSONS);
    const order: string[] = [];
    const came = requester.ready().then(() => order.push("ready"));
    await requester.absent();
    await settle();
    expect(order).toEqual([]);
    const responder = Responder.openExisting("asked", JSONS);
    await came;
    await requester.ready();
    const left = requester.absent().then(() => order.push("absent"));
    await settle();
    expect(order).toEqual(["ready"]);
    responder.dispose();
    await left;
    expect(order).toEqual(["ready", "absent"]);
  });

  test("end by time, by a signal, and with the requester", async () => {
    using _home = new Home();
    using responder = Responder.createNew("asked", JSONS);
    const requester = Requester.openExisting("asked", JSONS);
    await expectRejection(requester.absent({ timeoutMs: 1 }), "TimeoutError", "ETIMEDOUT");
    const stop = new AbortController();
    const stopped = held(requester.absent({ signal: stop.signal }));
    stop.abort(new Error("enough"));
    await expect(stopped).rejects.toThrow("enough");
    const disposed = held(requester.absent());
    requester.dispose();
    await expectRejection(disposed, "DisposedError", "ERR_DISPOSED");
    await expectRejection(requester.ready(), "DisposedError", "ERR_DISPOSED");
    responder.dispose();
  });
});
