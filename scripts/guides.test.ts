/** The guides: listed, short, and their code is checked and runs as it stands there. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer, NatsServer } from "../packages/programs/src/nats-server.ts";
import type { GuideRun } from "./guide-runner.ts";
import { firstMissing, type GuideProgram, MAIN, writeGuidePrograms } from "./guides.ts";

const ROOT = join(import.meta.dir, "..");
const GUIDES = join(ROOT, "docs", "guide");
const PAGES = readdirSync(GUIDES).filter((page) => page !== "README.md");
/** Two screens. */
const LINES_MAX = 130;
const RUN_MS = 90_000;

/** Packages resolve from here as they do for a user; the bridge's own, which builds on all others, finds itself. */
const place = mkdtempSync(join(ROOT, "packages/bridge/.guide-"));
const named = mkdtempSync(join(tmpdir(), "isthmus-guides-"));
/** What a page needs that has this in its code. */
const SERVER = "NATS_URL";
const hasServer = findNatsServer() !== undefined;
let programs: readonly GuideProgram[] = [];
let runs: readonly GuideRun[] = [];
let types = "";

beforeAll(async () => {
  const paths = PAGES.map((page) => join(GUIDES, page));
  programs = writeGuidePrograms(paths, place);
  const config = { extends: "../../../tsconfig.base.json", include: ["*/*.ts"] };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify(config));
  mkdirSync(named, { recursive: true });
  const report = join(place, "report.json");
  const runner = join(import.meta.dir, "guide-runner.ts");
  const directories = programs.map(({ directory }) => directory).filter(canRun);
  await using stack = new AsyncDisposableStack();
  const server = hasServer ? stack.use(await NatsServer.start()) : undefined;
  const tsc = join(ROOT, "node_modules", ".bin", "tsc");
  const [checked, ran] = [
    Bun.spawn([tsc, "-p", place, "--pretty", "false"], { stdout: "pipe" }),
    Bun.spawn([process.execPath, runner, report, ...directories], {
      env: {
        ...process.env,
        ISTHMUS_DIR: named,
        PORT: String(freePort()),
        [SERVER]: server?.url ?? "",
      },
      detached: true,
      timeout: RUN_MS,
      killSignal: "SIGKILL",
      stdout: "pipe",
      stderr: "inherit",
    }),
  ];
  types = await new Response(checked.stdout).text();
  await ran.exited;
  endGroup(ran.pid);
  if (ran.exitCode !== 0) throw new Error(`The guides' runner ended with ${ran.exitCode}`);
  runs = JSON.parse(readFileSync(report, "utf8"));
}, RUN_MS);

afterAll(() => {
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

  test("have code that type-checks", () => expect(types).toBe(""));

  test.each(PAGES)("%s runs, and prints what it says", (page) => {
    const program = programs.find((each) => `${each.page}.md` === page);
    if (program === undefined || !canRun(program.directory)) return;
    const { directory, expected } = program;
    const run = runs.find((each) => each.directory === directory);
    expect(run?.error).toBeUndefined();
    const missing = firstMissing(expected, run?.printed ?? []);
    expect({ missing, printed: missing && run?.printed }).toEqual({
      missing: undefined,
      printed: undefined,
    });
  });

  test("leave no name behind", () => {
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

/** Ends what a page has started and left behind. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left: as it should be.
  }
}
