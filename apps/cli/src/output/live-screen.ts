/**
 * Text that fills a terminal and is replaced in place.
 *
 * @module
 */
import sliceAnsi from "slice-ansi";
import type { Environment, StricliStream } from "../context.ts";

/** Switches to the terminal's second screen and back (xterm, and all that follow it), without the cursor. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** ECMA-48: to the top left corner; erase to the end of the line; erase to the end of the screen. */
const HOME = "\x1b[H";
const ERASE_REST_OF_LINE = "\x1b[K";
const ERASE_REST_OF_SCREEN = "\x1b[J";

/**
 * A screen of its own on a terminal: what was there before comes back when it is disposed. Where stdout is not a
 * terminal, or a dumb one, texts follow each other, with an empty line between.
 */
export class LiveScreen implements Disposable {
  /** Whether there is a screen at all. */
  readonly isLive: boolean;
  readonly #stream: StricliStream;
  #isBegun = false;

  /**
   * @param stream The stream of data: stdout.
   * @param env The environment variables, for `TERM`.
   */
  constructor(stream: StricliStream, env: Environment) {
    this.#stream = stream;
    this.isLive = stream.isTTY && env["TERM"] !== "dumb";
  }

  /**
   * Replaces what is shown.
   *
   * @param lines The lines; on a screen they are cut to its size, which may have changed since the last time.
   */
  show(lines: readonly string[]): void {
    if (this.isLive) this.#replace(lines);
    else this.#stream.write(`${this.#isBegun ? "\n" : ""}${lines.join("\n")}\n`);
    this.#isBegun = true;
  }

  /** Brings back what was there before. */
  [Symbol.dispose](): void {
    if (this.isLive && this.#isBegun) this.#stream.write(LEAVE);
    this.#isBegun = false;
  }

  #replace(lines: readonly string[]): void {
    const { columns, rows } = this.#stream;
    const fitting = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), more(lines, rows)];
    // One cell less than there is: erasing behind a full line would erase its last character.
    const text = fitting
      .map((line) => sliceAnsi(line, 0, Math.max(0, columns - 1)) + ERASE_REST_OF_LINE)
      .join("\r\n");
    // One write, so that nobody sees the half of it.
    this.#stream.write(`${this.#isBegun ? "" : ENTER}${HOME}${text}${ERASE_REST_OF_SCREEN}`);
  }
}

function more(lines: readonly string[], rows: number): string {
  return `… ${lines.length - rows + 1} more lines`;
}
