/** The room that talks to the operating system is laid out so that a system, or a runtime, is a file of its own. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";

const SOURCE = join(import.meta.dir, "..", "src");
const NATIVE = join(SOURCE, "native");

function textOf(file: string): string {
  return readFileSync(join(NATIVE, file), "utf8");
}

/** The files of the room in which something is written. */
function filesWith(pattern: RegExp): string[] {
  return [...new Glob("*.ts").scanSync(NATIVE)].filter((file) => pattern.test(textOf(file))).sort();
}

test.each(["platform-interface.ts", "engine.ts"])(
  "%s declares types and imports nothing",
  (file) => {
    expect(textOf(file)).not.toMatch(/^import|\bfrom "/m);
    expect(new Bun.Transpiler({ loader: "ts" }).transformSync(textOf(file)).trim()).toBe("");
  },
);

test("one file loads a system's libraries, and one has each runtime's interface", () => {
  expect(filesWith(/engine\.load\b/)).toEqual(["libc.ts", "windows-system.ts"]);
  expect(filesWith(/"bun:ffi"/)).toEqual(["bun-engine.ts"]);
  expect(filesWith(/"node:ffi"\)/)).toEqual(["node-engine.ts"]);
  expect(filesWith(/\bDeno\.dlopen\b|\bdeno\.dlopen\b/)).toEqual(["deno-engine.ts"]);
});

test("one file knows which systems there are, and one which runtimes", () => {
  expect(filesWith(/from "\.\/(darwin|freebsd|windows)\.ts"/)).toEqual(["platform.ts"]);
  expect(filesWith(/from "\.\/\w+-engine\.ts"/)).toEqual(["runtime.ts"]);
});
