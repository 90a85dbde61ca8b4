/**
 * `for await` over a channel's records.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import type { LanedSegment } from "./laned-segment.ts";

/** Where a loop takes its records from. */
export interface RecordSource {
  /** Copies the next record out, if there is one; it is released with the next call, or by `release`. */
  take(): unknown;
  /** Gives back the room of everything that was handed out. */
  release(): void;
  /** Waits in the event loop for the next record, and releases it when `isReleased`. */
  waitAsync(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    isReleased: boolean,
  ): Promise<unknown>;
}

/**
 * Yields plain objects. Written by hand, because an async generator costs several times as much per record as the
 * record itself.
 */
export class RecordLoop<T> implements AsyncIterableIterator<T, undefined> {
  readonly #channel: LanedSegment;
  readonly #inbox: RecordSource;
  readonly #signal: AbortSignal | undefined;
  #isDone = false;

  constructor(channel: LanedSegment, inbox: RecordSource, signal: AbortSignal | undefined) {
    this.#channel = channel;
    this.#inbox = inbox;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#isDone || this.#channel.segment.isDisposed) return this.#end();
    if (this.#signal?.aborted === true) return this.#fail(this.#signal.reason);
    const record = this.#inbox.take();
    if (record === undefined) return this.#wait();
    return Promise.resolve({ done: false, value: record as T });
  }

  /** Called when the loop is left: the record of its body has been consumed. */
  return(): Promise<IteratorResult<T, undefined>> {
    if (!this.#channel.segment.isDisposed) this.#inbox.release();
    return this.#end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #wait(): Promise<IteratorResult<T, undefined>> {
    try {
      const record = await this.#inbox.waitAsync(Infinity, this.#signal, false);
      return { done: false, value: record as T };
    } catch (error) {
      this.#isDone = true;
      if (error instanceof DisposedError) return { done: true, value: undefined };
      throw error;
    }
  }

  #fail(reason: unknown): Promise<never> {
    this.#isDone = true;
    this.#inbox.release();
    return Promise.reject(reason);
  }

  #end(): Promise<IteratorResult<T, undefined>> {
    this.#isDone = true;
    return Promise.resolve({ done: true, value: undefined });
  }
}
