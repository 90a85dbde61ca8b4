/**
 * What one machine measures and the other one wants to know.
 *
 * @module
 */
import { f64, struct, u32 } from "@isthmus/ipc";

/** A reading: its number, from 0, and when it was taken. */
export const Reading = struct({ id: u32, atMs: f64 });

/** The channel, on both machines. */
export const NAME = "readings";

/** Room for what comes while the link is cut. */
export const CAPACITY_BYTES: number = 4 * 2 ** 20;

/** The subject on which the same readings are published without a bridge. */
export const SUBJECT = "plain.readings";

/** What somebody has received so far. */
export interface Progress {
  /** Different ones. */
  readonly received: number;
  /** How many came again. */
  readonly twice: number;
  /** How many came after one that was taken later. */
  readonly late: number;
  /** Half of them were here so fast. */
  readonly medianMs: number;
}

/** What somebody has received who has received nothing. */
export const NOTHING: Progress = { received: 0, twice: 0, late: 0, medianMs: 0 };
