/**
 * Who this process is, as other processes can check it.
 *
 * @module
 */
import { basename } from "node:path";
import { platform } from "@isthmus/core/internal";

let ticks: number | undefined;

/**
 * When this process started, in clock ticks since boot: together with the pid it names a process for as long as
 * the system runs. 0 where the system does not tell.
 */
export function ownStartTicks(): number {
  ticks ??= platform().processState(process.pid)?.startTicks ?? 0;
  return ticks;
}

/** Whether a participant's numbers are those of this process. */
export function isOwnProcess(pid: number, startTicks: number): boolean {
  return pid === process.pid && startTicks === ownStartTicks();
}

/**
 * Whether a process is stopped, by a signal or a debugger: it is alive and does nothing. False, too, where nobody can tell:
 * its number is that of another PID namespace, or the system does not say.
 */
export function isStopped(pid: number, startTicks: number): boolean {
  const state = platform().processState(pid);
  return state !== undefined && state.startTicks === startTicks && state.isStopped;
}

/** The file name of this program: what a participant calls itself unless told otherwise. */
export function programName(): string {
  return basename(process.argv[1] ?? "bun");
}
