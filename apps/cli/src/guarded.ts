/**
 * The frame around every command: what it throws becomes one line on stderr and an exit code.
 *
 * @module
 */
import type { IsthmusContext } from "./context.ts";
import { errorLine } from "./error-line.ts";
import { exitCodeOf, worseExitCode } from "./exit-code.ts";
import { InterruptedError } from "./interrupted-error.ts";

/** A command's function as stricli calls it. */
export type CommandFunction<F, A extends readonly unknown[]> = (
  this: IsthmusContext,
  flags: F,
  ...args: A
) => Promise<void>;

/**
 * Wraps a command's function. stricli would print a stack trace for what it throws; this prints a
 * line, and nothing at all when the reader of stdout has gone.
 *
 * @param command The function, free to throw and to set `this.process.exitCode`.
 * @returns The function to give to `buildCommand`.
 */
export function guarded<F, A extends readonly unknown[]>(
  command: CommandFunction<F, A>,
): CommandFunction<F, A> {
  return async function (this: IsthmusContext, flags: F, ...args: A): Promise<void> {
    try {
      await command.call(this, flags, ...args);
    } catch (error) {
      const { process, style } = this;
      const before = Number(process.exitCode ?? 0);
      process.exitCode = worseExitCode(before, exitCodeOf(error));
      if (error instanceof InterruptedError && error.reason === "EPIPE") return;
      process.stderr.write(`${style.stderr.red(`isthmus: ${errorLine(error, process.env)}`)}\n`);
    }
  };
}
