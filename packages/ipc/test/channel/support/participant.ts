/**
 * Another process that produces or consumes as it is told.
 *
 * @module
 */
import { join } from "node:path";
import { Peer } from "@isthmus/testing/peer";

const SCRIPT = join(import.meta.dir, "..", "fixtures", "participant.ts");

/** Starts one; it is killed when the test ends. */
export function participant(stack: AsyncDisposableStack): Peer {
  return stack.use(new Peer([process.execPath, SCRIPT]));
}
