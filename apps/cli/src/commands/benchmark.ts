/**
 * `isthmus benchmark`
 *
 * @module
 */
import { resolve } from "node:path";
import type { BenchmarkOptions, BenchResults, Progress } from "@isthmus/bench";
import { nearestWord } from "@isthmus/core/internal";
import type { Command } from "@stricli/core";
import { bunOnly } from "../bun-only.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { ExitCode } from "../exit-code.ts";
import { assumed, type CommonFlags, optional, several, toggle } from "../flags.ts";
import { formatBar } from "../output/bar.ts";
import { writeJsonLine } from "../output/json.ts";
import { formatEta } from "../output/progress-bar.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { wholeNumber } from "../parsers.ts";
import { UsageError } from "../usage-error.ts";

interface BenchmarkFlags extends CommonFlags {
  readonly quick: boolean;
  readonly only?: readonly string[];
  readonly rounds?: number;
  readonly compare?: string;
  readonly output: string;
  readonly peers: boolean;
}

const ROUNDS_MAX = 1000;
const BAR_CELLS = 20;
const DEFAULT_OUTPUT = "bench-results";

/** Measures, writes the results, and prints the claims table. */
async function runBenchmarkCommand(this: IsthmusContext, flags: BenchmarkFlags): Promise<void> {
  const { process, style, cwd, signal } = this;
  // Loaded here, so that no other command pays for it.
  const bench = await import("@isthmus/bench");
  const { formatBenchmark, formatComparison } = await import("../benchmark/benchmark-report.ts");
  const { only = [], compare, rounds } = flags;
  checkOnly(only, bench.choices(), bench.groups());
  // Before anything is measured: a mistake in the path should not cost minutes.
  const before = compare === undefined ? undefined : bench.readResults(resolve(cwd, compare));
  const results = await measure(this, bench, {
    isQuick: flags.quick,
    only,
    ...(rounds !== undefined && { rounds }),
    ...(flags.peers && { peersDirectory: bench.peersDirectory() }),
    signal,
  });
  const directory = resolve(cwd, flags.output);
  const files = bench.writeResults(directory, results);
  const comparison = before && bench.compareResults(before, results);
  if (flags.json) writeJsonLine(process.stdout, { ...results, comparison });
  else {
    process.stdout.write(formatBenchmark(results, style.stdout));
    if (comparison) process.stdout.write(`\n${formatComparison(comparison, style.stdout)}`);
  }
  process.stderr.write(style.stderr.dim(`written to ${directory}: ${files.join(", ")}\n`));
  if (results.cases.some(({ failed }) => failed !== undefined)) {
    process.exitCode = ExitCode.failed;
  }
  signal.throwIfAborted();
}

async function measure(
  { process, signal }: IsthmusContext,
  bench: typeof import("@isthmus/bench"),
  options: BenchmarkOptions,
): Promise<BenchResults> {
  using progress = new ProgressLines(process.stderr, process.env, {
    label: "isthmus benchmark",
    isQuiet: false,
  });
  const { peersDirectory } = options;
  if (peersDirectory !== undefined) {
    progress.say(`installing peers into ${peersDirectory}`);
    await bench.installPeers(peersDirectory, signal);
  }
  const startMs = performance.now();
  return await bench.runBenchmark({
    ...options,
    onProgress: (state) => progress.update(() => describe(state, performance.now() - startMs)),
  });
}

function describe({ done, total, label }: Progress, elapsedMs: number): string {
  const bar = formatBar(done / total, BAR_CELLS).padEnd(BAR_CELLS);
  return `│${bar}│ ${done}/${total}  ${formatEta(done / total, elapsedMs)}  ${label}`;
}

function checkOnly(
  only: readonly string[],
  choices: readonly string[],
  groups: readonly string[],
): void {
  const unknown = only.find((word) => !choices.includes(word));
  if (unknown === undefined) return;
  const nearest = nearestWord(unknown, choices);
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  throw new UsageError(
    `--only ${unknown} is neither a claim nor a suite${hint}; groups of claims are ${groups.join(", ")}`,
  );
}

function parsePath(text: string): string {
  if (text === "") throw new SyntaxError("a path has at least one character");
  return text;
}

/** The definition of the command. */
export const benchmark: Command<IsthmusContext> = defineCommand({
  run: bunOnly("benchmark", runBenchmarkCommand),
  // biome-ignore format: a flag is a line.
  flags: {
    quick: toggle("Less of everything: done within a minute"),
    only: {
      ...several("CLAIM", String, "Only this claim, group of claims or suite"),
      proposeCompletions: async () => (await import("@isthmus/bench")).choices(),
      variadic: ",",
    },
    rounds: optional("N", wholeNumber(1, ROUNDS_MAX), "How often everything is measured (7; 3 with --quick)"),
    compare: optional("OLD.json", parsePath, "Also say what became faster or slower since these results"),
    output: assumed(DEFAULT_OUTPUT, "DIR", parsePath, "The folder for results.json, report.md and pictures"),
    peers: toggle("Also install and try the peers that the repository does not bring along"),
  },
  docs: {
    brief: "The claims table: each claim measured beside what one would otherwise use",
    fullDescription:
      "Measures every claim side by side with its alternatives, in interleaved rounds, each in\n" +
      "processes of its own, and verifies what was read. Prints the claims with their intervals\n" +
      "and writes figures, a report and pictures into a folder. --json prints all of it.\n" +
      "Ctrl-C ends it with what complete rounds have found.",
    customUsage: [
      { input: "--quick", brief: "everything, within a minute" },
      { input: "--only pipes --rounds 15", brief: "one group of claims, more surely" },
      { input: "--compare bench-results/results.json", brief: "what has changed since then" },
      { input: "--json | jq '.claims[] | select(.verdict == \"fails\")'", brief: "what fails" },
    ],
  },
});
