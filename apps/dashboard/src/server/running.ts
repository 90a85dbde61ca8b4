/**
 * Whether a process is seen to run.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { ParticipantInfo } from "@isthmus/ipc";

/** Fields of `/proc/<pid>/stat` behind the command: the state, and when the process started. */
const STATE = 0;
const START_TICKS = 19;

/**
 * Whether a participant's process is there for certain. False where nobody can tell, too: the system has no `/proc`, or
 * the process is one of another PID namespace.
 */
export function isRunning({ pid, startTicks }: ParticipantInfo): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const isSame = startTicks !== 0 && Number(fields[START_TICKS]) === startTicks;
    // One that is over and not waited for yet runs no more.
    return isSame && !/^[XZ]$/.test(fields[STATE] ?? "");
  } catch {
    return false;
  }
}
