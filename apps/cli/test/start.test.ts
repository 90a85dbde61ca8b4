/** What is loaded before a command runs: whoever starts one waits for that. */
import { expect, test } from "bun:test";
import { dirname, join, relative } from "node:path";

const SOURCE = join(import.meta.dir, "../src");
const TRANSPILER = new Bun.Transpiler({ loader: "ts" });

/** Files and packages that a file imports, and what these import in turn; `import()` loads later. */
async function loadedBy(file: string, found: Set<string> = new Set()): Promise<Set<string>> {
  found.add(file);
  for (const { path, kind } of TRANSPILER.scan(await Bun.file(file).text()).imports) {
    if (kind !== "import-statement") continue;
    const next = path.startsWith(".") ? join(dirname(file), path) : path;
    if (found.has(next)) continue;
    if (next.endsWith(".ts")) await loadedBy(next, found);
    else found.add(next);
  }
  return found;
}

test("a command is loaded when it is named, and what only some need with them", async () => {
  const loaded = new Set<string>();
  for (const first of ["process-host.ts", "run.ts"]) await loadedBy(join(SOURCE, first), loaded);
  const commands = [...loaded].filter((path) => path.startsWith(join(SOURCE, "commands")));
  expect(commands.map((path) => relative(SOURCE, path))).toEqual(["commands/version.ts"]);
  expect(loaded).not.toContain("slice-ansi");
  expect(loaded).not.toContain("node:readline/promises");
});
