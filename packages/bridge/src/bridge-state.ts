/**
 * How a bridge is.
 *
 * @module
 */
/** How a bridge is. */
export type BridgeState =
  /** It has not reached the server yet, or found nothing yet to be carried. */
  | "connecting"
  /** It is connected, and records go through. */
  | "live"
  /** The connection is lost; it comes back by itself. */
  | "away"
  /** What it fills has no room, the stream or what is here: it waits, and those before it. Observers see why. */
  | "full"
  /** It has ended because another bridge does the same. */
  | "fenced"
  /** It has ended because it cannot go on: see `closed`. */
  | "failed"
  /** It has been disposed. */
  | "closed";

/** From the worst to the best, as two directions are told as one. */
const ORDER: readonly BridgeState[] = [
  "failed",
  "fenced",
  "closed",
  "connecting",
  "away",
  "full",
  "live",
];

/** The worst of several. */
export function worstOf(states: readonly BridgeState[]): BridgeState {
  return ORDER.find((state) => states.includes(state)) ?? "connecting";
}
