/** The guides: listed, short, and their code is checked and runs as it stands there. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer, NatsServer } from "../packages/programs/src/nats-server.ts";
import { firstMissing, type GuideProgram, writeGuidePrograms } from "./guides.ts";
import {
  checkTypes,
  HOOK_MS,
  MAIN,
  type ProcessEnd,
  type ProgramRun,
  runPrograms,
} from "./programs.ts";

const ROOT = join(import.meta.dir, "..");
const GUIDES = join(ROOT, "docs", "guide");
const PAGES = readdirSync(GUIDES).filter((page) => page !== "README.md");
/** Two screens. */
const LINES_MAX = 130;

/** Packages resolve from here as they do for a user; the bridge's own, which builds on all others, finds itself. */
const place = mkdtempSync(join(ROOT, "packages/bridge/.guide-"));
const named = mkdtempSync(join(tmpdir(), "isthmus-guides-"));
/** What a page needs that has this in its code. */
const SERVER = "NATS_URL";
const hasServer = findNatsServer() !== undefined;
let programs: readonly GuideProgram[] = [];
let runs: readonly ProgramRun[] = [];
let end: ProcessEnd;
let types: ProcessEnd;

/** What has been started ends with the tests, also when the hook is late. */
const server = new AsyncDisposableStack();
const started = new DisposableStack();

beforeAll(async () => {
  const paths = PAGES.map((page) => join(GUIDES, page));
  programs = writeGuidePrograms(paths, place);
  const nats = hasServer ? server.use(await NatsServer.start()) : undefined;
  const checked = checkTypes(started, place);
  const directories = programs.map(({ directory }) => directory).filter(canRun);
  ({ runs, end } = await runPrograms(started, directories, join(place, "report.json"), {
    ISTHMUS_DIR: named,
    PORT: String(freePort()),
    [SERVER]: nats?.url ?? "",
  }));
  types = await checked;
}, HOOK_MS);

afterAll(async () => {
  started.dispose();
  await server.disposeAsync();
  rmSync(place, { recursive: true, force: true });
  rmSync(named, { recursive: true, force: true });
});

describe("the guides", () => {
  test("are all in the index", () => {
    const index = readFileSync(join(GUIDES, "README.md"), "utf8");
    expect(PAGES.filter((page) => !index.includes(`](${page})`))).toEqual([]);
  });

  test("are short", () => {
    const lengths = PAGES.map((page) => ({
      page,
      lines: readFileSync(join(GUIDES, page), "utf8").split("\n").length,
    }));
    expect(lengths.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
  });

  test("have code that type-checks", () => {
    expect(types).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test.each(PAGES)("%s runs, and prints what it says", (page) => {
    const program = programs.find((each) => `${each.page}.md` === page);
    if (program === undefined || !canRun(program.directory)) return;
    const { directory, expected } = program;
    const run = runs.find((each) => each.directory === directory);
    if (run === undefined) throw new Error("Its turn has not come");
    expect(run.error).toBeUndefined();
    const missing = firstMissing(expected, run.printed);
    expect({ missing, printed: missing && run.printed }).toEqual({
      missing: undefined,
      printed: undefined,
    });
  });

  test("end, and leave no name behind", () => {
    expect(end).toEqual({ stdout: "", stderr: "", exitCode: 0 });
    // The pipes of a process that was killed on purpose wait for whoever comes next.
    expect(readdirSync(named).filter((name) => !name.startsWith("."))).toEqual([]);
  });
});

/** Whether a page's program can run on this machine. */
function canRun(directory: string): boolean {
  return hasServer || !readFileSync(join(directory, MAIN), "utf8").includes(SERVER);
}

/** A port on which the pages' servers may listen. */
function freePort(): number {
  const server = Bun.serve({ port: 0, fetch: () => new Response() });
  const { port = 0 } = server;
  void server.stop(true);
  return port;
}
