/** Changing a shared struct without blocking the event loop. */
import { describe, expect, test } from "bun:test";
import { expectRejection, expectRejections } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { NamedMutex, SharedStruct, struct, u32 } from "../../src/index.ts";
import { peerOf } from "./support/peers.ts";
import { Small, smallOf } from "./support/records.ts";

const Count = struct({ count: u32 });

function addOne(t: { count: number }): void {
  t.count += 1;
}

function addToFirst(t: { first: number }): void {
  t.first += 1;
}

function setNegative(t: { count: number }): void {
  t.count = -1;
}

/** Another process that is inside an update of "shared" until it is told something. */
async function holderOf(name = "shared") {
  const holder = peerOf("peer");
  await holder.call("open", name);
  expect(await holder.call<string>("enter", 3)).toBe("inside");
  return {
    /** Ends the update. */
    leave: async () => {
      holder.send("version");
      return await holder.answer<number>();
    },
    kill: () => holder.kill(),
    [Symbol.asyncDispose]: () => holder.kill(),
  };
}

describe("SharedStruct.updateAsync()", () => {
  test("publishes one version each time and returns it", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("pair", Count);
    expect(await shared.updateAsync(addOne)).toBe(1);
    expect(await shared.updateAsync(addOne, { timeoutMs: 0 })).toBe(2);
    expect(shared.readVersioned()).toEqual({ version: 2, value: { count: 2 } });
    expect(await shared.compareAndSetAsync(1, { count: 9 })).toBe(false);
    expect(await shared.compareAndSetAsync(2, { count: 9 })).toBe(true);
    expect(await shared.compareAndSetAsync(3, addOne)).toBe(true);
    expect(shared.readVersioned()).toEqual({ version: 4, value: { count: 10 } });
  });

  test("leaves the event loop alone while another process is inside an update", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("shared", Small);
    await using holder = await holderOf();
    let isDone = false;
    const update = shared.updateAsync(addToFirst).finally(() => {
      isDone = true;
    });
    // Each of these turns is one that a blocked loop would not have had.
    for (let turn = 0; turn < 20; turn++) await Bun.sleep(1);
    expect([isDone, shared.version]).toEqual([false, 0]);
    await holder.leave();
    expect(await update).toBe(2);
    expect(shared.read().first).toBe(4);
  });

  test("takes turns in the order in which tasks came, through whichever handle", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("shared", Small);
    using other = SharedStruct.openExisting("shared", Small);
    await using holder = await holderOf();
    const order: number[] = [];
    const updates = Array.from({ length: 12 }, (_, n) =>
      (n % 3 === 0 ? other : shared).updateAsync(() => void order.push(n)),
    );
    await Bun.sleep(5);
    await holder.leave();
    expect(await Promise.all(updates)).toEqual(updates.map((_, n) => n + 2));
    expect(order).toEqual(updates.map((_, n) => n));
  });

  test("waits no longer than it is told, and lets those behind it go on", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("shared", Small);
    await using holder = await holderOf();
    const reason = new Error("enough");
    const [head, queued] = [new AbortController(), new AbortController()];
    const change = () => {};
    const first = shared.updateAsync(change, { signal: head.signal });
    const second = shared.updateAsync(change, { signal: queued.signal });
    const third = shared.updateAsync(change, { timeoutMs: 5 });
    const fourth = shared.compareAndSetAsync(1, change, { timeoutMs: 200_000 });
    const ends = [first, second].map((update) => update.catch((error: unknown) => error));
    await expectRejection(third, "TimeoutError", "ETIMEDOUT");
    await expectRejection(
      shared.updateAsync(change, { timeoutMs: 0 }),
      "TimeoutError",
      "ETIMEDOUT",
    );
    queued.abort(reason);
    head.abort(reason);
    expect(await Promise.all(ends)).toEqual([reason, reason]);
    const aborted = shared.updateAsync(change, { signal: AbortSignal.abort(reason) });
    expect(await aborted.catch((error: unknown) => error)).toBe(reason);
    await holder.leave();
    expect(await fourth).toBe(true);
    expect(shared.version).toBe(2);
  });

  test("goes on when the process that was inside an update dies", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("shared", Small, { initial: smallOf(0) });
    await using holder = await holderOf();
    const update = shared.updateAsync(addToFirst);
    await Bun.sleep(1);
    await holder.kill();
    expect(await update).toBe(1);
    expect(shared.read().first).toBe(1);
  });

  test("refuses what update() refuses, publishes nothing then, and lets go of the mutex", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("pair", Count);
    using other = SharedStruct.openExisting("pair", Count);
    const failure = new Error("on purpose");
    const failing = shared.updateAsync((t) => {
      t.count = 9;
      throw failure;
    });
    expect(await failing.catch((error: unknown) => error)).toBe(failure);
    const late: (t: { count: number }) => unknown = async (t) => {
      t.count = 9;
    };
    const cases: readonly [Promise<unknown>, string, string][] = [
      [shared.updateAsync(late as never), "TypeError", "ERR_INVALID_ARG_TYPE"],
      [shared.updateAsync(5 as never), "TypeError", "ERR_INVALID_ARG_TYPE"],
      [shared.updateAsync(setNegative), "RangeError", "ERR_OUT_OF_RANGE"],
      [shared.updateAsync(addOne, 5 as never), "TypeError", "ERR_INVALID_ARG_TYPE"],
      [shared.updateAsync(addOne, { timeoutMs: -1 }), "RangeError", "ERR_OUT_OF_RANGE"],
      [shared.compareAndSetAsync(-1, { count: 1 }), "RangeError", "ERR_OUT_OF_RANGE"],
      [shared.compareAndSetAsync(0, late as never), "TypeError", "ERR_INVALID_ARG_TYPE"],
    ];
    // All at once: one that waits for the event loop's turn leaves the others time to reject.
    await Promise.all(cases.map(async (one) => await expectRejection(...one)));
    const nested: Promise<unknown>[] = [];
    shared.update(() => void nested.push(shared.updateAsync(addOne), other.updateAsync(addOne)));
    await Promise.all([
      expectRejection(nested[0] as Promise<unknown>, "NotSupportedError", "ERR_NOT_SUPPORTED"),
      expectRejection(nested[1] as Promise<unknown>, "SystemError", "EDEADLK"),
    ]);
    expect(other.readVersioned()).toEqual({ version: 1, value: { count: 0 } });
    expect(other.update(addOne)).toBe(2);
  });

  test("rejects when the struct is disposed meanwhile, whether it waits or is in the queue", async () => {
    using home = new Home();
    const shared = SharedStruct.createNew("shared", Small);
    await using holder = await holderOf();
    const updates = [shared.updateAsync(() => {}), shared.compareAndSetAsync(0, () => {})];
    await Bun.sleep(1);
    shared.dispose();
    // Both at once: the one in the queue rejects while the one that waits is still on its way.
    const refusals = await expectRejections(updates, "DisposedError", "ERR_DISPOSED");
    for (const { message } of refusals) {
      expect(message).toContain("SharedStruct");
    }
    const [first, second] = [
      SharedStruct.openExisting("shared", Small),
      SharedStruct.openExisting("shared", Small),
    ];
    const head = first.updateAsync(() => {});
    const behind = second.updateAsync(() => {});
    second.dispose();
    await expectRejection(behind, "DisposedError", "ERR_DISPOSED");
    first.dispose();
    await expectRejection(head, "DisposedError", "ERR_DISPOSED");
    await expectRejection(
      shared.updateAsync(() => {}),
      "DisposedError",
      "ERR_DISPOSED",
    );
    await holder.kill();
    expect(home.names()).toEqual(["shared"]); // left over by the one that was killed
    expect(() => SharedStruct.openExisting("shared", Small)).toThrow("ENOENT");
  });

  test("disposal by the change takes effect behind it, also when it had to wait", async () => {
    using _home = new Home();
    const free = SharedStruct.createNew("free", Count);
    using witness = SharedStruct.openExisting("free", Count);
    const update = free.updateAsync((t) => {
      free.dispose();
      t.count = 4;
    });
    expect(await update).toBe(1);
    expect(witness.read().count).toBe(4);
    await expectRejection(free.updateAsync(addOne), "DisposedError", "ERR_DISPOSED");

    const shared = SharedStruct.createNew("shared", Small);
    await using holder = await holderOf();
    const late = shared.updateAsync(() => shared.dispose());
    await Bun.sleep(1);
    await holder.leave();
    expect(await late).toBe(2);
  });

  test("loses no update, mixed with synchronous ones of this and other processes", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("shared", Small, { initial: smallOf(0) });
    using mutex = NamedMutex.createNew("unrelated");
    await using one = peerOf("peer");
    await using two = peerOf("peer");
    for (const peer of [one, two]) await peer.call("open", "shared");
    const theirs = [one.call("increment", 300, true), two.call("increment", 300)];
    const own = Array.from({ length: 300 }, async (_, n) => {
      if (n % 50 === 0) (await mutex.acquireAsync()).release();
      await shared.updateAsync(addToFirst);
    });
    for (let n = 0; n < 100; n++) {
      shared.update(addToFirst);
      if (n % 10 === 0) await Bun.sleep(0);
    }
    await Promise.all([...theirs, ...own]);
    expect(shared.readVersioned()).toMatchObject({ version: 1000, value: { first: 1000 } });
  });
});
