/** Making and opening a shared struct. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { SharedStruct, struct, u32 } from "../../src/index.ts";
import { peerOf } from "./support/peers.ts";

const Counter = struct({ count: u32 });

describe("SharedStruct.createNew()", () => {
  test("makes a struct of zeros with version 0", () => {
    using home = new Home();
    using shared = SharedStruct.createNew("made", Counter);
    expect([shared.createdNew, shared.name, shared.version]).toEqual([true, "made", 0]);
    expect(shared.read()).toEqual({ count: 0 });
    expect(shared.readVersioned()).toEqual({ version: 0, value: { count: 0 } });
    expect(home.names()).toEqual(["made"]);
  });

  test("takes the first value as version 0", () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("made", Counter, { initial: { count: 7 } });
    expect(shared.readVersioned()).toEqual({ version: 0, value: { count: 7 } });
  });

  test("rejects a first value that does not fit, and leaves nothing behind", () => {
    using home = new Home();
    const make = () => SharedStruct.createNew("made", Counter, { initial: { count: -1 } });
    expectCode(make, "RangeError", "ERR_OUT_OF_RANGE");
    expect(home.names()).toEqual([]);
    SharedStruct.createNew("made", Counter).dispose();
  });

  test("rejects what is no schema", () => {
    using _home = new Home();
    for (const schema of [undefined, null, {}, { count: u32 }, u32]) {
      const make = () => SharedStruct.createNew("made", schema as never);
      expectCode(make, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
  });
});

describe("SharedStruct.openExisting()", () => {
  test("sees the value that another handle has published", () => {
    using _home = new Home();
    using one = SharedStruct.createNew("made", Counter);
    one.update((t) => {
      t.count = 3;
    });
    using two = SharedStruct.openExisting("made", Counter);
    expect([two.createdNew, two.version, two.read().count]).toEqual([false, 1, 3]);
  });
});

describe("SharedStruct.createOrOpen()", () => {
  test("says which of two processes made it, and ignores the other's first value", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("made", struct({ count: u32 }));
    expect(shared.createdNew).toBe(true);
    await using peer = peerOf("peer");
    expect(await peer.call("open", "shared")).toEqual({ createdNew: true, version: 0 });
    await peer.call("set", 5);
    await using other = peerOf("peer");
    expect(await other.call("open", "shared")).toEqual({ createdNew: false, version: 1 });
    expect(await other.call<number>("first")).toBe(5);
  });
});

describe("SharedStruct lifetime", () => {
  test("ends with the last holder, killed or not", async () => {
    using home = new Home();
    await using peer = peerOf("peer");
    await peer.call("open", "shared");
    await using other = peerOf("peer");
    expect(await other.call("open", "shared")).toMatchObject({ createdNew: false });
    await other.call("set", 9);
    await peer.kill();
    await other.kill();
    await using next = peerOf("peer");
    expect(await next.call("open", "shared")).toEqual({ createdNew: true, version: 0 });
    await next.call("dispose");
    expect(home.names()).toEqual([]);
    expect(await next.finish()).toBe(0);
  });

  test('"persistent" keeps value and version when nobody holds it', async () => {
    using home = new Home();
    await using peer = peerOf("peer");
    await peer.call("open", "kept", "persistent");
    await peer.call("set", 41);
    await peer.call("increment", 1);
    await peer.kill();
    expect(home.names()).toEqual(["kept"]);
    await using next = peerOf("peer");
    expect(await next.call("open", "kept")).toEqual({ createdNew: false, version: 2 });
    expect(await next.call<number>("first")).toBe(42);
  });
});
