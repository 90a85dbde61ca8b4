/** An option that is `null` is a mistake, not an absent option. */
import { describe, expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";

const file = { access: "read" } as const;

describe("an option that is null", () => {
  for (const name of ["mode", "access", "capacity"]) {
    test(`createFromFile() refuses ${name}: null`, () => {
      const options = { ...file, [name]: null } as object;
      const error = errorOf(() => MemoryMappedFile.createFromFile(process.execPath, options));
      expect(error).toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
      expect(error.message).toContain(`"${name}"`);
    });
  }

  for (const name of ["offset", "size", "access"]) {
    test(`createViewAccessor() refuses ${name}: null`, () => {
      using map = MemoryMappedFile.createFromFile(process.execPath, file);
      const error = errorOf(() => map.createViewAccessor({ [name]: null } as object));
      expect(error).toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    });
  }

  test.each([
    ["records", { separator: null }],
    ["count", { ignoreCase: null }],
    ["indexOf", { ignoreCase: null }],
  ] as const)("%s() refuses %j", (method, options) => {
    using map = MemoryMappedFile.createFromFile(process.execPath, file);
    const call: (...parameters: unknown[]) => unknown = map[method].bind(map) as never;
    const error = errorOf(() => (method === "records" ? call(options) : call("x", options)));
    expect(error).toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    expect(error.message).toContain(`"${Object.keys(options)[0]}"`);
  });

  test("an options bag that is null is refused, too", () => {
    const options = null as unknown as undefined;
    const error = errorOf(() => MemoryMappedFile.createFromFile(process.execPath, options));
    expect(error).toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
  });
});

function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it did not throw");
}
