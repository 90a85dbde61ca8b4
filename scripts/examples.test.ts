/** Every example of the documentation runs, on its own, in an empty directory. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectExamples } from "./examples.ts";

const ROOT = join(import.meta.dir, "..");
/** A place from which the packages resolve as they do for a user. */
const PLACE = join(ROOT, "apps/cli/node_modules");
/** The same for the package that the command does not use: it finds itself. */
const STORE = join(ROOT, "packages/store");
const TIMEOUT_MS = 30_000;

const examples = collectExamples(ROOT, ["README.md", "packages/{core,ipc,store}/src/**/*.ts"]);

describe("the documentation's examples", () => {
  test("are found", () => {
    expect(examples.map(({ place }) => place.split(":")[0])).toContain("README.md");
    expect(examples.length).toBeGreaterThan(5);
  });

  for (const { place, code } of examples) {
    test(
      place,
      async () => {
        const directory = mkdtempSync(join(tmpdir(), "isthmus-example-"));
        mkdirSync(PLACE, { recursive: true });
        const from = place.startsWith("packages/store") ? STORE : PLACE;
        const program = mkdtempSync(join(from, ".example-"));
        try {
          const file = join(program, "example.ts");
          writeFileSync(file, `${code}\nexport {};\n`);
          const named = join(directory, "named");
          const child = Bun.spawn([process.execPath, file], {
            cwd: directory,
            env: { ...process.env, ISTHMUS_DIR: named },
            stdout: "pipe",
            stderr: "pipe",
          });
          const errors = await new Response(child.stderr).text();
          expect({ exitCode: await child.exited, errors }).toEqual({ exitCode: 0, errors: "" });
          // An example that leaves something in shared memory teaches the wrong thing.
          expect(readdirIfThere(named)).toEqual([]);
        } finally {
          rmSync(directory, { recursive: true, force: true });
          rmSync(program, { recursive: true, force: true });
        }
      },
      TIMEOUT_MS,
    );
  }
});

function readdirIfThere(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
