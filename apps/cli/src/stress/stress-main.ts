/**
 * `bun run stress`: what the tests prove in seconds, at length.
 *
 * Ends with 0 when nothing was found, 1 when something was, 2 for a usage error, 130 on Ctrl-C.
 *
 * @module
 */
import { FAULTS } from "../chaos/finding.ts";
import { createContext } from "../context.ts";
import { errorLine } from "../error-line.ts";
import { ExitCode, exitCodeOf } from "../exit-code.ts";
import { formatCount, formatDuration, formatSize } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { formatTable } from "../output/table.ts";
import { createProcessHost } from "../process-host.ts";
import { type PartResult, stress } from "./stress.ts";
import { HELP, parseStressArguments, type StressArguments } from "./stress-arguments.ts";

const LABEL = "stress";
const context = createContext(createProcessHost(), false);
const { stdout, stderr, env } = context.process;

try {
  const told = parseStressArguments(process.argv.slice(2));
  if (told.isHelp) stdout.write(HELP);
  else await run(told);
} catch (error) {
  stderr.write(`${LABEL}: ${errorLine(error, env)}\n`);
  process.exitCode = error instanceof SyntaxError ? ExitCode.usage : exitCodeOf(error);
}

async function run(told: StressArguments): Promise<void> {
  using progress = new ProgressLines(stderr, env, { label: LABEL, isQuiet: false });
  const { records, cycles, channels, seed } = told;
  const sizes = `--records ${records} --cycles ${cycles} --channels ${channels}`;
  progress.note(`${sizes} --seed ${seed}`);
  const results = await stress({
    ...told,
    signal: context.signal,
    onProgress: (describe) => progress.update(describe),
    onNote: (text) => progress.note(text),
  });
  const findings = results.flatMap((result) => result.findings);
  for (const { fault, count, detail } of findings) {
    progress.note(`${fault} ${formatCount(count)}: ${detail}`);
  }
  progress[Symbol.dispose]();
  if (told.isJson) writeJsonLine(stdout, recordOf(seed, results));
  else stdout.write(tableOf(results));
  if (findings.length > 0) process.exitCode = ExitCode.failed;
}

function recordOf(seed: number, results: readonly PartResult[]): Record<string, unknown> {
  const findings = results.flatMap((result) => result.findings);
  const faults = FAULTS.map((fault) => {
    const counts = findings.filter((one) => one.fault === fault).map(({ count }) => count);
    return [fault, counts.reduce((sum, count) => sum + count, 0)];
  });
  const parts = results.map(({ part, seconds, figures }) => ({ part, seconds, ...figures }));
  return { seed, ...Object.fromEntries(faults), parts };
}

function tableOf(results: readonly PartResult[]): string {
  const rows = results.flatMap(({ part, seconds, figures, findings }) => [
    [part, formatDuration(seconds * 1000), findings.length === 0 ? "ok" : "FAILED"],
    ...Object.entries(figures).map(([name, value]) => [
      `  ${name.replaceAll("_", " ")}`,
      name.startsWith("rss") ? formatSize(value) : formatCount(value),
      "",
    ]),
  ]);
  return `${formatTable(rows, ["left", "right", "left"]).join("\n")}\n`;
}
