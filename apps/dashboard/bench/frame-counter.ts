/**
 * A client of the stream of events that costs next to nothing itself.
 *
 * @module
 */

/** A client that reads everything and makes nothing of it. */
export class FrameCounter implements AsyncDisposable {
  /** What has come so far. */
  readonly counts = { frames: 0, bytes: 0 };
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  private constructor(response: Response) {
    this.#reader = (response.body as ReadableStream<Uint8Array>).getReader();
    void this.#count();
  }

  /** Opens the stream. */
  static async open(url: string): Promise<FrameCounter> {
    return new FrameCounter(await fetch(`${url}events`));
  }

  async #count(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { value, done } = await this.#reader
        .read()
        .catch(() => ({ value: undefined, done: true }));
      if (done || value === undefined) return;
      this.counts.bytes += value.length;
      this.counts.frames += decoder.decode(value).split("event: frame\n").length - 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}
