/**
 * Noticing that a name which this process holds leads elsewhere by now.
 *
 * Whoever removes a file, or empties, renames or mounts over its directory, leaves its holders with memory that nobody
 * else can open: who comes next makes a new one, and two processes hold what only one may. The kernel tells nobody, so
 * who uses such a thing looks up its name before, unless that was done in the last millisecond. Even to ask the
 * clock costs as much as a lock that is free: so of many uses in one run of JavaScript only every 256th does.
 *
 * @module
 */
import { conditionError, type Lead, type Trail } from "@isthmus/core/internal";

/** How old the last look may be, in milliseconds: a look takes 3 microseconds. */
const LOOK_MS = 1;

/** How many uses may follow each other without asking the clock. */
const UNWATCHED_MAX = 255;

/** One handle's watch over its name. */
export class NameWatch {
  readonly #trail: Trail;
  readonly #what: string;
  #grant: (uses: number) => void;
  #lookedAt = -Infinity;
  #granted = 0;
  #isTightening = false;

  /**
   * @param trail The name.
   * @param what What has it, for messages: `the mutex "orders"`.
   * @param grant Is told how many uses may do without a call of `look`. The handle itself counts them, in a field of
   * its own (see decision 8), which begins with 0. So a handle that has been disposed has none left either.
   */
  constructor(trail: Trail, what: string, grant: (uses: number) => void) {
    this.#trail = trail;
    this.#what = what;
    this.#grant = grant;
  }

  /**
   * Asks the clock, and looks up the name when the last look is too old.
   *
   * @param verb What needs the name, for the message: "acquire".
   * @throws {SystemError} `ESTALE` when the name leads elsewhere.
   */
  look(verb: string): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) {
      this.#grantMore();
      return;
    }
    this.#grantNone();
    const { lead } = this.#trail;
    if (lead !== "held") throw this.#stale(verb, lead);
    this.#lookedAt = now;
  }

  /** Grants nothing any more: whoever is called finds out why, not on its fast way. */
  close(): void {
    this.#grantNone();
    this.#grant = () => {};
  }

  /** Until this run of JavaScript ends: nobody knows when the next one begins. */
  #grantMore(): void {
    if (!this.#isTightening) queueMicrotask(this.#tighten);
    this.#isTightening = true;
    this.#granted = Math.min(this.#granted * 2 + 1, UNWATCHED_MAX);
    this.#grant(this.#granted);
  }

  #grantNone(): void {
    this.#granted = 0;
    this.#grant(0);
  }

  readonly #tighten = (): void => {
    this.#isTightening = false;
    this.#grantNone();
  };

  #stale(verb: string, lead: Lead): Error {
    const { path } = this.#trail;
    const found = lead === "gone" ? "is gone" : "is another file now";
    return conditionError("ESTALE", `${verb} ${this.#what} ("${path}" ${found})`, "lstat", path);
  }
}
