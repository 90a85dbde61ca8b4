/**
 * What `bun test` says of one file, and the summary of many.
 *
 * @module
 */

/** How the tests of a file ended. */
export interface FileReport {
  readonly file: string;
  readonly passed: number;
  /** How many failed, with the errors between tests. */
  readonly failed: number;
  /** What was said of each test that failed, its name last. */
  readonly failures: readonly string[];
  /** The names of the tests that were skipped, which say why. */
  readonly skipped: readonly string[];
  /** How long each test took that says so, in milliseconds. */
  readonly times: readonly (readonly [name: string, ms: number])[];
  /** What stands between this file and a pass beside failed tests; undefined when nothing does. */
  readonly trouble: string | undefined;
  readonly seconds: number;
}

/** How a run of `bun test` ended. */
export interface RunEnd {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string;
  readonly seconds: number;
}

/** Behind this line Bun says the names of some tests once more. */
const REPEATED = /^\d+ tests? (?:skipped|failed|todo):$/;
const COUNT = /^ (\d+) (pass|fail|skip|filtered out|errors?)$/;
const SKIPPED = /^\(skip\) (.*)$/;
const TIMED = /^\((?:pass|fail)\) (.*) \[([\d.]+)ms\]$/;
const ENDED = /^\((?:pass|fail|skip|todo)\) /;
const FAILED = /^\(fail\) /;
const REASON = /\[skipped: (.*?)\]( >|$)/;

/** How many of the tests that took longest are named. */
const LONGEST_COUNT = 10;
/** Less is not worth a line. */
const LONG_MS = 1000;
/** How much of what was said of a test that failed stands at the end: who only sees the end of a long run finds it there. */
const FAILURE_LINES = 30;

/** What a line counts at the end of a run of `bun test`; undefined when it counts nothing. */
function countIn(line: string): { readonly count: number; readonly what: string } | undefined {
  const [, count, what] = COUNT.exec(line) ?? [];
  if (count === undefined || what === undefined) return undefined;
  return { count: Number(count), what: what.replace("errors", "error") };
}

/**
 * Reads what `bun test` has said of one file.
 *
 * @param file The file.
 * @param output What it wrote, standard error and all.
 * @param end How it ended.
 */
export function readReport(file: string, output: string, end: RunEnd): FileReport {
  const counts = { pass: 0, fail: 0, skip: 0, error: 0 };
  const skipped: string[] = [];
  const times: (readonly [string, number])[] = [];
  const failures: string[] = [];
  let said: string[] = [];
  let isRepeated = false;
  let isCounted = false;
  for (const line of output.split(/\r?\n/)) {
    if (REPEATED.test(line)) isRepeated = true;
    said.push(line);
    if (FAILED.test(line) && !isRepeated) failures.push(said.slice(-FAILURE_LINES).join("\n"));
    if (ENDED.test(line)) said = [];
    const name = SKIPPED.exec(line)?.[1];
    if (name !== undefined && !isRepeated) skipped.push(name);
    const [, timed, ms] = TIMED.exec(line) ?? [];
    if (timed !== undefined && !isRepeated) times.push([timed, Number(ms)]);
    const found = countIn(line);
    if (found === undefined) continue;
    isCounted = true;
    if (found.what in counts) counts[found.what as keyof typeof counts] = found.count;
  }
  const failed = counts.fail + counts.error;
  return {
    file,
    passed: counts.pass,
    failed,
    failures,
    skipped,
    times,
    trouble: troubleOf(end.code, failed, isCounted),
    seconds: end.seconds,
  };
}

function troubleOf(code: number | string, failed: number, isCounted: boolean): string | undefined {
  if (typeof code === "string") return `ended by ${code}`;
  if (!isCounted) return `ended before its tests did, exit code ${code}`;
  if (code !== 0 && failed === 0) return `exit code ${code} although no test failed`;
  return undefined;
}

/** Whether all of a file's tests passed, or were skipped. */
export function hasPassed({ failed, trouble }: FileReport): boolean {
  return failed === 0 && trouble === undefined;
}

/** One line about one file. */
export function lineOf(report: FileReport): string {
  const { file, passed, skipped, failed, trouble, seconds } = report;
  const parts = [
    `${passed} pass`,
    ...(skipped.length > 0 ? [`${skipped.length} skip`] : []),
    ...(failed > 0 ? [`${failed} fail`] : []),
    ...(trouble === undefined ? [] : [trouble]),
  ];
  const mark = hasPassed(report) ? "ok  " : "FAIL";
  return `${mark} ${file}: ${parts.join(", ")} [${seconds.toFixed(1)} s]`;
}

/**
 * The end of a run of many files: what was skipped and why, what took longest, what failed, how many.
 *
 * @param reports A report for each file.
 * @param leftOut Files that were not run, and why.
 * @param seconds How long it took.
 */
export function summaryOf(
  reports: readonly FileReport[],
  leftOut: ReadonlyMap<string, readonly string[]>,
  seconds: number,
): string {
  const lines: string[] = [];
  const reasons = countedReasons(reports.flatMap(({ skipped }) => skipped));
  if (reasons.length > 0) lines.push("Skipped:");
  for (const [why, count] of reasons) lines.push(`${String(count).padStart(5)}  ${why}`);
  if (leftOut.size > 0) lines.push("Files left out:");
  for (const [why, files] of leftOut) lines.push(`${String(files.length).padStart(5)}  ${why}`);
  const long = reports.flatMap(({ times }) => times).filter(([, ms]) => ms >= LONG_MS);
  if (long.length > 0) lines.push("Longest:");
  for (const [name, ms] of long.sort(([, a], [, b]) => b - a).slice(0, LONGEST_COUNT)) {
    lines.push(`${(ms / 1000).toFixed(1).padStart(7)} s  ${name}`);
  }
  const bad = reports.filter((report) => !hasPassed(report));
  if (bad.length > 0) lines.push("Failed:");
  for (const report of bad) lines.push(`  ${lineOf(report)}`, ...report.failures.map(indented));
  const sum = (of: (report: FileReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const time = `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  lines.push(
    `${sum(({ passed }) => passed)} pass, ${sum(({ skipped }) => skipped.length)} skip, ` +
      `${sum(({ failed }) => failed)} fail; ${reports.length - bad.length} of ${reports.length} runs passed, in ${time}`,
  );
  return `${lines.join("\n")}\n`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "    ");
}

/** The reasons in names of skipped tests, the most frequent first. */
function countedReasons(names: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) {
    const why = REASON.exec(name)?.[1] ?? `no reason given: ${name}`;
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}
