/** Changing a shared struct: one version or nothing. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import {
  array,
  NamedMutex,
  SharedStruct,
  type StructSchema,
  struct,
  u32,
} from "../../src/index.ts";
import { peerOf } from "./support/peers.ts";
import { Small, smallOf } from "./support/records.ts";

const Pair = struct({ count: u32, items: array(u32, 2), inner: struct({ depth: u32 }) });
const ZERO = { count: 0, items: [0, 0], inner: { depth: 0 } };

function setCount(count: number): (t: { count: number }) => void {
  return (t) => {
    t.count = count;
  };
}

/** A change that counts on. */
function addOne(t: { count: number }): void {
  t.count += 1;
}

type Shared = SharedStruct<typeof Pair extends StructSchema<infer F> ? F : never>;

/** Lets a test use a struct of its own. */
function withShared(run: (shared: Shared) => void): void {
  using _home = new Home();
  using shared = SharedStruct.createNew("pair", Pair);
  run(shared);
}

/** A struct that nobody has changed, and that can be changed. */
function expectUntouched(shared: Shared): void {
  expect(shared.readVersioned()).toEqual({ version: 0, value: ZERO });
  expect(shared.update(setCount(1))).toBe(1);
  expect(shared.read().count).toBe(1);
}

describe("SharedStruct.update()", () => {
  test("publishes one version each time and returns it", () =>
    withShared((shared) => {
      for (let n = 1; n <= 10; n++) {
        expect(shared.update(addOne)).toBe(n);
        expect(shared.version).toBe(n);
      }
      // Nothing changed is a version, too: whoever counts updates counts this one.
      expect(shared.update(() => {})).toBe(11);
      expect(shared.read().count).toBe(10);
    }));

  test("starts from the current value, not from that of the handle's last update", () =>
    withShared((shared) => {
      using other = SharedStruct.openExisting("pair", Pair);
      shared.update(setCount(5));
      other.update((t) => void t.items.set(1, t.count));
      shared.update((t) => {
        t.inner.depth = t.items.get(1);
      });
      expect(other.readVersioned()).toEqual({
        version: 3,
        value: { count: 5, items: [0, 5], inner: { depth: 5 } },
      });
    }));

  test("publishes nothing when the change throws, and lets go of the mutex", () =>
    withShared((shared) => {
      const failure = new Error("on purpose");
      const change = () =>
        shared.update((t) => {
          t.count = 9;
          t.items.copyFrom([9, 9]);
          throw failure;
        });
      expect(change).toThrow(failure);
      expectUntouched(shared);
    }));

  test("publishes nothing when a field refuses its value", () =>
    withShared((shared) => {
      const change = () =>
        shared.update((t) => {
          t.count = 9;
          t.inner.depth = -1;
        });
      expectCode(change, "RangeError", "ERR_OUT_OF_RANGE");
      expectUntouched(shared);
    }));

  test("refuses an asynchronous change, whatever it does later", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("pair", Pair);
    let resume = (): void => {};
    const pause = new Promise<void>((resolve) => {
      resume = resolve;
    });
    const change: (t: { count: number }) => unknown = async (t) => {
      t.count = 9;
      await pause;
      t.count = 10;
    };
    expectCode(() => shared.update(change), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectUntouched(shared);
    resume();
    await pause;
    expect(shared.readVersioned()).toMatchObject({ version: 1, value: { count: 1 } });
  });

  test("refuses to update or read inside an update of the same handle", () =>
    withShared((shared) => {
      for (const use of [
        () => shared.update(() => {}),
        () => shared.compareAndSet(0, () => {}),
        () => shared.read(),
        () => shared.readVersioned(),
        () => shared.version,
        () => shared.changes(),
      ]) {
        const change = () => shared.update(() => void use());
        expectCode(change, "NotSupportedError", "ERR_NOT_SUPPORTED");
      }
      expectUntouched(shared);
    }));

  test("fails inside an update of another handle of the same thread, which may read", () =>
    withShared((shared) => {
      using other = SharedStruct.openExisting("pair", Pair);
      shared.update((t) => {
        t.count = 1;
        // The thread holds the mutex: waiting for it would never end.
        expectCode(() => other.update(() => {}), "SystemError", "EDEADLK");
        expect(other.readVersioned()).toEqual({ version: 0, value: ZERO });
      });
      expect(other.update(addOne)).toBe(2);
    }));

  test("waits for others after this thread has let go of mutexes in another order", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("shared", Small);
    using mutexes = new DisposableStack();
    const locks = ["first", "second"].map((name) => {
      const mutex = mutexes.use(NamedMutex.createNew(name));
      let lock = mutex.acquire();
      lock.release();
      shared.update(() => {
        lock = mutex.acquire();
      });
      return lock;
    });
    await using holder = peerOf("peer");
    await holder.call("open", "shared");
    expect(await holder.call<string>("enter", 3)).toBe("inside");
    const update = () => shared.update(() => {}, { timeoutMs: 5 });
    expectCode(update, "TimeoutError", "ETIMEDOUT");
    for (const lock of locks) {
      lock.release();
      expectCode(update, "TimeoutError", "ETIMEDOUT");
    }
    holder.send("version"); // ends the update
    expect(await holder.answer<number>()).toBe(3);
    expect(shared.update(() => {})).toBe(4);
  });

  test("a cursor that was kept cannot change the shared value", () =>
    withShared((shared) => {
      using other = SharedStruct.openExisting("pair", Pair);
      let kept = Pair.cursor(new DataView(new ArrayBuffer(Pair.size)), 0);
      shared.update((t) => {
        kept = t;
        t.count = 1;
      });
      const { items, inner } = kept;
      kept.count = 77;
      items.set(0, 77);
      inner.depth = 77;
      expect(other.read()).toEqual({ ...ZERO, count: 1 });
      kept.count = 78;
      items.set(0, 78);
      inner.depth = 78;
      // Neither does what was written through it come along with the next update.
      shared.update(addOne);
      expect(shared.read()).toEqual({ ...ZERO, count: 2 });
      expect(other.read()).toEqual({ ...ZERO, count: 2 });
    }));

  test("what was read shares nothing with later values", () =>
    withShared((shared) => {
      const before = shared.read();
      shared.update((t) => t.items.copyFrom([1, 2]));
      expect(before).toEqual(ZERO);
    }));

  test("disposal inside an update takes effect behind it", () => {
    using home = new Home();
    const shared = SharedStruct.createNew("pair", Pair);
    using other = SharedStruct.openExisting("pair", Pair);
    const version = shared.update((t) => {
      t.count = 4;
      shared.dispose();
      shared.dispose();
      t.inner.depth = 5;
    });
    expect(version).toBe(1);
    expectCode(() => shared.read(), "DisposedError", "ERR_DISPOSED");
    expectCode(() => shared.update(() => {}), "DisposedError", "ERR_DISPOSED");
    expect(other.read()).toEqual({ ...ZERO, count: 4, inner: { depth: 5 } });
    expect(other.update(() => {})).toBe(2); // the mutex is free
    other.dispose();
    expect(home.names()).toEqual([]);
  });

  test("times out when another process holds the mutex, and reads meanwhile", async () => {
    using _home = new Home();
    await using peer = peerOf("peer");
    await peer.call("open", "shared");
    await using holder = peerOf("peer");
    await holder.call("open", "shared");
    expect(await holder.call<string>("enter", 3)).toBe("inside");
    await peer.call("expectTimeout", 30);
    expect(await peer.call<number>("first")).toBe(0);
    holder.send("version"); // ends the update
    expect(await holder.answer<number>()).toBe(1);
    expect(await peer.call<number>("first")).toBe(3);
    expect(await peer.call<number>("set", 4)).toBe(2);
  });

  test("refuses options that are none", () =>
    withShared((shared) => {
      const update = (options: unknown) => () => shared.update(() => {}, options as never);
      expectCode(update({ timeoutMs: "1" }), "TypeError", "ERR_INVALID_ARG_TYPE");
      expectCode(update({ timeoutMs: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
      expectUntouched(shared);
    }));

  test("refuses a change that is no function", () =>
    withShared((shared) => {
      for (const change of [undefined, null, 5, { count: 1 }]) {
        const update = () => shared.update(change as never);
        expectCode(update, "TypeError", "ERR_INVALID_ARG_TYPE");
      }
      expectUntouched(shared);
    }));

  test("sees what its own process and others write in turns", async () => {
    using _home = new Home();
    await using one = peerOf("peer");
    await using two = peerOf("peer");
    await one.call("open", "shared");
    await two.call("open", "shared");
    for (let n = 1; n <= 20; n++) {
      const [writer, reader] = n % 2 === 0 ? [one, two] : [two, one];
      expect(await writer.call<number>("set", smallOf(n).first)).toBe(n);
      expect(await reader.call<number>("first")).toBe(n);
    }
  });
});
