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
export function startTicksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may itself contain any of them.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[19]) || 0;
  } catch {
    return 0;
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
