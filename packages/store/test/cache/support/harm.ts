/**
 * Ending or stopping this process in the middle of a change of shared memory: where it matters, and where a signal from outside
 * seldom comes.
 *
 * @module
 */
import { SharedWords } from "@isthmus/ipc/internal";
import { SharedBodies } from "../../../src/cache/shared-bodies.ts";
import { OwnerLocks } from "../../../src/owner-locks.ts";

/** How long nothing happens, in changes; and then, in stores of the change after. */
export interface Harm {
  readonly signal: "SIGKILL" | "SIGSTOP";
  readonly changes: number;
  readonly stores: number;
}

/** From now on counts the locks that this process takes and what it stores while it has one, and harms it when it is due. */
export function harmWithin({ signal, changes, stores }: Harm): void {
  let changesLeft = changes;
  let storesLeft = stores;
  let isInside = false;
  const step = (): void => {
    if (isInside && storesLeft-- === 0) process.kill(process.pid, signal);
  };
  before(SharedWords.prototype, "set", step);
  before(SharedWords.prototype, "store", step);
  before(SharedBodies.prototype, "copyIn", step);
  before(SharedBodies.prototype, "setNumber", step);
  before(OwnerLocks.prototype, "unlock", () => {
    // Fewer stores than that are in this change: its end will do.
    if (isInside) storesLeft = 0;
    step();
    isInside = false;
  });
  const { lock } = OwnerLocks.prototype;
  OwnerLocks.prototype.lock = function (...parameters) {
    const outcome = lock.apply(this, parameters);
    isInside = changesLeft-- <= 0;
    return outcome;
  };
}

function before<T extends object, Name extends keyof T>(
  prototype: T,
  name: Name,
  act: () => void,
): void {
  const method = prototype[name] as (...parameters: unknown[]) => unknown;
  prototype[name] = function (this: T, ...parameters: unknown[]) {
    act();
    return method.apply(this, parameters);
  } as T[Name];
}
