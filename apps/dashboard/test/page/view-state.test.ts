import { describe, expect, test } from "bun:test";

/** What a browser has and the module looks at when it is used. */
Object.assign(globalThis, { location: { hash: "" } });
const { addressOf, parse } = await import("../../src/page/view-state.ts");

describe("the address", () => {
  test("holds all of the view", () => {
    const view = {
      page: "benchmark",
      scope: "a&b=c #1",
      windowSeconds: 3600,
      isPaused: true,
      theme: "dark",
      sort: "-rate",
      filter: "Ä %",
    } as const;
    expect(parse(addressOf(view))).toEqual(view);
  });

  test("of the usual view is empty", () => {
    expect(addressOf(parse(""))).toBe("#");
  });

  test.each([
    "#view=nowhere&window=7&theme=pink&paused=yes",
    "#%E0%A4%A",
    "#&&==",
    "#window=__proto__",
  ])("that nobody has given (%s) is the usual view", (hash) => {
    expect({ ...parse(hash) }).toEqual({ ...parse("") });
  });
});
