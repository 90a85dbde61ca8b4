/**
 * The frame around every command: what it throws becomes one line on stderr and an exit code.
 *
 * @module
 */
import type { IsthmusContext } from "./context.ts";
import { errorLine } from "./error-line.ts";
import { exitCodeOf, worseExitCode } from "./exit-code.ts";
import { InterruptedError } from "./interrupted-error.ts";
import { UsageError } from "./usage-error.ts";

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
      // It may have come while the command was loaded: whoever begins to listen now never hears of it.
      this.signal.throwIfAborted();
      await command.call(this, flags, ...args);
    } catch (error) {
      const { process, style, helpCommand } = this;
      const before = Number(process.exitCode ?? 0);
      process.exitCode = worseExitCode(before, exitCodeOf(error));
      if (error instanceof InterruptedError && error.reason === "EPIPE") return;
      const next = error instanceof UsageError ? `. See ${helpCommand}` : "";
      const line = `isthmus: ${errorLine(error, process.env)}${next}`;
      process.stderr.write(`${style.stderr.red(line)}\n`);
    }
  };
}
