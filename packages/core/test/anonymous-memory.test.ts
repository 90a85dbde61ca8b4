import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { MEMORY_ACCESS } from "../src/access.ts";
import { type CreateMemoryOptions, MemoryMappedFile } from "../src/index.ts";
import { runFixture } from "./support/subprocess.ts";

describe("MemoryMappedFile.createNew() without a name", () => {
  test("makes memory of exactly that many zeros, shared by its views", () => {
    for (const capacity of [1, 7, 4096, 4097, 1 << 20]) {
      using memory = MemoryMappedFile.createNew(null, capacity);
      using view = memory.createViewAccessor();
      using other = memory.createViewAccessor();
      expect([memory.capacity, view.capacity, memory.name, memory.createdNew]).toEqual([
        capacity,
        capacity,
        null,
        true,
      ]);
      expect(view.bytes().every((byte) => byte === 0)).toBe(true);
      view.writeUint8(capacity - 1, 5);
      expect(other.readUint8(capacity - 1)).toBe(5);
    }
  });

  test("makes memory of its own every time", () => {
    using first = MemoryMappedFile.createNew(null, 10);
    using second = MemoryMappedFile.createNew(null, 10);
    using view = first.createViewAccessor();
    using other = second.createViewAccessor();
    view.writeUint8(0, 1);
    expect(other.readUint8(0)).toBe(0);
  });

  test.each(MEMORY_ACCESS.map((access) => [access]))("takes the access %s", (access) => {
    using memory = MemoryMappedFile.createNew(null, 100, { access });
    using view = memory.createViewAccessor();
    expect([memory.access, view.capacity, view.readInt32(0)]).toEqual([access, 100, 0]);
  });

  test.each([
    ["0", 0, RangeError, "ERR_OUT_OF_RANGE"],
    ["negative", -1, RangeError, "ERR_OUT_OF_RANGE"],
    ["NaN", Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
    ["a fraction", 1.5, RangeError, "ERR_OUT_OF_RANGE"],
    ["2^53", 2 ** 53, RangeError, "ERR_OUT_OF_RANGE"],
    ["a BigInt", 10n, TypeError, "ERR_INVALID_ARG_TYPE"],
    ["a string", "10", TypeError, "ERR_INVALID_ARG_TYPE"],
    ["absent", undefined, TypeError, "ERR_INVALID_ARG_TYPE"],
    ["null", null, TypeError, "ERR_INVALID_ARG_TYPE"],
  ])("refuses a capacity that is %s", (_label, capacity, type, code) => {
    const make = () => MemoryMappedFile.createNew(null, capacity as number);
    expectCode(make, type, code);
  });

  test("refuses options that are none", () => {
    const make = (options: unknown) => () =>
      MemoryMappedFile.createNew(null, 10, options as CreateMemoryOptions);
    expectCode(make({ access: "write" }), TypeError, "ERR_INVALID_ARG_VALUE");
    expectCode(make({ access: 1 }), TypeError, "ERR_INVALID_ARG_TYPE");
    expectCode(make({ lifetime: "forever" }), TypeError, "ERR_INVALID_ARG_VALUE");
    expectCode(make(null), TypeError, "ERR_INVALID_ARG_TYPE");
    expectCode(make("readWrite"), TypeError, "ERR_INVALID_ARG_TYPE");
  });

  // The limit on file sizes makes sure that a failing test does not eat the memory of this machine.
  testIf(isLinux && Bun.which("prlimit") !== null, "prlimit")(
    "refuses with ENOSPC more than this machine has, instead of using all of it up",
    async () => {
      const codes = await runFixture("anonymous-too-large", {
        prefix: ["prlimit", "--fsize=1073741824"],
      });
      expect(codes).toEqual(["ENOSPC", "ENOSPC", "ENOSPC"]);
    },
  );
});
