/**
 * Another process that publishes or subscribes as it is told.
 *
 * @module
 */
import { join } from "node:path";
import { Peer } from "@isthmus/testing/peer";
import type { Account } from "./numbered.ts";

const SCRIPT = join(import.meta.dir, "..", "fixtures", "member.ts");

/** What a subscriber reports. */
export interface Report extends Account {
  readonly lost: number;
  /** What it was told that it lost. */
  readonly told: number;
  readonly laps: number;
  readonly corruptions: number;
  readonly lag: number;
  /** What its counters say. */
  readonly counted: number;
}

/** Starts one; it is killed when the test ends. */
export function member(stack: AsyncDisposableStack): Peer {
  return stack.use(new Peer([process.execPath, SCRIPT]));
}

/** Starts a subscriber. */
export async function subscribed(
  stack: AsyncDisposableStack,
  name: string,
  options: object,
): Promise<Peer> {
  const peer = member(stack);
  await peer.call("subscribe", name, options);
  return peer;
}
