/**
 * How `producer` and `consumer` end: with their figures, whatever happened.
 *
 * @module
 */
import type { IsthmusContext } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import { writeJsonLine } from "../output/json.ts";
import { formatResult, recordOf, type TransferOutcome } from "./transfer-result.ts";

/**
 * Prints the result and decides about the exit code.
 *
 * @param context The command's.
 * @param outcome What came of the transfer.
 * @param isJson Whether to print a line of JSON.
 * @throws what ended the transfer before its time.
 */
export function reportTransfer(
  { process, style }: IsthmusContext,
  { result, failure, isIncomplete }: TransferOutcome,
  isJson: boolean,
): void {
  if (isJson) writeJsonLine(process.stdout, recordOf(result));
  else process.stdout.write(formatResult(result, style.stdout));
  if (failure !== undefined) throw failure;
  if (isIncomplete || result.lost > 0 || result.corrupt > 0) process.exitCode = ExitCode.failed;
}
