/**
 * The progress of work without a known end.
 *
 * @module
 */
import type { Environment, StricliStream } from "../context.ts";
import { StatusLine } from "./status-line.ts";

/** How often a terminal is redrawn; faster is unreadable. */
const REDRAW_MS = 100;
/** How often there is a line where nothing can be redrawn: a log wants no more. */
const LINE_MS = 1000;

/** What progress is shown on. */
export interface ProgressLinesOptions {
  /** Begins every line that stays, for example the command's name. */
  readonly label: string;
  /** Shows nothing at all. */
  readonly isQuiet: boolean;
  /** The clock in milliseconds; a test gives its own. */
  readonly now?: () => number;
}

/** A status line on a terminal, a line a second anywhere else; erased when disposed. */
export class ProgressLines implements Disposable {
  readonly #stream: StricliStream;
  readonly #status: StatusLine;
  readonly #label: string;
  readonly #isQuiet: boolean;
  readonly #now: () => number;
  #nextMs: number;
  #said = "";

  /**
   * @param stream The stream of messages: stderr.
   * @param env The environment variables, for `TERM`.
   * @param options What to show.
   */
  constructor(
    stream: StricliStream,
    env: Environment,
    { label, isQuiet, now = () => performance.now() }: ProgressLinesOptions,
  ) {
    this.#stream = stream;
    this.#status = new StatusLine(stream, env);
    this.#label = label;
    this.#isQuiet = isQuiet;
    this.#now = now;
    this.#nextMs = now() + this.#intervalMs;
  }

  /**
   * Shows how far the work is, when it is time to.
   *
   * @param describe Makes the text; called only then.
   */
  update(describe: () => string): void {
    if (this.#isQuiet) return;
    const nowMs = this.#now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + this.#intervalMs;
    this.#said = "";
    this.#show(describe());
  }

  /** Says at once what the work is waiting for; once, until something else is shown or the wait is over. */
  say(text: string): void {
    if (this.#isQuiet || text === this.#said) return;
    this.#said = text;
    this.#nextMs = this.#now() + this.#intervalMs;
    this.#show(text);
  }

  /** Notes that the wait is over: the next one is to be told of again. */
  resume(): void {
    this.#said = "";
  }

  /** Writes a line that stays, also when quiet: something happened that somebody has to know. */
  note(text: string): void {
    this.#status.clear();
    this.#stream.write(`${this.#label}: ${text}\n`);
  }

  /** Erases what is on the terminal. */
  [Symbol.dispose](): void {
    this.#status.clear();
  }

  get #intervalMs(): number {
    return this.#status.isShown ? REDRAW_MS : LINE_MS;
  }

  #show(text: string): void {
    if (this.#status.isShown) this.#status.show(text);
    else this.#stream.write(`${this.#label}: ${text}\n`);
  }
}
