/**
 * One bridge of a name and a direction on each machine.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import { NamedMutex } from "@isthmus/ipc";

/**
 * Makes sure that there is no other one.
 *
 * @param name What is bridged.
 * @param ways Its directions.
 * @param stack What lets go of them at the end.
 * @throws {SystemError} `EBUSY` when there is one, naming its process.
 */
export async function lockBridge(
  name: string,
  ways: readonly ("out" | "in")[],
  stack: AsyncDisposableStack,
): Promise<void> {
  for (const way of ways) {
    const mutex = stack.use(NamedMutex.createOrOpen(`${name}.bridge-${way}.lock`));
    try {
      stack.use(await mutex.acquireAsync({ timeoutMs: 0 }));
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      const who = mutex.owner === undefined ? "" : ` (process ${mutex.owner.pid})`;
      throw conditionError(
        "EBUSY",
        `bridge "${name}" ${way}: another bridge does${who}; end it first`,
        "flock",
      );
    }
  }
}
