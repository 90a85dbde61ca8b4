/**
 * What a producer makes of its consumer's coming and going.
 *
 * @module
 */
import type { ProducerMetrics } from "@isthmus/ipc";

/** `"awaited"`: there has been none yet; `"leaving"`: it is too early to say whether another takes its place. */
export type ConsumerPresence = "awaited" | "present" | "leaving" | "left" | "died";

/** What a look tells of the consumer. */
export type ConsumerLook = Pick<ProducerMetrics, "consumer" | "consumerDepartures">;

/** How long a place that was given up stays empty before its consumer counts as gone for good. */
const GRACE_MS = 300;

/** Follows the consumer from look to look. */
export class ConsumerWatch {
  /** How many had left when one was last seen; undefined: none has been. */
  #departures: number | undefined;
  #emptySinceMs: number | undefined;

  /**
   * Takes note of a look.
   *
   * @param look What was seen.
   * @param nowMs When.
   * @returns What it means.
   */
  look({ consumer, consumerDepartures }: ConsumerLook, nowMs: number): ConsumerPresence {
    if (consumer !== "none") {
      this.#departures = consumerDepartures;
      this.#emptySinceMs = undefined;
      return consumer === "alive" ? "present" : "died";
    }
    if (this.#departures === undefined) return "awaited";
    // Nobody has left since: somebody has cleared up after one that died.
    if (this.#departures === consumerDepartures) return "died";
    this.#emptySinceMs ??= nowMs;
    return nowMs - this.#emptySinceMs < GRACE_MS ? "leaving" : "left";
  }
}
