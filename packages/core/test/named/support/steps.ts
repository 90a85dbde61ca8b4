/**
 * Stopping before each system call of the naming protocol, in a process that runs a `SteppedSource`.
 *
 * @module
 */
import { join } from "node:path";
import { CORE_VARIABLE } from "./core.ts";

/** Called with the name of a system call that comes next. */
export type StepHook = (call: string) => void;

interface SteppedCalls {
  tryLockFile(fd: number, kind: "shared" | "exclusive"): boolean;
  allocate(...parameters: readonly unknown[]): void;
}

/**
 * Has every following step announced to `before`.
 *
 * @returns The calls themselves, for those who are not to be announced.
 */
export async function onEveryStep(before: StepHook): Promise<SteppedCalls> {
  const source = process.env[CORE_VARIABLE];
  if (source === undefined) throw new Error("This fixture needs a SteppedSource");
  const { hook } = await import(join(source, "stepped-fs.ts"));
  hook.before = before;
  // Nobody else runs meanwhile: a pause would only take time.
  const { host } = await import(join(source, "native", "host.ts"));
  host.sleep = () => {};
  const { platform } = await import(join(source, "native", "platform.ts"));
  const calls = platform() as SteppedCalls;
  const { tryLockFile, allocate } = calls;
  calls.tryLockFile = (fd, kind) => {
    before(`lock ${kind}`);
    return tryLockFile(fd, kind);
  };
  calls.allocate = (...parameters) => {
    before("allocate");
    allocate(...parameters);
  };
  return { tryLockFile, allocate };
}
