/**
 * `for await` over a channel's records.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import type { Channel } from "./channel.ts";
import type { Inbox } from "./inbox.ts";

/**
 * Yields plain objects. Written by hand, because an async generator costs several times as much per record as the
 * record itself.
 */
export class RecordLoop<T> implements AsyncIterableIterator<T, undefined> {
  readonly #channel: Channel;
  readonly #inbox: Inbox;
  readonly #signal: AbortSignal | undefined;
  #isDone = false;

  constructor(channel: Channel, inbox: Inbox, signal: AbortSignal | undefined) {
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
