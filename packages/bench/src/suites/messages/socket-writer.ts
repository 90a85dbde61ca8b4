/**
 * Writing to a Unix domain socket as Bun's documentation advises: small records are gathered, and a full socket is
 * waited for.
 *
 * @module
 */
import type { Socket } from "bun";
import { BATCH_BYTES } from "./frames.ts";

/** The writing side of a connection. */
export class SocketWriter {
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #drained: () => Promise<void>;
  readonly #gathered = new Uint8Array(BATCH_BYTES);
  #filled = 0;

  private constructor(socket: Socket, closed: Promise<void>, drained: () => Promise<void>) {
    this.#socket = socket;
    this.closed = closed;
    this.#drained = drained;
  }

  /** Connects to the socket at a path. */
  static async connect(path: string): Promise<SocketWriter> {
    const closed = Promise.withResolvers<void>();
    let waiting: (() => void) | undefined;
    const socket = await Bun.connect({
      unix: path,
      socket: {
        data: () => undefined,
        drain: () => waiting?.(),
        close: () => closed.resolve(),
      },
    });
    const drained = (): Promise<void> =>
      new Promise((resolve) => {
        waiting = resolve;
      });
    return new SocketWriter(socket, closed.promise, drained);
  }

  /**
   * Takes bytes; they may be reused as soon as what this returns has settled.
   *
   * @param bytes Any number.
   * @returns A promise when the socket was full, nothing otherwise.
   */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (bytes.length >= BATCH_BYTES) return this.#writeAfterGathered(bytes);
    if (this.#filled + bytes.length <= BATCH_BYTES) {
      this.#gathered.set(bytes, this.#filled);
      this.#filled += bytes.length;
      return undefined;
    }
    return this.flush().then(() => this.write(bytes));
  }

  /** Writes what has been gathered. */
  async flush(): Promise<void> {
    const gathered = this.#gathered.subarray(0, this.#filled);
    this.#filled = 0;
    await this.#writeAll(gathered);
  }

  async #writeAfterGathered(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.#writeAll(bytes);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const drained = this.#drained();
      const written = this.#socket.write(bytes.subarray(done));
      if (written < 0) throw new Error("the other side closed the socket");
      done += written;
      if (done < bytes.length) await drained;
    }
  }
}
