/** What a process has open and mapped before and after thousands of names. */

import { describe, expect } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { descriptorCount, mappingsOf } from "@isthmus/testing/process-state";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { MemoryMappedFile, SystemError } from "../../src/index.ts";
import { collectUntil } from "../support/garbage.ts";
import { Home } from "./support/home.ts";

// Generous: the processes of a test may have to share a busy machine.
const CYCLES = 5000;
const onLinux = testIf(isLinux, "Linux, for /proc/self");

/** Open descriptors, and mappings of files in a directory or of anonymous memory files. */
function held(home: Home): { descriptors: number; mappings: number } {
  return {
    descriptors: descriptorCount(),
    mappings: mappingsOf(home.path) + mappingsOf("memfd:isthmus"),
  };
}

/** What other tests have forgotten may go meanwhile: so many cycles that leave something leave more. */
function expectNoMore(after: ReturnType<typeof held>, before: ReturnType<typeof held>): void {
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(after.mappings).toBeLessThanOrEqual(before.mappings);
}

const CYCLE: Readonly<Record<string, () => void>> = {
  "named memory that is created": () => {
    using memory = MemoryMappedFile.createNew("cycled", 100);
    using view = memory.createViewAccessor();
    view.writeInt32(0, 1);
  },
  "named memory that is opened": () => {
    using _memory = MemoryMappedFile.createNew("cycled", 100);
    using opened = MemoryMappedFile.openExisting("cycled");
    using _stream = opened.createViewStream();
  },
  "anonymous memory": () => {
    using memory = MemoryMappedFile.createNew(null, 100);
    using _view = memory.createViewAccessor();
  },
};

describe(`${CYCLES} cycles leave no descriptor and no mapping of`, () => {
  for (const [what, cycle] of Object.entries(CYCLE)) {
    onLinux(what, () => {
      using home = new Home();
      cycle();
      const before = held(home);
      const listeners = process.listenerCount("exit");
      for (let i = 0; i < CYCLES; i++) cycle();
      expectNoMore(held(home), before);
      expect(process.listenerCount("exit")).toBe(listeners);
      expect(home.files()).toEqual([]);
    });
  }

  onLinux("names that are refused", () => {
    using home = new Home();
    using _memory = MemoryMappedFile.createNew("taken", 100);
    home.plant("junk", "no segment");
    const before = held(home);
    for (let i = 0; i < CYCLES / 5; i++) {
      expectCode(() => MemoryMappedFile.createNew("taken", 1), "SystemError", "EEXIST");
      expectCode(() => MemoryMappedFile.openExisting("none"), "SystemError", "ENOENT");
      expectCode(
        () => MemoryMappedFile.openExisting("junk"),
        "CorruptSegmentError",
        "ERR_CORRUPT_SEGMENT",
      );
      expect(() => MemoryMappedFile.createNew("large", 2 ** 50)).toThrow(SystemError);
    }
    expectNoMore(held(home), before);
    expect(home.files()).toEqual(["junk", "taken"]);
  });
});

onLinux("what is forgotten leaves a descriptor for each name, and nothing else", async () => {
  using home = new Home();
  const before = held(home);
  const make = (index: number) => {
    MemoryMappedFile.createOrOpen(`forgotten-${index % 3}`, 100).createViewAccessor();
    MemoryMappedFile.createNew(null, 100).createViewStream();
  };
  for (let i = 0; i < 200; i++) make(i);
  expect(held(home).mappings).toBeGreaterThan(before.mappings);
  const isGivenBack = () => {
    const { descriptors, mappings } = held(home);
    // The last one made may still be seen on the stack, and be taken for one in use.
    return descriptors - before.descriptors <= 3 + 4 && mappings - before.mappings <= 4;
  };
  expect(await collectUntil(isGivenBack)).toBe(true);
  expect(home.files()).toEqual(["forgotten-0", "forgotten-1", "forgotten-2"]);
});
