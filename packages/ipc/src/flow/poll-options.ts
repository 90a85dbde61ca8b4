/**
 * The options of polling records.
 *
 * @module
 */
import {
  checkInteger,
  checkOptions,
  checkSynchronous,
  invalidType,
  type OptionNames,
} from "@isthmus/core/internal";
import { type AsyncWaitOptions, checkWait } from "../wait/wait-for.ts";

/** How many records are polled. */
export interface PollOptions {
  /** How many at most, 1 or more. Default: all there are, but no more than there is room for. */
  readonly limit?: number | undefined;
  /**
   * Only the newest record of each sender, in place: those before it are passed over, and counted in
   * `metrics.skipped`. For frames and other states of which the last one is enough. Default false.
   */
  readonly latest?: boolean | undefined;
}

/** How records are polled and waited for. */
export interface PollAsyncOptions extends PollOptions, AsyncWaitOptions {}

/** What a poll without options wants. */
export const EVERYTHING: PollOptions = {};

const POLL_OPTIONS: OptionNames<PollOptions> = { limit: true, latest: true };
const POLL_ASYNC_OPTIONS: OptionNames<PollAsyncOptions> = {
  ...POLL_OPTIONS,
  timeoutMs: true,
  signal: true,
};

/** Checks the options of a poll. */
export function checkPoll(options: PollOptions): PollOptions {
  const { limit, latest } = checkOptions("options", options, POLL_OPTIONS);
  if (latest !== undefined && typeof latest !== "boolean") {
    throw invalidType("options.latest", "a boolean", latest);
  }
  const isBounded = limit !== undefined && limit !== Infinity;
  return { limit: isBounded ? checkInteger("limit", limit, 1) : undefined, latest };
}

/** Checks what is called for every record. */
export function checkHandler(handler: unknown): void {
  if (typeof handler !== "function") throw invalidType("handler", "a function", handler);
}

/** Checks what gets records in place: gone when it returns, they are of no use to a function that goes on. */
export function checkRecordHandler(handler: unknown): void {
  checkSynchronous("handler", handler, "for await");
}

/** Checks the options of a poll that waits. */
export function checkPollAsync(options: PollAsyncOptions | undefined): {
  readonly wanted: PollOptions;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
} {
  const { timeoutMs, signal, ...wanted } = checkOptions("options", options, POLL_ASYNC_OPTIONS);
  return { wanted: checkPoll(wanted), ...checkWait({ timeoutMs, signal }) };
}
