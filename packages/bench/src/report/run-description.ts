/**
 * On what, with what and how a run was made.
 *
 * @module
 */
import type { BenchResults } from "../results/bench-results.ts";
import { formatBytes } from "./format-figure.ts";

/**
 * Describes a run.
 *
 * @param results The run.
 * @param commandName What a person types to run `isthmus`.
 * @returns Lines of text.
 */
export function describeRun(
  { machine, parameters, started_at, elapsed_ms }: BenchResults,
  commandName: string = "bun run cli",
): string[] {
  const only = parameters.only.length === 0 ? "" : `, only ${parameters.only.join(", ")}`;
  const rounds = parameters.rounds === 1 ? "1 round" : `${parameters.rounds} interleaved rounds`;
  return [
    `${machine.cpu}, ${machine.cpu_count} CPUs, ${formatBytes(machine.memory_bytes)}`,
    `${machine.os} ${machine.kernel} ${machine.arch}, Bun ${machine.bun}, Isthmus ${machine.isthmus}, files on ${machine.file_system_type}`,
    `${started_at.slice(0, 10)}, ${parameters.mode} run, ${rounds} in ${Math.round(elapsed_ms / 1000)} s${only}`,
    `repeat it: \`${commandName} ${repeatArguments(parameters)}\``,
  ];
}

function repeatArguments({ mode, rounds, only }: BenchResults["parameters"]): string {
  const words = ["benchmark"];
  if (mode === "quick") words.push("--quick");
  words.push(`--rounds ${rounds}`, ...only.map((word) => `--only ${word}`));
  return words.join(" ");
}
