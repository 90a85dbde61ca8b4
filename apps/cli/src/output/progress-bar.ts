/**
 * The progress of work that is counted in bytes.
 *
 * @module
 */
import { formatBar } from "./bar.ts";
import { formatDuration, formatRate, formatSize } from "./format.ts";
import type { StatusLine } from "./status-line.ts";

/** What a progress bar is about. */
export interface ProgressOptions {
  /** Shown before the bar, for example a file's name. */
  readonly label: string;
  /** The size of the whole work; `undefined` where nobody knows it before the end. */
  readonly totalBytes: number | undefined;
  /** The clock in milliseconds; a test gives its own. */
  readonly now?: () => number;
}

/** Work that is done sooner shows no bar at all: a flash helps nobody. */
const FIRST_DRAW_MS = 300;
/** At most ten drawings a second; faster is unreadable and costs the work its time. */
const REDRAW_MS = 100;
const BAR_CELLS = 24;
const LABEL_CELLS = 30;

/** A bar with percent, rate and remaining time, or what is done and the rate; erased when disposed. */
export class ProgressBar implements Disposable {
  readonly #status: StatusLine;
  readonly #label: string;
  readonly #totalBytes: number | undefined;
  readonly #now: () => number;
  readonly #startMs: number;
  #nextDrawMs: number;

  /**
   * @param status The line to draw on; it decides whether anything is shown.
   * @param options The work.
   */
  constructor(
    status: StatusLine,
    { label, totalBytes, now = () => performance.now() }: ProgressOptions,
  ) {
    this.#status = status;
    this.#label = label.length > LABEL_CELLS ? `…${label.slice(1 - LABEL_CELLS)}` : label;
    this.#totalBytes = totalBytes;
    this.#now = now;
    this.#startMs = now();
    this.#nextDrawMs = this.#startMs + FIRST_DRAW_MS;
  }

  /**
   * Says how much is done; draws when it is time to.
   *
   * @param doneBytes The bytes done so far, from the beginning.
   */
  update(doneBytes: number): void {
    if (!this.#status.isShown) return;
    const now = this.#now();
    if (now < this.#nextDrawMs) return;
    this.#nextDrawMs = now + REDRAW_MS;
    this.#status.show(this.#draw(doneBytes, now - this.#startMs));
  }

  /** Erases the bar. */
  [Symbol.dispose](): void {
    this.#status.clear();
  }

  #draw(doneBytes: number, elapsedMs: number): string {
    const rate = formatRate((doneBytes / elapsedMs) * 1000);
    if (this.#totalBytes === undefined) return `${this.#label}  ${formatSize(doneBytes)}  ${rate}`;
    const fraction = this.#totalBytes === 0 ? 1 : Math.min(1, doneBytes / this.#totalBytes);
    const bar = formatBar(fraction, BAR_CELLS).padEnd(BAR_CELLS);
    const percent = `${Math.floor(fraction * 100)}`.padStart(3);
    return `${this.#label} │${bar}│ ${percent} %  ${rate}  ${formatEta(fraction, elapsedMs)}`;
  }
}

/**
 * How long the rest takes, as far as what is done tells, in whole seconds: fractions would only flicker.
 *
 * @param fraction What is done, 0 to 1.
 * @param elapsedMs How long that took.
 */
export function formatEta(fraction: number, elapsedMs: number): string {
  if (fraction === 0) return "ETA ?";
  const seconds = Math.ceil((elapsedMs * (1 - fraction)) / fraction / 1000);
  return `ETA ${seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)}`;
}
