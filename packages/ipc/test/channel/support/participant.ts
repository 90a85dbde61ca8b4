/**
 * Another process that produces or consumes as it is told.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Peer } from "@isthmus/testing/peer";

const SCRIPT = join(import.meta.dir, "..", "fixtures", "participant.ts");

/** Starts one; it is killed when the test ends. */
export function participant(stack: AsyncDisposableStack): Peer {
  return stack.use(new Peer([process.execPath, SCRIPT]));
}

/** Waits until a process that was sent SIGSTOP has stopped. */
export async function stopped(peer: Peer): Promise<void> {
  for (;;) {
    const stat = readFileSync(`/proc/${peer.pid}/stat`, "latin1");
    if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("T")) return;
    await Bun.sleep(1);
  }
}
