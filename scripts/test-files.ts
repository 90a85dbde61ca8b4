/**
 * Test files, each or some of them run by a process of their own: what it says is printed when something in it has failed. At the end
 * stands what was skipped and why.
 *
 * What has failed while the machine stood still is run once more, alone, when all else is done.
 *
 * @module
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patient, TEST_MS } from "../packages/testing/src/patience.ts";
import { withoutWineNotes } from "../packages/testing/src/wine-notes.ts";
import { type Standstills, StandstillWatch } from "./standstill.ts";
import { type FileReport, hasPassed, lineOf, readReport, summaryOf } from "./test-report.ts";

const ROOT = join(import.meta.dir, "..");

/** What has not ended by then hangs, and never gets back to its event loop to see that; more where tests have more. */
const PROCESS_MINUTES = 20;

const LOOK_MS = 1000;

/** How many processes run at a time: they wait more than they work. */
const LANES = 2;

/** Nothing in a test waits for what comes so late on a machine that runs, however busy. */
const STOOD_MS_MAX = 10_000;

/** Test files that are run alike. */
export interface TestRun {
  /** What starts the Bun that runs them. */
  readonly program: readonly string[];
  readonly files: readonly string[];
  /** How many of them a process runs, at most; 1 unless given. */
  readonly filesPerProcess?: number;
  /** Further arguments of `bun test`. */
  readonly options?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The workspace that has them; this one unless given. */
  readonly workspace?: string;
  /** How many times as long as on this machine everything may take; 1 unless given. */
  readonly patience?: number;
}

/** The files whose path begins with one of some texts. */
export function testFiles(...beginnings: readonly string[]): string[] {
  return allTestFiles().filter((file) => beginnings.some((text) => file.startsWith(text)));
}

/**
 * What the arguments of a script ask for: the files whose path has one of the words in it, and from the first word that begins with
 * a minus on what `bun test` is told; undefined when there are none.
 */
export function askedFiles(
  words: readonly string[],
): { readonly files: readonly string[]; readonly options: readonly string[] } | undefined {
  if (words.length === 0) return undefined;
  const minus = words.findIndex((word) => word.startsWith("-"));
  const end = minus < 0 ? words.length : minus;
  const texts = words.slice(0, end);
  const files = allTestFiles().filter((file) => texts.some((text) => file.includes(text)));
  return { files, options: words.slice(end) };
}

/**
 * All test files of packages and applications, with slashes on every system.
 *
 * @param pattern A glob of others.
 */
export function allTestFiles(pattern = "{packages,apps}/*/test/**/*.test.ts"): string[] {
  const glob = new Bun.Glob(pattern);
  return Array.from(glob.scanSync({ cwd: ROOT }))
    .map((file) => file.replaceAll("\\", "/"))
    .sort();
}

/** What one process runs. */
interface Portion {
  readonly run: TestRun;
  readonly files: readonly string[];
}

/**
 * Runs test files and prints how they ended. The exit code is 1 unless all of them passed.
 *
 * @param leftOut Files that are not run, and why, for the summary.
 * @param watch Whether the machine stands still; it is looked at unless somebody says so.
 */
export async function runTestFiles(
  runs: readonly TestRun[],
  leftOut: ReadonlyMap<string, readonly string[]> = new Map(),
  watch: Standstills = new StandstillWatch(),
): Promise<void> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "isthmus-tests-"));
  try {
    const reports = await reportsOf(runs.flatMap(portionsOf), folder, watch);
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(summaryOf(reports, leftOut, seconds));
    process.exitCode = reports.length > 0 && reports.every(hasPassed) ? 0 : 1;
  } finally {
    watch[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs all portions, and once more those that failed while the machine stood still. */
async function reportsOf(
  left: Portion[],
  folder: string,
  watch: Standstills,
): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  const again: Portion[] = [];
  const runSome = async (lane: number): Promise<void> => {
    const output = join(folder, String(lane));
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const stoodMs = watch.stoodMs;
      const report = await runPortion(next, watch, output);
      if (hasPassed(report) || watch.stoodMs - stoodMs < STOOD_MS_MAX) reports.push(report);
      else again.push(next);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, lane) => runSome(lane)));
  if (watch.stoodMs >= STOOD_MS_MAX) {
    const what = `This machine stood still for ${Math.round(watch.stoodMs / 1000)} s`;
    process.stdout.write(`${what}; what failed then is run again: ${again.length}\n`);
  }
  for (const portion of again) {
    reports.push(await runPortion(portion, watch, join(folder, "again")));
  }
  return reports;
}

/** Neighbours share a process, so that what they import is loaded once. */
export function portionsOf(run: TestRun): Portion[] {
  const { files, filesPerProcess = 1 } = run;
  return Array.from({ length: Math.ceil(files.length / filesPerProcess) }, (_, index) => {
    const first = index * filesPerProcess;
    return { run, files: files.slice(first, first + filesPerProcess) };
  });
}

/**
 * Runs the tests of some files; says how that ended, and all that they have said if it ended badly.
 *
 * @param output What they say goes there: nobody waits for what a process that they have left behind may yet say.
 */
async function runPortion(
  { run, files }: Portion,
  watch: Standstills,
  output: string,
): Promise<FileReport> {
  const { program, options = [], environment, workspace = ROOT, patience = 1 } = run;
  const [begunMs, stoodMs] = [performance.now(), watch.stoodMs];
  const testMs = TEST_MS * patience;
  // The path as such: a word without a dot before it is looked for in all paths.
  const paths = files.map((file) => `./${file}`);
  writeFileSync(output, "");
  const fd = openSync(output, "a");
  const tests = Bun.spawn([...program, "test", `--timeout=${testMs}`, ...options, ...paths], {
    cwd: workspace,
    env: { ...process.env, ISTHMUS_TEST_PATIENCE: String(patient(patience)), ...environment },
    stdio: ["ignore", fd, fd],
  });
  closeSync(fd);
  const limitMs = Math.max(PROCESS_MINUTES * 60_000, 2 * testMs);
  const hang = setInterval(() => {
    const ranMs = performance.now() - begunMs - (watch.stoodMs - stoodMs);
    if (ranMs > limitMs) tests.kill("SIGKILL");
  }, LOOK_MS);
  await tests.exited;
  clearInterval(hang);
  const said = readFileSync(output, "utf8");
  const report = readReport(nameOf(files), said, {
    code: tests.signalCode ?? tests.exitCode ?? "nobody knows what",
    seconds: (performance.now() - begunMs) / 1000,
  });
  process.stdout.write(`${lineOf(report)}\n`);
  if (!hasPassed(report)) process.stdout.write(withoutWineNotes(said));
  return report;
}

/** What some files are called together. */
function nameOf(files: readonly string[]): string {
  const [first = "", last = first] = [files[0], files.at(-1)];
  return files.length === 1
    ? first
    : `${first} to ${last.split("/").at(-1)}, ${files.length} files`;
}
