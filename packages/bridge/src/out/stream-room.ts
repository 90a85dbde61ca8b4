/**
 * How much room a stream has that is to hold what has not been received. The server is not asked to mind it: see decision 0027.
 *
 * @module
 */
import type { NameStream } from "../stream/name-stream.ts";

/** What a stream takes for a message besides its records, roughly, in bytes. */
const MESSAGE_BYTES = 300;
/** How long to wait before looking again whether there is room. */
const FULL_MS = 50;
/** So many messages fit, however small the stream is. */
const MESSAGES_MIN = 8;

/** The room of one stream, as one bridge knows it. */
export class StreamRoom {
  readonly #stream: Pick<NameStream, "info">;
  /** How many bytes the stream may hold, and how many it has at most. */
  #bytesMax = Infinity;
  #bytes = 0;
  #isFull = false;

  constructor(stream: Pick<NameStream, "info">) {
    this.#stream = stream;
  }

  /** Whether there may be no room, and the server is being asked. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** How many bytes it may hold; `Infinity` where the server drops what is oldest. */
  set bytesMax(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** How many it has, as the server says. */
  set bytes(bytes: number) {
    this.#bytes = bytes;
  }

  /** How long a message may be. */
  limit(batchBytes: number): number {
    return Math.min(batchBytes, this.#bytesMax / MESSAGES_MIN);
  }

  /** Whether there is room for records. */
  has(bytes: number): boolean {
    return this.#bytes + bytes <= this.#bytesMax;
  }

  /** Counts records that are sent. */
  take(bytes: number): void {
    this.#bytes += bytes + MESSAGE_BYTES;
  }

  /**
   * Asks the server again and again, until others have received and removed enough.
   *
   * @param bytes How much room is wanted.
   * @param underWay How many bytes are under way that the server may not have yet.
   * @param onFull Told when there is none; returns whether to ask again.
   */
  async wait(
    bytes: number,
    underWay: () => number,
    onFull: (reason: string) => boolean,
  ): Promise<void> {
    this.#isFull = true;
    try {
      for (;;) {
        const info = await this.#stream.info();
        this.#bytes = (info?.state.bytes ?? 0) + underWay();
        if (this.has(bytes)) break;
        const reason = `the stream holds ${this.#bytesMax} bytes that have not been received`;
        if (!onFull(reason)) break;
        await new Promise((resolve) => setTimeout(resolve, FULL_MS));
      }
    } catch {
      // Whatever it is, the next message meets it, too.
    } finally {
      this.#isFull = false;
    }
  }
}
