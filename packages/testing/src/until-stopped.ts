/**
 * Waiting for a process that stops itself.
 *
 * @module
 */
import { readFileSync } from "node:fs";

const LOOKS_MAX = 5000;

/** Waits until the kernel says that a process is stopped. */
export async function untilStopped(pid: number): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    if (stat.charAt(stat.lastIndexOf(")") + 2) === "T") return;
    await Bun.sleep(1);
  }
  throw new Error(`Process ${pid} does not stop`);
}
