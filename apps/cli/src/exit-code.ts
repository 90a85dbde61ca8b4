/**
 * What the command tells the shell. The help text prints this very table.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import { InterruptedError } from "./interrupted-error.ts";
import { NotFoundError } from "./segments/not-found-error.ts";
import { UsageError } from "./usage-error.ts";

/** Every exit code of `isthmus`; after another signal than Ctrl-C it is 128 + its number. */
export const ExitCode = {
  /**
   * Everything that was asked for was done. Also when the reader of a pipe (`| head`) had enough.
   */
  done: 0,
  /** Something failed; stderr says what. For several files: one of them in another way than 3. */
  failed: 1,
  /** The command line was not understood; nothing was done. */
  usage: 2,
  /** A file or a named thing does not exist. */
  notFound: 3,
  /** A bounded wait came to its end. */
  timedOut: 4,
  /** Ctrl-C (SIGINT). Everything temporary has been removed. */
  interrupted: 130,
} as const;

/** The table as the help text prints it. */
export const EXIT_CODE_HELP: readonly (readonly [code: number, meaning: string])[] = [
  [ExitCode.done, "done"],
  [ExitCode.failed, "failed"],
  [ExitCode.usage, "the command line was not understood"],
  [ExitCode.notFound, "not found"],
  [ExitCode.timedOut, "timed out"],
  [ExitCode.interrupted, "interrupted (Ctrl-C)"],
];

/** Which of two outcomes a caller must hear of: a later entry outweighs an earlier one. */
const SEVERITY: readonly number[] = [
  ExitCode.done,
  ExitCode.notFound,
  ExitCode.timedOut,
  ExitCode.failed,
];

/**
 * The exit code for an error that a command threw.
 *
 * @param error Whatever was thrown.
 * @returns 2 for a `UsageError`, 3 for `ENOENT` and a `NotFoundError`, 4 for a `TimeoutError`, 128 + signal for an
 * interruption, else 1.
 */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return error.exitCode;
  if (error instanceof TimeoutError) return ExitCode.timedOut;
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof NotFoundError) return ExitCode.notFound;
  if (error instanceof Error && "code" in error && error.code === "ENOENT") {
    return ExitCode.notFound;
  }
  return ExitCode.failed;
}

/**
 * Combines the outcomes of several parts of one command.
 *
 * @param left The exit code so far.
 * @param right The exit code of the next part.
 * @returns The worse of the two: done < not found < timed out < failed < anything else.
 */
export function worseExitCode(left: number, right: number): number {
  return severity(right) > severity(left) ? right : left;
}

/**
 * Translates what stricli reports. It uses negative codes, which a shell would show as 251 or 252.
 *
 * @param code The exit code as `run()` of stricli left it.
 * @returns One of {@link ExitCode}, or 128 + a signal's number.
 */
export function fromStricli(code: number | string | null | undefined): number {
  const number = Number(code ?? ExitCode.done);
  if (number >= 0) return number;
  return number === STRICLI_UNKNOWN_COMMAND || number === STRICLI_INVALID_ARGUMENT
    ? ExitCode.usage
    : ExitCode.failed;
}

// stricli's `ExitCode.UnknownCommand` and `ExitCode.InvalidArgument`. Its other negative codes mean
// that the application itself is broken, which is a failure and not a mistake of the user.
const STRICLI_UNKNOWN_COMMAND = -5;
const STRICLI_INVALID_ARGUMENT = -4;

function severity(code: number): number {
  const index = SEVERITY.indexOf(code);
  return index === -1 ? SEVERITY.length : index;
}
