/**
 * The reason a command stops before its end: a signal, or a reader that went away.
 *
 * @module
 */
import { constants } from "node:os";

/** Why a command was interrupted. */
export type InterruptionCause = "SIGINT" | "SIGTERM" | "SIGHUP" | "EPIPE";

/** The abort reason of {@link IsthmusContext.signal}; a command lets it pass after its clean-up. */
export class InterruptedError extends Error {
  override readonly name: string = "InterruptedError";
  /** What happened. */
  readonly reason: InterruptionCause;

  /** @param reason What happened: a signal, or `"EPIPE"` when the reader of stdout has gone. */
  constructor(reason: InterruptionCause) {
    super(reason === "SIGINT" ? "interrupted" : `interrupted by ${reason}`);
    this.reason = reason;
  }

  /** What to tell the shell: 128 + the signal's number, or 0 when the reader had enough. */
  get exitCode(): number {
    return this.reason === "EPIPE" ? 0 : 128 + constants.signals[this.reason];
  }
}
