/** Making and opening a shared struct. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { NamedMutex, SharedStruct, struct, u32, u53 } from "../../src/index.ts";
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

  test("rejects a name that somebody holds", () => {
    using _home = new Home();
    using _shared = SharedStruct.createNew("made", Counter);
    expectCode(() => SharedStruct.createNew("made", Counter), "SystemError", "EEXIST");
  });

  test("rejects what is no schema", () => {
    using _home = new Home();
    for (const schema of [undefined, null, {}, { count: u32 }, u32]) {
      const make = () => SharedStruct.createNew("made", schema as never);
      expectCode(make, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
  });
});

describe("SharedStruct options", () => {
  test("rejects a lifetime that there is not, and options that are none", () => {
    using home = new Home();
    for (const verb of [SharedStruct.createNew, SharedStruct.createOrOpen]) {
      const make = (options: unknown) => () => verb("made", Counter, options as object);
      expectCode(make({ lifetime: "forever" }), "TypeError", "ERR_INVALID_ARG_VALUE");
      expectCode(make(null), "TypeError", "ERR_INVALID_ARG_TYPE");
      expectCode(make("persistent"), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    expect(home.names()).toEqual([]);
  });
});

describe("SharedStruct.openExisting()", () => {
  test("rejects a name that nobody holds", () => {
    using _home = new Home();
    expectCode(() => SharedStruct.openExisting("absent", Counter), "SystemError", "ENOENT");
    SharedStruct.createNew("absent", Counter).dispose();
    expectCode(() => SharedStruct.openExisting("absent", Counter), "SystemError", "ENOENT");
  });

  test("sees the value that another handle has published", () => {
    using _home = new Home();
    using one = SharedStruct.createNew("made", Counter);
    one.update((t) => {
      t.count = 3;
    });
    using two = SharedStruct.openExisting("made", Counter);
    expect([two.createdNew, two.version, two.read().count]).toEqual([false, 1, 3]);
  });

  test("names both fingerprints when the schemas differ", () => {
    using _home = new Home();
    const Other = struct({ count: u53 });
    using _shared = SharedStruct.createNew("made", Counter);
    for (const open of [SharedStruct.openExisting, SharedStruct.createOrOpen]) {
      const error = expectCode(
        () => open("made", Other),
        "CorruptSegmentError",
        "ERR_CORRUPT_SEGMENT",
      );
      expect(error.message).toContain(Counter.fingerprint.hex);
      expect(error.message).toContain(Other.fingerprint.hex);
    }
  });

  test("rejects a name of another kind", () => {
    using _home = new Home();
    using _mutex = NamedMutex.createNew("made");
    const open = () => SharedStruct.openExisting("made", Counter);
    const error = expectCode(open, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    expect(error.message).toContain("it is mutex");
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

  test("dispose() twice does nothing, and use after it throws", () => {
    using home = new Home();
    const shared = SharedStruct.createNew("made", Counter);
    shared.dispose();
    shared.dispose();
    expect(home.names()).toEqual([]);
    for (const use of [
      () => shared.read(),
      () => shared.readVersioned(),
      () => shared.version,
      () => shared.update(() => {}),
      () => shared.compareAndSet(0, { count: 1 }),
      () => shared.changes(),
    ]) {
      expectCode(use, "DisposedError", "ERR_DISPOSED");
    }
  });
});
