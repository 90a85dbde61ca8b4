/**
 * Reading a named pipe through the event loop, only while somebody is interested.
 *
 * @module
 */
import { type PipeReader, readThreadPipe } from "@isthmus/core/internal";

/**
 * How long reading goes on after the last interest, in milliseconds. Reading keeps the process alive,
 * so it must end; but opening one costs tens of microseconds, so it does not end between two waits.
 */
const LINGER_MS = 20;

/** What a reader tells its owner. */
export interface FifoEvents {
  /** Bytes have arrived; all that were there have been taken out. */
  readonly onBytes: () => void;
  /** Nobody has the pipe open for writing any more, or it does not exist. */
  readonly onEnd: () => void;
  /** Reading has ended, because nobody was interested for a while or because the pipe has. */
  readonly onStop?: () => void;
}

/** Reads a pipe while its count of interests is above zero. */
export class FifoReader {
  readonly #path: string;
  readonly #events: FifoEvents;
  #interests = 0;
  #reader: PipeReader | undefined;
  #linger: Timer | undefined;
  /** How often an interest has begun: tells the timer whether there was one since it was set. */
  #interestCount = 0;

  constructor(path: string, events: FifoEvents) {
    this.#path = path;
    this.#events = events;
  }

  /** Whether it reads at this moment, or lingers. */
  get isReading(): boolean {
    return this.#reader !== undefined;
  }

  /** Begins to be interested: the event loop is woken, and the process kept alive, from now on. */
  acquire(): void {
    this.#interests++;
    this.#interestCount++;
    if (this.#reader === undefined) this.#start();
  }

  /** Ends an interest. */
  release(): void {
    this.#interests--;
    // One timer for many short waits: setting and clearing one for each cost as much as the wait's wake-up.
    if (this.#interests === 0 && this.#reader !== undefined) this.#linger ??= this.#setLinger();
  }

  #setLinger(): Timer {
    const interestCount = this.#interestCount;
    return setTimeout(() => {
      this.#linger = undefined;
      if (this.#interests > 0) return;
      if (this.#interestCount === interestCount) this.#stop();
      else this.#linger = this.#setLinger();
    }, LINGER_MS);
  }

  #start(): void {
    const reader = readThreadPipe(this.#path);
    if (reader === undefined) {
      queueMicrotask(() => this.#end());
      return;
    }
    this.#reader = reader;
    void this.#pump(reader);
  }

  #stop(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    void reader?.cancel();
    this.#events.onStop?.();
  }

  #end(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    // Somebody may have begun to read since the end was found.
    void reader?.cancel();
    clearTimeout(this.#linger);
    this.#linger = undefined;
    this.#events.onStop?.();
    this.#events.onEnd();
  }

  async #pump(reader: PipeReader): Promise<void> {
    try {
      for (;;) {
        const { done } = await reader.read();
        if (this.#reader !== reader) return;
        if (done) break;
        this.#events.onBytes();
      }
      this.#end();
    } finally {
      reader.close();
    }
  }
}
