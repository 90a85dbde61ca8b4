/**
 * How `worker` ends: with its figures, whatever happened.
 *
 * @module
 */
import type { IsthmusContext } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import { formatCountOf, formatDuration } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import type { WorkOutcome, WorkResult } from "./work-jobs.ts";

/**
 * Says what came of the work and decides about the exit code. Standard output belongs to the programs: only `--json` writes
 * a line there.
 *
 * @throws what ended the work before its time.
 */
export function reportWork(
  { process }: IsthmusContext,
  { result, failure }: WorkOutcome,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
): void {
  const hasWorked = result.done + result.failed + result.returned > 0;
  if (json) writeJsonLine(process.stdout, recordOf(result));
  else if (!quiet && (hasWorked || failure === undefined))
    process.stderr.write(`isthmus worker: ${textOf(result)}\n`);
  if (failure !== undefined) throw failure;
  if (result.dead > 0) process.exitCode = ExitCode.failed;
}

/** The public record; its fields are a contract. */
function recordOf(result: WorkResult): Readonly<Record<string, unknown>> {
  const { queue, done, failed, dead, returned, elapsedMs } = result;
  const elapsed = Math.round(elapsedMs * 1000) / 1000;
  return { role: "worker", queue, done, failed, dead, returned, elapsed_ms: elapsed };
}

function textOf({ done, failed, dead, returned, elapsedMs }: WorkResult): string {
  const parts = [`${formatCountOf(done, "job")} done in ${formatDuration(elapsedMs)}`];
  if (failed > 0) parts.push(`${formatCountOf(failed, "attempt")} failed`);
  if (dead > 0) parts.push(`${formatCountOf(dead, "dead letter")}`);
  if (returned > 0) parts.push(`${returned} given back`);
  return parts.join(", ");
}
