/**
 * One line at the bottom of a terminal that is rewritten in place.
 *
 * @module
 */
import sliceAnsi from "slice-ansi";
import type { Environment, StricliStream } from "../context.ts";
import { ERASE_LINE } from "./erase-line.ts";

/**
 * A line of status on stderr. Where stderr is not a terminal, or a dumb one, nothing is ever
 * written. Erase it with {@link StatusLine.clear} before anything else is written to the terminal.
 */
export class StatusLine implements Disposable {
  /** Whether anything is shown at all. */
  readonly isShown: boolean;
  readonly #stream: StricliStream;
  #isDirty = false;

  /**
   * @param stream The stream of messages: stderr.
   * @param env The environment variables, for `TERM`.
   */
  constructor(stream: StricliStream, env: Environment) {
    this.#stream = stream;
    this.isShown = stream.isTTY && env["TERM"] !== "dumb";
  }

  /** Replaces the line. What is wider than the terminal is cut: a wrapped line stays for ever. */
  show(text: string): void {
    if (!this.isShown) return;
    this.#isDirty = true;
    this.#stream.write(ERASE_LINE + sliceAnsi(text, 0, Math.max(0, this.#stream.columns - 1)));
  }

  /** Erases the line, when there is one. */
  clear(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    this.#stream.write(ERASE_LINE);
  }

  /** Erases the line. */
  [Symbol.dispose](): void {
    this.clear();
  }
}
