/**
 * What both ends of a transfer are told.
 *
 * @module
 */
import { bytes, type ChannelOptions } from "@isthmus/ipc";
import type { ProgressLines } from "../output/progress-lines.ts";

/** Which channel, and how it is made where it is missing. */
export interface TransferOptions {
  readonly channel: string;
  readonly capacityBytes: number;
  readonly maxProducers: number | undefined;
  /** Whether a channel that is created measures how long records take. */
  readonly hasLatency: boolean;
  /** How long to wait for the other end. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly progress: ProgressLines;
}

/** Signals and timers wait at most about this long. */
export const BURST_MS = 20;

/** How the channel of a transfer is opened. */
export function channelOptions(options: TransferOptions): ChannelOptions<typeof bytes> {
  const { capacityBytes, maxProducers, hasLatency } = options;
  return { schema: bytes, capacityBytes, maxProducers, latency: hasLatency };
}
