/**
 * Other processes that read and write structs as they are told.
 *
 * @module
 */
import { join } from "node:path";
import { Peer } from "@isthmus/testing/peer";

const FIXTURES = join(import.meta.dir, "..", "fixtures");

/** Starts a fixture of these tests; it must be ended. */
export function peerOf(fixture: string, ...parameters: readonly unknown[]): Peer {
  const script = join(FIXTURES, `${fixture}.ts`);
  return new Peer([process.execPath, script, ...parameters.map((one) => JSON.stringify(one))]);
}

/** Starts as many processes of a fixture; all end with the stack. */
export function peers(stack: AsyncDisposableStack, fixture: string, count: number): Peer[] {
  return Array.from({ length: count }, () => stack.use(peerOf(fixture)));
}
