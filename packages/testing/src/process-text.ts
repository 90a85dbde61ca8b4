/**
 * What a process is doing, for the message of a test that has waited for it in vain.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";

/** What each thread of a process does and where in the kernel it sleeps, as far as the system tells. */
export function processText(pid: number): string {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
      const told = (file: string): string => {
        try {
          return readFileSync(`/proc/${pid}/task/${thread}/${file}`, "utf8").trim();
        } catch {
          return "?";
        }
      };
      const state = /^State:\s*(.*)$/m.exec(told("status"))?.[1];
      return `${told("comm")}: ${state}, in ${told("wchan")}, system call ${told("syscall")}`;
    });
    return `process ${pid}:\n${threads.join("\n")}`;
  } catch {
    return `process ${pid} is gone, or cannot be seen`;
  }
}
