/**
 * The last frames, for clients that come back and pages that are loaded again.
 *
 * @module
 */

/** As many as a minute has at the usual pace. */
const FRAMES_MAX = 300;
/** With many segments there are fewer of them. */
const CHARACTERS_MAX = 4 * 1024 * 1024;

/** Frames as they were sent, oldest first. */
export class RecentFrames {
  readonly #frames: { readonly tick: number; readonly text: string }[] = [];
  #characters = 0;

  /** Keeps a frame, and forgets old ones. */
  add(tick: number, text: string): void {
    this.#frames.push({ tick, text });
    this.#characters += text.length;
    while (this.#frames.length > FRAMES_MAX || this.#characters > CHARACTERS_MAX) {
      this.#characters -= this.#frames.shift()?.text.length ?? this.#characters;
    }
  }

  /** The texts of the frames after one, in a row. */
  after(tick: number): string {
    return this.#frames
      .filter((frame) => frame.tick > tick)
      .map(({ text }) => text)
      .join("");
  }
}
