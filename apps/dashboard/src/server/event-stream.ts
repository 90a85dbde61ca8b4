/**
 * One client of the stream of events.
 *
 * @module
 */

/** What may wait for a client that reads slowly, in bytes: then frames are left out until it has caught up. */
const QUEUE_BYTES = 256 * 1024;

const ENCODER = new TextEncoder();

/** Server-sent events to one client, with as much memory as it is slow and no more. */
export class EventStream {
  /** The number of the last log entry that was sent. */
  lastEntry = 0;
  /** Whether it has missed how the demonstration is doing. */
  hasMissedState = false;
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #behindSinceMs: number | undefined;

  /** @param onEnd Is called once, when the client has gone or {@link end} was called. */
  constructor(onEnd: () => void) {
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => {
          this.#controller = undefined;
          onEnd();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES }),
    );
  }

  /**
   * Sends text if the client has room for it.
   *
   * @param text Whole events.
   * @param nowMs The time.
   * @returns False when it was left out.
   */
  offer(text: string, nowMs: number): boolean {
    if ((this.#controller?.desiredSize ?? 0) <= 0) {
      this.#behindSinceMs ??= nowMs;
      return false;
    }
    this.#behindSinceMs = undefined;
    this.#controller?.enqueue(ENCODER.encode(text));
    return true;
  }

  /** For how long the client has taken nothing, in milliseconds. */
  behindMs(nowMs: number): number {
    return this.#behindSinceMs === undefined ? 0 : nowMs - this.#behindSinceMs;
  }

  /** Ends the stream from this side. */
  end(): void {
    const controller = this.#controller;
    this.#controller = undefined;
    controller?.close();
  }
}
