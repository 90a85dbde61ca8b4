/**
 * `isthmus chaos`
 *
 * @module
 */
import type { InjectionCounts } from "@isthmus/chaos";
import { SCENARIO_NAMES, type ScenarioName } from "@isthmus/chaos/names";
import type { Command } from "@stricli/core";
import { bunOnly } from "../bun-only.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { ExitCode } from "../exit-code.ts";
import { assumed, type CommonFlags, optional, several, toggle } from "../flags.ts";
import { formatCountOf } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { oneOf, wholeNumber } from "../parsers.ts";

interface ChaosFlags extends CommonFlags {
  readonly seconds: number;
  readonly seed?: number;
  readonly only?: readonly ScenarioName[];
  readonly keep: boolean;
}

const DEFAULT_SECONDS = 30;
const SECONDS_MAX = 24 * 3600;
const SEED_MAX = 2 ** 31 - 1;
/** Long enough for a busy machine: who is stuck stays so. */
const PATIENCE_MS = 60_000;

/** Does harm, and tells what survived. */
async function runChaosCommand(this: IsthmusContext, flags: ChaosFlags): Promise<void> {
  // Loaded here, so that no other command pays for it.
  const { runChaos } = await import("@isthmus/chaos");
  const { chaosRecord, formatFindings, formatVerdict } = await import("../chaos/chaos-report.ts");
  const { process, style, signal } = this;
  const seed = flags.seed ?? Math.floor(Math.random() * SEED_MAX);
  const label = "isthmus chaos";
  using progress = new ProgressLines(process.stderr, process.env, { label, isQuiet: false });
  const repeat = `--seconds ${flags.seconds} --seed ${seed}`;
  progress.note(`${repeat} (the same choices again, but nobody can repeat the moments)`);
  const startMs = performance.now();
  const verdict = await runChaos({
    seed,
    durationMs: flags.seconds * 1000,
    patienceMs: PATIENCE_MS,
    scenarios: flags.only ?? SCENARIO_NAMES,
    isKept: flags.keep,
    signal,
    onSkip: (reason) => progress.note(`shared memory is not filled in this run: ${reason}`),
    onProgress: (counts, livingCount) =>
      progress.update(() => progressText(counts, livingCount, performance.now() - startMs)),
  });
  progress[Symbol.dispose]();
  process.stderr.write(formatFindings(verdict.findings, style.stderr));
  if (verdict.evidencePath !== undefined) progress.note(`evidence in ${verdict.evidencePath}`);
  if (flags.json) writeJsonLine(process.stdout, chaosRecord(verdict));
  else process.stdout.write(formatVerdict(verdict, style.stdout));
  if (verdict.findings.length > 0) process.exitCode = ExitCode.failed;
}

function progressText(counts: InjectionCounts, livingCount: number, elapsedMs: number): string {
  const { kills, stops, fills, fileDeletions, directoryDeletions } = counts;
  const parts = [
    `${Math.floor(elapsedMs / 1000)} s`,
    formatCountOf(livingCount, "participant"),
    formatCountOf(kills, "kill"),
    formatCountOf(stops, "stop"),
    formatCountOf(fills, "fill"),
    formatCountOf(fileDeletions + directoryDeletions, "deletion"),
  ];
  return parts.join(", ");
}

/** The definition of the command. */
export const chaos: Command<IsthmusContext> = defineCommand({
  run: bunOnly("chaos", runChaosCommand),
  // biome-ignore format: a flag is a line.
  flags: {
    seconds: assumed(DEFAULT_SECONDS, "N", wholeNumber(1, SECONDS_MAX), "How long to do harm"),
    seed: optional("S", wholeNumber(0, SEED_MAX), "What all random choices follow from (a new one)"),
    only: {
      ...several("SCENARIO", oneOf(SCENARIO_NAMES), `Only with this: ${SCENARIO_NAMES.join(", ")}`),
      proposeCompletions: () => SCENARIO_NAMES,
    },
    keep: toggle("Keep what the processes wrote down, if something went wrong, and say where"),
  },
  docs: {
    brief: "Kill, stop and restart real processes at random moments and judge what survived",
    fullDescription:
      "Sets up processes that work with everything there is: channels, topics, services, work\n" +
      "queues, locks, semaphores, shared structs. Kills, stops and restarts them at random moments, fills shared\n" +
      "memory and deletes its directory; then judges by what every process wrote down whether\n" +
      "a record was lost, torn or duplicated, somebody stuck or something leaked. Fails if so.\n" +
      "Takes place in a directory and, where it may mount one, a file system of its own.",
    customUsage: [
      { input: "", brief: `${DEFAULT_SECONDS} seconds` },
      { input: "--seconds 3600 --keep", brief: "an hour, with evidence of what went wrong" },
      { input: "--seed 7 --only orders", brief: "the choices of a certain run, on one channel" },
      {
        input: "--json | jq .recovery_ms_p99",
        brief: "how fast the library lets successors take over",
      },
    ],
  },
});
