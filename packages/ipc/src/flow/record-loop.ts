/**
 * `for await` over a channel's records.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { stepsToTurn, takeTurn } from "@isthmus/core/internal";
import { touch } from "../segment/handles.ts";
import type { Segment } from "../segment/segment.ts";
import type { LanedSegment } from "./laned-segment.ts";

/** Where a loop takes its records from. */
export interface RecordSource {
  /** Copies the next record out, if there is one; it is released with the next call, or by `release`. */
  take(): unknown;
  /** Takes the record that `take` gave last back in, and releases those before it. */
  putBack(): void;
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
 * record itself; `next` is on the way of every one of them: see decision 0008.
 */
export class RecordLoop<T> implements AsyncIterableIterator<T, undefined> {
  /** Kept, so that a loop over a consumer that nobody else keeps is not the end of it. */
  protected readonly owner: Disposable;
  private readonly source: RecordSource;
  private readonly segment: Segment;
  private readonly signal: AbortSignal | undefined;
  private isBegun = false;
  private isDone = false;
  /** Records to hand out before it is asked whether the event loop is due. */
  private stepsLeft = 0;

  constructor(
    owner: Disposable,
    channel: LanedSegment,
    source: RecordSource,
    signal: AbortSignal | undefined,
  ) {
    this.owner = owner;
    this.source = source;
    this.segment = channel.segment;
    this.signal = signal;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.isDone || this.segment.isDisposed || this.signal?.aborted === true) return this.#end();
    if (this.stepsLeft === 0) return this.#nextInTurn();
    this.stepsLeft--;
    const record = this.source.take();
    if (record === undefined) return this.#wait();
    return Promise.resolve({ done: false, value: record as T });
  }

  /**
   * Called when the loop is left, by `break` or by what its body has thrown, which look the same from here: the record
   * of the body comes again, because nobody has said that it was handled.
   */
  return(): Promise<IteratorResult<T, undefined>> {
    if (this.isBegun && !this.isDone && !this.segment.isDisposed) this.source.putBack();
    this.isDone = true;
    return this.#end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Lets timers, sockets and signals have their turn: a loop whose records are always there would keep it for ever. */
  #nextInTurn(): Promise<IteratorResult<T, undefined>> {
    this.isBegun = true;
    this.stepsLeft = stepsToTurn();
    return this.stepsLeft === 0 ? this.#nextAfterTurn() : this.next();
  }

  async #nextAfterTurn(): Promise<IteratorResult<T, undefined>> {
    this.source.release();
    await takeTurn();
    return this.next();
  }

  #wait(): Promise<IteratorResult<T, undefined>> {
    return this.source.waitAsync(Infinity, this.signal, false).then(
      (record) => {
        touch(this.owner);
        return { done: false, value: record as T };
      },
      (error: unknown) => {
        this.isDone = true;
        if (error instanceof DisposedError) return { done: true, value: undefined };
        throw error;
      },
    );
  }

  /** The loop is over, or is now: disposed, or aborted. */
  #end(): Promise<IteratorResult<T, undefined>> {
    const isAborted = !this.isDone && !this.segment.isDisposed;
    this.isDone = true;
    if (!isAborted) return Promise.resolve({ done: true, value: undefined });
    this.source.release();
    return Promise.reject(this.signal?.reason);
  }
}
