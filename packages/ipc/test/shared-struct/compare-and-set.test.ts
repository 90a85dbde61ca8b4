/** Changing a shared struct only if nobody else has. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import type { Peer } from "@isthmus/testing/peer";
import { SharedStruct, struct, u32 } from "../../src/index.ts";
import { peers } from "./support/peers.ts";

const Counter = struct({ count: u32 });

const PROCESSES = 4;
const ATTEMPTS = 3000;

/** A change that counts on. */
function addOne(t: { count: number }): void {
  t.count += 1;
}

describe("SharedStruct.compareAndSet()", () => {
  test("sets a value when the version is still the one", () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    expect(shared.compareAndSet(0, { count: 5 })).toBe(true);
    expect(shared.readVersioned()).toEqual({ version: 1, value: { count: 5 } });
    expect(shared.compareAndSet(1, addOne)).toBe(true);
    expect(shared.readVersioned()).toEqual({ version: 2, value: { count: 6 } });
  });

  test("does nothing when the version is another", () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    shared.update(() => {});
    let isCalled = false;
    for (const version of [0, 2, Number.MAX_SAFE_INTEGER]) {
      expect(shared.compareAndSet(version, { count: 5 })).toBe(false);
      expect(
        shared.compareAndSet(version, () => {
          isCalled = true;
        }),
      ).toBe(false);
    }
    expect(isCalled).toBe(false);
    expect(shared.readVersioned()).toEqual({ version: 1, value: { count: 0 } });
  });

  test("publishes nothing when the value does not fit or the change throws", () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    const set = (change: unknown) => () => shared.compareAndSet(0, change as { count: number });
    expectCode(set({ count: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(set({}), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(
      set(async () => {}),
      "TypeError",
      "ERR_INVALID_ARG_TYPE",
    );
    const failure = new Error("on purpose");
    expect(() =>
      shared.compareAndSet(0, (t) => {
        t.count = 9;
        throw failure;
      }),
    ).toThrow(failure);
    expect(shared.readVersioned()).toEqual({ version: 0, value: { count: 0 } });
    expect(shared.compareAndSet(0, { count: 1 })).toBe(true);
  });

  test("refuses a version that is none", () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    const set = (version: unknown) => () => shared.compareAndSet(version as number, { count: 1 });
    expectCode(set("0"), "TypeError", "ERR_INVALID_ARG_TYPE");
    for (const version of [-1, 0.5, NaN]) {
      expectCode(set(version), "RangeError", "ERR_OUT_OF_RANGE");
    }
  });

  test(`of ${PROCESSES} processes: every success is one version, and nothing is lost`, async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const all = peers(stack, "peer", PROCESSES);
    for (const peer of all) await peer.call("open", "shared");
    const results = await Promise.all(
      all.map((peer) => peer.call<{ successes: number; failures: number }>("contend", ATTEMPTS)),
    );
    const successes = results.reduce((sum, result) => sum + result.successes, 0);
    const [peer] = all as [Peer];
    expect(await peer.call<number>("version")).toBe(successes);
    expect(await peer.call<number>("first")).toBe(successes);
    expect(results.every((result) => result.successes > 0)).toBe(true);
  });
});
