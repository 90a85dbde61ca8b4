import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const EXAMPLES = readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, "main.ts")));
const IMPORT = /(?:from|import) "([^"]+)"/g;
const PUBLIC =
  /^(?:\.{1,2}\/[\w./-]+\.ts|node:[\w/]+|bun(?::\w+)?|@isthmus\/(?:core|ipc|store|bridge)|@nats-io\/transport-node)$/;

/** What it imports that somebody could not who has installed the packages. */
function hidden(example: string): string[] {
  return readdirSync(join(ROOT, example))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .flatMap((name) => [...readFileSync(join(ROOT, example, name), "utf8").matchAll(IMPORT)])
    .map(([, specifier = ""]) => specifier)
    .filter((specifier) => !PUBLIC.test(specifier) || specifier.includes("packages/"));
}

describe("the examples", () => {
  test.each(EXAMPLES)("%s uses public names only, and is told of", (example) => {
    expect(hidden(example)).toEqual([]);
    expect(existsSync(join(ROOT, example, "README.md"))).toBe(true);
    expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(example);
  });
});
