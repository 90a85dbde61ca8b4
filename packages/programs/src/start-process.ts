/**
 * Starting a process that works for this one.
 *
 * @module
 */
import type { SpawnOptions, Subprocess } from "bun";

/**
 * Starts a process.
 *
 * @param command The program and its arguments.
 * @param options Those of `Bun.spawn`.
 * @returns The process.
 * @throws {Error} when the system cannot start it; the message says so, and why.
 */
export function startProcess<
  In extends SpawnOptions.Writable,
  Out extends SpawnOptions.Readable,
  Err extends SpawnOptions.Readable,
>(
  command: readonly string[],
  options: SpawnOptions.OptionsObject<In, Out, Err>,
): Subprocess<In, Out, Err> {
  try {
    return Bun.spawn([...command], options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The system does not start another process: ${reason}`, { cause });
  }
}
