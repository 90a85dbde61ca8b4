/**
 * Reading a named pipe through Bun's event loop, only while somebody is interested.
 *
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";

/**
 * How long reading goes on after the last interest, in milliseconds. A stream of Bun keeps the process alive,
 * so it must end; but opening one costs tens of microseconds, so it does not end between two waits.
 */
const LINGER_MS = 20;

/** As much of a stream's reader as is used here. */
interface Reader {
  read(): Promise<{ readonly done: boolean }>;
  cancel(): Promise<void>;
}

/** What a reader tells its owner. */
export interface FifoEvents {
  /** Bytes have arrived; all that were there have been taken out. */
  readonly onBytes: () => void;
  /** Nobody has the pipe open for writing any more, or it does not exist. */
  readonly onEnd: () => void;
}

/** Reads a pipe while its count of interests is above zero. */
export class FifoReader {
  readonly #path: string;
  readonly #events: FifoEvents;
  #interests = 0;
  #reader: Reader | undefined;
  #linger: Timer | undefined;

  constructor(path: string, events: FifoEvents) {
    this.#path = path;
    this.#events = events;
  }

  /** Begins to be interested: the event loop is woken, and the process kept alive, from now on. */
  acquire(): void {
    this.#interests++;
    clearTimeout(this.#linger);
    this.#linger = undefined;
    if (this.#reader === undefined) this.#start();
  }

  /** Ends an interest. */
  release(): void {
    if (--this.#interests > 0 || this.#reader === undefined) return;
    this.#linger = setTimeout(() => this.#stop(), LINGER_MS);
  }

  #start(): void {
    let fd: number;
    try {
      fd = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      queueMicrotask(this.#events.onEnd);
      return;
    }
    const reader = Bun.file(fd).stream().getReader();
    this.#reader = reader;
    void this.#pump(reader, fd);
  }

  #stop(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    void reader?.cancel();
  }

  async #pump(reader: Reader, fd: number): Promise<void> {
    try {
      for (;;) {
        const { done } = await reader.read();
        if (this.#reader !== reader) return;
        if (done) break;
        this.#events.onBytes();
      }
      this.#reader = undefined;
      this.#events.onEnd();
    } finally {
      // The descriptor was given to the stream, not opened by it: it is ours to close.
      closeSync(fd);
    }
  }
}
