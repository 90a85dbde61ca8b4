/**
 * How `producer` and `consumer` end: with their figures, whatever happened.
 *
 * @module
 */
import type { IsthmusContext } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import { writeJsonLine } from "../output/json.ts";
import type { TransferFlags } from "./transfer-flags.ts";
import {
  formatResult,
  recordOf,
  type TransferOutcome,
  type TransferResult,
} from "./transfer-result.ts";

/** From when to when each end measures, and why the other one comes to another figure. */
const CLOCKS: Readonly<Record<TransferResult["role"], string>> = {
  producer:
    "from the first record sent to the last one that had room. The consumer may have a channel full still to take then: its own clock ends later, and its rate is mostly the lower one",
  consumer:
    "from the first record taken to the last one checked. The producer's clock begins sooner and ends when the last record had room, a channel full before",
};

/**
 * Prints the result and decides about the exit code.
 *
 * @param context The command's.
 * @param outcome What came of the transfer.
 * @param flags Whether to print a line of JSON, and nothing but the figures.
 * @throws what ended the transfer before its time.
 */
export function reportTransfer(
  { process, style }: IsthmusContext,
  { result, failure, isIncomplete }: TransferOutcome,
  { json, quiet }: Pick<TransferFlags, "json" | "quiet">,
): void {
  if (json) writeJsonLine(process.stdout, recordOf(result));
  else process.stdout.write(formatResult(result, style.stdout));
  if (!json && !quiet && result.messages > 1) {
    process.stderr.write(`${style.stderr.dim(`elapsed: ${CLOCKS[result.role]}`)}\n`);
  }
  if (failure !== undefined) throw failure;
  if (isIncomplete || result.lost > 0 || result.corrupt > 0) process.exitCode = ExitCode.failed;
}
