/** An option that there is not is refused by everything that takes options, with the nearest that there is. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { nearestWord } from "../src/nearest-word.ts";

type Options = never;

/** Calls with an option that is misspelt, and the one that was meant. */
type Call = readonly [call: (options: Options) => unknown, misspelt: string, meant: string];

function refuses([call, misspelt, meant]: Call): void {
  const refused = (key: string, value: unknown): unknown => {
    try {
      return call({ [key]: value } as Options);
    } catch (error) {
      return error;
    }
  };
  const error = refused(misspelt, 1);
  expect(error).toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_VALUE" });
  expect((error as Error).message).toContain(`"options.${misspelt}" argument must be absent`);
  expect((error as Error).message).toContain(`did you mean "${meant}"?`);
  // As good as absent.
  expect(refused(misspelt, undefined)).not.toBeInstanceOf(Error);
  expect(refused(meant, undefined)).not.toBeInstanceOf(Error);
}

describe("an option that there is not", () => {
  test("is refused by everything that opens", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "file");
    using stack = new DisposableStack();
    const hold = (map: Disposable): void => void stack.use(map);
    hold(MemoryMappedFile.createNew("open", 64));
    let next = 0;
    const file = { mode: "openOrCreate", capacity: 64 } as const;
    const calls: Call[] = [
      [
        (o: object) => hold(MemoryMappedFile.createFromFile(path, { ...file, ...o })),
        "acces",
        "access",
      ],
      [(o) => hold(MemoryMappedFile.createNew(`new-${next++}`, 64, o)), "lifeTime", "lifetime"],
      [(o) => hold(MemoryMappedFile.createNew(null, 64, o)), "Access", "access"],
      [(o) => hold(MemoryMappedFile.openExisting("open", o)), "acess", "access"],
      [(o) => hold(MemoryMappedFile.createOrOpen("open", 64, o)), "life", "lifetime"],
    ];
    for (const call of calls) refuses(call);
  });

  test("is refused by everything that maps already", () => {
    using map = MemoryMappedFile.createNew(null, 4096);
    using view = map.createViewAccessor();
    using stream = map.createViewStream();
    const calls: Call[] = [
      [(o) => map.createViewAccessor(o).dispose(), "ofset", "offset"],
      [(o) => map.createViewStream(o).dispose(), "sizes", "size"],
      [(o) => map.chunks(o), "lenght", "length"],
      [(o) => map.lines(o), "Raw", "raw"],
      [(o) => view.writeString(0, "x", o), "nulTerminated", "nullTerminated"],
      [(o) => view.flush(o), "mod", "mode"],
      [(o) => stream.flush(o), "mdoe", "mode"],
      [(o) => view.advise("willNeed", o), "offest", "offset"],
      [(o) => view.residentBytes(o), "szie", "size"],
      [(o) => view.lock(o), "ofset", "offset"],
      [(o) => view.unlock(o), "ofset", "offset"],
    ];
    for (const call of calls) refuses(call);
  });

  test("that is like none is refused with all that there are, also one that every object has", () => {
    using map = MemoryMappedFile.createNew(null, 4096);
    const chunks = (options: object): unknown => map.chunks(options);
    expect(() => chunks({ colour: 1 })).toThrow(
      'The "options.colour" argument must be absent (the options are "size", "offset", "length"): received type number (1)',
    );
    for (const key of ["toString", "constructor", "__proto__"]) {
      expect(() => chunks(JSON.parse(`{ "${key}": 1 }`))).toThrow(`"options.${key}"`);
    }
  });
});

describe("nearestWord()", () => {
  const words = ["schema", "capacityBytes", "maxProducers", "lifetime", "onFull"];

  test.each([
    ["shcema", "schema"],
    ["Schema", "schema"],
    ["capacity", "capacityBytes"],
    ["capacityByte", "capacityBytes"],
    ["producers", "maxProducers"],
    ["lifeTime", "lifetime"],
    ["onfull", "onFull"],
    ["full", "onFull"],
    ["x", undefined],
    ["", undefined],
    ["signal", undefined],
  ])("%p is meant as %p", (word, meant) => {
    expect(nearestWord(word, words)).toBe(meant as string);
  });

  test("of nothing is nothing", () => {
    expect(nearestWord("a", [])).toBeUndefined();
  });
});
