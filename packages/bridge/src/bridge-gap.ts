/**
 * What is missing.
 *
 * @module
 */

/** Records that are missing. */
export interface BridgeGap {
  /** The lane of whoever sent them. */
  readonly lane: number;
  /** Position of the first one that is missing. */
  readonly from: number;
  /** Position behind the last one. */
  readonly to: number;
}
