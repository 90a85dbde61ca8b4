/**
 * Commands that only Bun can run: they start its servers, its programs or its databases.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { runtimeOf } from "@isthmus/core/internal";
import type { CommandFunction } from "./guarded.ts";

/**
 * Makes a command one that says on other runtimes where it runs.
 *
 * @param name The command, as it is typed.
 * @param command Its function.
 * @returns The function to give to `guarded`.
 */
export function bunOnly<F, A extends readonly unknown[]>(
  name: string,
  command: CommandFunction<F, A>,
): CommandFunction<F, A> {
  return async function (flags, ...args) {
    const { key, name: runtime, version } = runtimeOf();
    if (key !== "bun") {
      throw new NotSupportedError(
        `Cannot run "isthmus ${name}" on ${runtime} ${version}: this command needs Bun; install it from https://bun.sh and run "bunx @isthmus/cli ${name}"`,
      );
    }
    await command.call(this, flags, ...args);
  };
}
