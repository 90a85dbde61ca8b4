/**
 * Who this process is, as other processes can check it.
 *
 * @module
 */
import { readFileSync } from "node:fs";

let ticks: number | undefined;

/**
 * When a process started, in clock ticks since boot: together with the pid it names a process for as long as
 * the system runs. 0 where the system does not tell.
 */
function startTicksOf(pid: number): number {
  return Number(statOf(pid)[19]) || 0;
}

/**
 * Whether a process is stopped, by a signal or a debugger: it is alive and does nothing. False, too, where nobody can tell:
 * its number is that of another PID namespace, or the system has no /proc.
 */
export function isStopped(pid: number, startTicks: number): boolean {
  const fields = statOf(pid);
  return startTicks !== 0 && Number(fields[19]) === startTicks && /^[Tt]$/.test(fields[0] ?? "");
}

/** Whether a participant's numbers are those of this process. */
export function isOwnProcess(pid: number, startTicks: number): boolean {
  return pid === process.pid && startTicks === ownStartTicks();
}

/** The third and all further fields of `/proc/<pid>/stat`; none where it cannot be read. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may itself contain any of them.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** When this process started; see {@link startTicksOf}. */
export function ownStartTicks(): number {
  ticks ??= startTicksOf(process.pid);
  return ticks;
}

/** The file name of this program: what a participant calls itself unless told otherwise. */
export function programName(): string {
  return (process.argv[1] ?? "bun").split("/").at(-1) ?? "bun";
}
