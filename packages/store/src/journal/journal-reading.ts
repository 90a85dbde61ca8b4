/**
 * Reading a journal as a loop.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { stepsToTurn, takeTurn } from "@isthmus/core/internal";
import { BUSY, type Entry, type EntrySource } from "./entry-source.ts";
import type { FollowerPlace, LiveHead } from "./live-head.ts";
import type { Tailer } from "./tailer.ts";

/** What a reading works with. */
export interface ReadingParts {
  readonly source: EntrySource;
  /** Opened when somebody waits. */
  readonly head: () => LiveHead;
  /** Ends the loop in silence. */
  readonly disposed: AbortSignal;
  readonly signal: AbortSignal | undefined;
  readonly follow: boolean;
  /** The sequence before the first entry that is asked for. */
  readonly position: number;
  /** Whose position is noted. */
  readonly tailer: Tailer | undefined;
  /** What it is called; empty for one without a name. */
  readonly name: string;
  readonly onEnd: (reading: JournalReading<unknown>) => void;
}

/**
 * The entries of a journal: `for await` lets others have their turn and waits where it is to; `for` reads what is there without a
 * pause. It is written by hand, because an async generator costs more per record than the record itself: see decision 0008.
 */
export class JournalReading<T>
  implements AsyncIterableIterator<T, undefined>, Disposable, AsyncDisposable
{
  readonly #parts: ReadingParts;
  private readonly source: EntrySource;
  private readonly signal: AbortSignal | undefined;
  /** What was taken from the source, how many that is, and which of them is the next one. */
  private readonly entries: Entry[] = [];
  private count = 0;
  private at = 0;
  /** Those before it are handed out with no look at anything else; never any while somebody must be told of each. */
  private limit = 0;
  readonly #isPlain: boolean;
  /** Entries to hand out before it is asked whether the event loop is due. */
  private stepsLeft = 0;
  /** The entry whose body runs, or has ended. */
  private entry: Entry | undefined;
  /** Up to which sequence it is done with. */
  #position: number;
  /** Where observers are told of that. */
  #place: FollowerPlace | undefined;
  /** Also when the journal is disposed: that closes it. */
  private isDone = false;
  /** Calls are answered in their order. */
  private pending: Promise<IteratorResult<T, undefined>> | undefined;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
    this.source = parts.source;
    this.signal = parts.signal;
    this.#position = parts.position;
    this.#isPlain = !parts.follow && parts.tailer === undefined && parts.signal === undefined;
  }

  /** The next entry; waits for it where the loop is to follow. */
  next(): Promise<IteratorResult<T, undefined>> {
    const { at } = this;
    if (at >= this.limit) return this.#nextRarely();
    this.at = at + 1;
    return Promise.resolve({ done: false, value: this.entries[at] as T });
  }

  /**
   * Called when the loop is left, by `break` or by what its body has thrown, which look the same from here: the record of the body
   * comes again to a named tailer, because nobody has said that it was handled.
   */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  /**
   * What is there, without a pause: timers and sockets wait meanwhile.
   *
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` with `follow`: nothing can come while this thread waits.
   */
  [Symbol.iterator](): IterableIterator<T, undefined> {
    if (this.#parts.follow) throw new NotSupportedError("Cannot follow a journal without `await`");
    const iterator: IterableIterator<T, undefined> = {
      next: () => {
        const { at } = this;
        if (at >= this.limit) return this.#nextNow();
        this.at = at + 1;
        return { done: false, value: this.entries[at] as T };
      },
      return: () => {
        this.#end();
        return { done: true, value: undefined };
      },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  }

  /** Lets go of the files; the loop ends. */
  close(): void {
    this.#end();
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  private isOver(): boolean {
    return this.isDone || this.signal?.aborted === true;
  }

  /** The next entry, where something else is due before it: more of them, the event loop, or word of the one before. */
  #nextRarely(): Promise<IteratorResult<T, undefined>> {
    if (this.pending === undefined && this.stepsLeft > 0 && !this.isOver()) {
      this.stepsLeft--;
      try {
        const entry = this.take();
        if (entry !== undefined && entry !== BUSY) {
          this.#allow(this.stepsLeft);
          return Promise.resolve(given<T>(entry));
        }
      } catch (error) {
        return Promise.reject(this.#fail(error));
      }
    }
    const pending = this.pending === undefined ? this.#nextSlowly() : this.#nextBehind();
    this.pending = pending;
    const done = (): void => {
      if (this.pending !== pending) return;
      this.pending = undefined;
      this.#allow(this.stepsLeft);
    };
    pending.then(done, done);
    return pending;
  }

  /** Lets so many entries be handed out without a look at anything else, as far as they are there. */
  #allow(count: number): void {
    if (!this.#isPlain || this.isDone) return;
    this.limit = Math.min(this.at + count, this.count);
    this.stepsLeft -= Math.min(this.limit - this.at, this.stepsLeft);
  }

  /** Says that the entry before has been handled, and takes the next one. */
  private take(): Entry | typeof BUSY | undefined {
    const { entry } = this;
    if (entry !== undefined) this.#handle(entry);
    if (this.at === this.count) {
      this.at = this.limit = this.count = 0;
      const count = this.source.take(this.entries);
      if (count === BUSY) return BUSY;
      this.count = count;
      if (count === 0) return undefined;
    }
    this.entry = this.entries[this.at++];
    return this.entry;
  }

  #handle(entry: Entry): void {
    this.entry = undefined;
    this.#position = entry.gap === undefined ? entry.sequence : entry.gap.to;
    this.#parts.tailer?.commit(this.#position);
    this.#place?.note(this.#position);
  }

  #nextNow(): IteratorResult<T, undefined> {
    for (;;) {
      if (this.isOver()) return this.#finish();
      let entry: Entry | typeof BUSY | undefined;
      try {
        entry = this.take();
      } catch (error) {
        throw this.#fail(error);
      }
      if (entry === BUSY) continue;
      if (entry !== undefined) {
        if (this.pending === undefined) this.#allow(Infinity);
        return given<T>(entry);
      }
      this.#end();
    }
  }

  async #nextBehind(): Promise<IteratorResult<T, undefined>> {
    await this.pending?.catch(() => undefined);
    return this.#nextSlowly();
  }

  async #nextSlowly(): Promise<IteratorResult<T, undefined>> {
    const { head, follow } = this.#parts;
    try {
      for (;;) {
        if (this.isOver()) return this.#finish();
        this.stepsLeft = stepsToTurn();
        if (this.stepsLeft === 0) await takeTurn();
        if (this.isOver()) return this.#finish();
        const seen = follow ? head().appends : 0;
        const entry = this.take();
        if (follow) this.#tell();
        if (entry === BUSY) continue;
        if (entry !== undefined) return given<T>(entry);
        if (follow) await this.#waitForMore(seen);
        else this.#end();
      }
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Tells observers how far it is. */
  #tell(): void {
    const { head, name } = this.#parts;
    this.#place ??= head().follow(name);
    this.#place.note(this.#position);
  }

  async #waitForMore(seen: number): Promise<void> {
    const { head, disposed, signal } = this.#parts;
    const either = signal === undefined ? disposed : AbortSignal.any([signal, disposed]);
    try {
      await head().wait(seen, either);
    } catch (error) {
      // The loop says why it ends.
      if (!either.aborted) throw error;
    }
  }

  /** The loop is over, or is now. */
  #finish(): IteratorResult<T, undefined> {
    const { disposed, signal } = this.#parts;
    const isAborted = !this.isDone && !disposed.aborted;
    if (isAborted && this.entry !== undefined) this.#handle(this.entry);
    this.#end();
    if (isAborted) signal?.throwIfAborted();
    return { done: true, value: undefined };
  }

  #fail(error: unknown): unknown {
    this.#end();
    return error;
  }

  #end(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.limit = this.entries.length = 0;
    const { source, tailer, onEnd } = this.#parts;
    source.close();
    tailer?.close();
    this.#place?.[Symbol.dispose]();
    onEnd(this);
  }
}

function given<T>(entry: Entry): IteratorResult<T, undefined> {
  return { done: false, value: entry as T };
}
