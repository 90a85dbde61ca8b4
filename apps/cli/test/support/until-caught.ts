import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { until } from "@isthmus/testing/patience";

/** Waits until a process has a handler for Ctrl-C; where the system does not tell, for a second. */
export async function untilCaught(pid: number): Promise<void> {
  if (process.platform !== "linux") await Bun.sleep(1000);
  else await until(() => isCaught(pid), `process ${pid} catches Ctrl-C`);
}

function isCaught(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mask = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(status)?.[1] ?? "0"}`);
  return ((mask >> BigInt(constants.signals.SIGINT - 1)) & 1n) === 1n;
}
