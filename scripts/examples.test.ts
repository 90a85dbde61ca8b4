/** Every example of the documentation runs, on its own, in an empty directory. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectExamples } from "./examples.ts";
import {
  checkTypes,
  HOOK_MS,
  MAIN,
  type ProcessEnd,
  type ProgramRun,
  runPrograms,
} from "./programs.ts";

const ROOT = join(import.meta.dir, "..");
/** A place from which the packages resolve as they do for a user: the store, which builds on the others, finds itself. */
const place = mkdtempSync(join(ROOT, "packages/store/.examples-"));
const named = mkdtempSync(join(tmpdir(), "isthmus-examples-"));
const examples = collectExamples(ROOT, ["README.md", "packages/{core,ipc,store}/src/**/*.ts"]).map(
  (example, index) => ({ ...example, directory: join(place, String(index)) }),
);
/** What has been started ends with the tests, also when the hook is late. */
const started = new DisposableStack();
let runs: readonly ProgramRun[] = [];
let end: ProcessEnd;
let types: ProcessEnd;

beforeAll(async () => {
  for (const { code, directory } of examples) {
    mkdirSync(directory);
    writeFileSync(join(directory, MAIN), `${code}\nexport {};\n`);
  }
  // An example may name what it shows and do nothing more with it.
  const checked = checkTypes(started, place, {
    noUnusedLocals: false,
    noUnusedParameters: false,
  });
  const directories = examples.map(({ directory }) => directory);
  ({ runs, end } = await runPrograms(started, directories, join(place, "report.json"), {
    ISTHMUS_DIR: named,
  }));
  types = await checked;
}, HOOK_MS);

afterAll(() => {
  started.dispose();
  rmSync(place, { recursive: true, force: true });
  rmSync(named, { recursive: true, force: true });
});

describe("the documentation's examples", () => {
  test("are found", () => {
    expect(examples.map(({ place }) => place.split(":")[0])).toContain("README.md");
    expect(examples.length).toBeGreaterThan(5);
  });

  test("have code that type-checks", () => {
    expect(types).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test.each(examples)("$place", ({ directory }) => {
    const run = runs.find((each) => each.directory === directory);
    // An example that leaves something in shared memory teaches the wrong thing.
    expect([run?.error, run?.left]).toEqual([undefined, []]);
  });

  test("end, complain of nothing, and leave nothing", () => {
    expect(end).toMatchObject({ stderr: "", exitCode: 0 });
    expect(readdirSync(named)).toEqual([]);
  });
});
