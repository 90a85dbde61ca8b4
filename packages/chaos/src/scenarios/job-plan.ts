/**
 * How each job of a queue is added, so that the judge knows it without being told.
 *
 * @module
 */
import type { JobOptions } from "@isthmus/ipc";

/** Jobs of all producers share so many keys. */
const KEYS = 5;
/** One job in so many is added with a delay. */
const ONE_IN_DELAYED = 7;
const DELAY_MS_MAX = 30;

/** How a job is added; `key` is 0 for a job that has none. */
export interface JobPlan {
  readonly key: number;
  readonly priority: number;
  readonly delayMs: number;
}

/** How a job is added: every third has a key, every seventh a delay, in any combination. */
export function planOf(stream: number, sequence: number): JobPlan {
  const mixed = (Math.imul(stream + 1, 0x9e37_79b1) ^ Math.imul(sequence + 1, 0x85eb_ca6b)) >>> 8;
  return {
    key: mixed % 3 === 0 ? 1 + ((mixed >>> 4) % KEYS) : 0,
    priority: ((mixed >>> 9) % 3) - 1,
    delayMs: mixed % ONE_IN_DELAYED === 0 ? 1 + ((mixed >>> 12) % DELAY_MS_MAX) : 0,
  };
}

/** The same, as `add` takes it. */
export function optionsOf(plan: JobPlan): JobOptions {
  const { key, priority, delayMs } = plan;
  return key === 0 ? { priority, delayMs } : { priority, delayMs, key };
}
