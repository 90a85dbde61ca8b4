/** The four verbs of named memory, and anonymous memory, as the public contract has them. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { MemoryMappedFile } from "../../src/index.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

// Generous: the processes of a test may have to share a busy machine.
describe("MemoryMappedFile.createNew()", () => {
  test("makes memory of exactly the wanted length, all zero", () => {
    using _home = new Home();
    for (const capacity of [1, 7, 1000, 4095, 4096, 4097, 100_000]) {
      using memory = MemoryMappedFile.createNew("exact", capacity);
      using view = memory.createViewAccessor();
      expect([memory.capacity, view.capacity, view.bytes().length]).toEqual(
        Array(3).fill(capacity),
      );
      expect(view.bytes().every((byte) => byte === 0)).toBe(true);
      view.bytes().fill(0xff);
    }
  });

  test("reports its name, its access and that it is new", () => {
    using _home = new Home();
    using memory = MemoryMappedFile.createNew("Reported", 10);
    expect([memory.name, memory.access, memory.createdNew]).toEqual([
      "Reported",
      "readWrite",
      true,
    ]);
  });

  test("throws EEXIST while this process holds the name", () => {
    using _home = new Home();
    using _memory = MemoryMappedFile.createNew("taken", 16);
    const error = expectCode(
      () => MemoryMappedFile.createNew("taken", 16),
      "SystemError",
      "EEXIST",
    );
    expect(error.message).toContain('"taken"');
  });

  test("throws EEXIST while another process holds the name", async () => {
    using _home = new Home();
    await using other = new Participant();
    await other.call("create", "m", "taken", 16);
    expectCode(() => MemoryMappedFile.createNew("taken", 16), "SystemError", "EEXIST");
    await other.call("dispose", "m");
    MemoryMappedFile.createNew("taken", 16).dispose();
  });

  testIf(!isWindows, "file names that differ by case")("tells names apart by case", () => {
    using home = new Home();
    using _lower = MemoryMappedFile.createNew("name", 1);
    using _upper = MemoryMappedFile.createNew("NAME", 1);
    expect(home.files()).toEqual(["NAME", "name"]);
  });

  test("refuses capacities that are no length, before anything is made", () => {
    using home = new Home();
    for (const capacity of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53]) {
      expectCode(() => MemoryMappedFile.createNew("n", capacity), "RangeError", "ERR_OUT_OF_RANGE");
    }
    for (const capacity of ["16", 16n, null, undefined]) {
      const call = () => MemoryMappedFile.createNew("n", capacity as unknown as number);
      expectCode(call, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    expect(home.files()).toEqual([]);
  });

  test("refuses options that mean nothing", () => {
    using home = new Home();
    const create = (options: object) => () => MemoryMappedFile.createNew("n", 1, options);
    expectCode(create({ lifetime: "eternal" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(create({ lifetime: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(create({ access: "write" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expect(home.files()).toEqual([]);
  });
});

describe("MemoryMappedFile.openExisting()", () => {
  test("throws ENOENT when nobody holds the name", () => {
    using _home = new Home();
    const error = expectCode(
      () => MemoryMappedFile.openExisting("nobody"),
      "SystemError",
      "ENOENT",
    );
    expect(error.message).toContain('"nobody"');
    MemoryMappedFile.createNew("nobody", 8).dispose();
    expectCode(() => MemoryMappedFile.openExisting("nobody"), "SystemError", "ENOENT");
  });

  test("sees what another process wrote, and the other way round", async () => {
    using _home = new Home();
    await using other = new Participant();
    expect(await other.call("create", "m", "shared", 1234)).toMatchObject({ capacity: 1234 });
    await other.call("view", "v", "m");
    await other.call("write", "v", 1230, 77);
    using memory = MemoryMappedFile.openExisting("shared");
    using view = memory.createViewAccessor();
    expect([memory.capacity, memory.createdNew, memory.name]).toEqual([1234, false, "shared"]);
    expect(view.readInt32(1230)).toBe(77);
    view.writeInt32(0, -5);
    expect(await other.call<number>("read", "v", 0)).toBe(-5);
  });

  test("with read access refuses writing, and writes to raw bytes stay private", () => {
    using _home = new Home();
    using owner = MemoryMappedFile.createNew("guarded", 64);
    using ownerView = owner.createViewAccessor();
    ownerView.writeInt32(0, 1);
    using reader = MemoryMappedFile.openExisting("guarded", { access: "read" });
    using view = reader.createViewAccessor();
    expect([reader.access, view.canWrite, view.readInt32(0)]).toEqual(["read", false, 1]);
    expectCode(() => view.writeInt32(0, 2), "NotSupportedError", "ERR_NOT_SUPPORTED");
    expectCode(() => reader.createViewAccessor({ access: "readWrite" }), "SystemError", "EACCES");
    view.bytes()[0] = 9;
    expect(ownerView.readInt32(0)).toBe(1);
  });

  test("with copyOnWrite access keeps its writes to itself", () => {
    using _home = new Home();
    using owner = MemoryMappedFile.createNew("copied", 64);
    using ownerView = owner.createViewAccessor();
    using copy = MemoryMappedFile.openExisting("copied", { access: "copyOnWrite" });
    using view = copy.createViewAccessor();
    view.writeInt32(0, 42);
    ownerView.writeInt32(4, 43);
    expect([view.readInt32(0), ownerView.readInt32(0)]).toEqual([42, 0]);
  });
});

describe("MemoryMappedFile.createOrOpen()", () => {
  test("makes the memory once and then opens it, whatever the capacity", async () => {
    using _home = new Home();
    using first = MemoryMappedFile.createOrOpen("both", 100);
    using second = MemoryMappedFile.createOrOpen("both", 999_999);
    await using other = new Participant();
    const third = await other.call("createOrOpen", "m", "both", 1);
    expect([first.createdNew, second.createdNew]).toEqual([true, false]);
    expect([first.capacity, second.capacity]).toEqual([100, 100]);
    expect(third).toMatchObject({ capacity: 100, createdNew: false });
  });

  test("makes it anew, zero, when the last holder is gone", () => {
    using _home = new Home();
    {
      using memory = MemoryMappedFile.createOrOpen("again", 8);
      using view = memory.createViewAccessor();
      view.writeInt32(0, 5);
    }
    using memory = MemoryMappedFile.createOrOpen("again", 16);
    using view = memory.createViewAccessor();
    expect([memory.createdNew, memory.capacity, view.readInt32(0)]).toEqual([true, 16, 0]);
  });

  test("checks the capacity also when it opens, and wants a name", () => {
    using _home = new Home();
    using _memory = MemoryMappedFile.createNew("n", 8);
    expectCode(() => MemoryMappedFile.createOrOpen("n", 0), "RangeError", "ERR_OUT_OF_RANGE");
    const anonymous = () => MemoryMappedFile.createOrOpen(null as unknown as string, 8);
    expectCode(anonymous, "TypeError", "ERR_INVALID_ARG_TYPE");
  });
});

describe("MemoryMappedFile.unlink()", () => {
  test("throws ENOENT when there is no such name", () => {
    using _home = new Home();
    expectCode(() => MemoryMappedFile.unlink("nothing"), "SystemError", "ENOENT");
  });

  test("removes a held name at once; its holders go on, and a new one is another memory", async () => {
    using home = new Home();
    await using other = new Participant();
    using old = MemoryMappedFile.createNew("moved", 16);
    using oldView = old.createViewAccessor();
    await other.call("open", "m", "moved");
    await other.call("view", "v", "m");

    MemoryMappedFile.unlink("moved");
    expect(home.files()).toEqual([]);
    expectCode(() => MemoryMappedFile.openExisting("moved"), "SystemError", "ENOENT");
    oldView.writeInt32(0, 11);
    expect(await other.call<number>("read", "v", 0)).toBe(11);

    using fresh = MemoryMappedFile.createNew("moved", 32);
    using freshView = fresh.createViewAccessor();
    expect(freshView.readInt32(0)).toBe(0);
    // The holders of the old memory leave: the new one's name is not theirs to remove.
    await other.kill();
    oldView.dispose();
    old.dispose();
    expect(home.files()).toEqual(["moved"]);
    using opened = MemoryMappedFile.openExisting("moved");
    expect(opened.capacity).toBe(32);
  });
});

describe("MemoryMappedFile.createNew(null)", () => {
  test("is shared by its views and by nobody else", async () => {
    using home = new Home();
    using one = MemoryMappedFile.createNew(null, 5000);
    using two = MemoryMappedFile.createNew(null, 5000);
    using first = one.createViewAccessor();
    using second = one.createViewAccessor({ offset: 4096 });
    using stranger = two.createViewAccessor();
    first.writeInt32(4096, 3);
    expect([second.readInt32(0), stranger.readInt32(4096)]).toEqual([3, 0]);
    expect([one.name, one.capacity, one.createdNew]).toEqual([null, 5000, true]);
    expect(home.files()).toEqual([]);
    await using other = new Participant();
    await expectRejection(other.call("open", "m", "isthmus"), "SystemError", "ENOENT");
  });

  test("views outlive the map", () => {
    const memory = MemoryMappedFile.createNew(null, 16);
    using view = memory.createViewAccessor();
    memory.dispose();
    view.writeInt32(0, 8);
    expect(view.readInt32(0)).toBe(8);
    expectCode(() => memory.createViewAccessor(), "DisposedError", "ERR_DISPOSED");
  });
});
