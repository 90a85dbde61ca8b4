/** Everything that `using` disposes of can be disposed of without it. */
import { describe, expect, test } from "bun:test";
import * as core from "@isthmus/core";
import * as ipc from "../../src/index.ts";

type Class = { readonly name: string; readonly prototype: object };

const classes = Object.values({ ...core, ...ipc }).filter(
  (one): one is never => typeof one === "function" && typeof one.prototype === "object",
) as Class[];
const disposable = classes.filter(({ prototype }) => Symbol.dispose in prototype);

describe("dispose()", () => {
  test("is a method of all that is disposable", () => {
    expect(disposable.map(({ name }) => name)).toContain("MutexLock");
    expect(disposable.filter(({ prototype }) => !("dispose" in prototype))).toEqual([]);
  });
});
