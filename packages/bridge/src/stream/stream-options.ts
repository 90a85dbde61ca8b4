/**
 * How a stream is made.
 *
 * @module
 */

/** How a stream is made. One that exists stays as it is. */
export interface StreamOptions {
  /** How many bytes it may hold. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** How old its messages may become, in milliseconds. By default age does not matter. */
  readonly maxAgeMs?: number | undefined;
  /**
   * What happens when it is full: `"wait"`: bridges send nothing more until what is in it has been received (default for channels,
   * dead letters and journals); `"drop"`: the oldest messages go (default for topics).
   */
  readonly whenFull?: "wait" | "drop" | undefined;
  /** How many servers of a cluster keep it. Default 1. */
  readonly replicas?: number | undefined;
}
