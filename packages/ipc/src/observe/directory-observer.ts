/**
 * Looking at all segments again and again.
 *
 * @module
 */
import { join } from "node:path";
import { CorruptSegmentError, DisposedError, SystemError } from "@isthmus/core";
import { directoryPath } from "@isthmus/core/internal";
import { sharedClock } from "../metrics/clock.ts";
import { segmentNames } from "./list.ts";
import { describeProblem } from "./observe.ts";
import { SegmentObserver, type SegmentSample } from "./segment-observer.ts";

/**
 * Observes all segments of this user, as {@link listSegments} lists them, with one {@link SegmentObserver} each: what
 * is new is opened, what has gone is let go of. Meant for whoever shows them several times a second.
 *
 * @example What is held now?
 * ```ts
 * import { DirectoryObserver, NamedMutex } from "@isthmus/ipc";
 *
 * using mutex = NamedMutex.createOrOpen("listed-mutex");
 * using observer = new DirectoryObserver();
 * for (const { name, isHeld } of observer.sample()) console.log(name, isHeld); // listed-mutex true
 * ```
 */
export class DirectoryObserver implements Disposable {
  readonly #observers = new Map<string, SegmentObserver>();
  readonly #now: () => number = sharedClock();
  #isDisposed = false;

  /**
   * Describes everything that has a name now.
   *
   * @returns One sample for each, in the order of their names; what cannot be understood says why in `error`.
   * @throws {SystemError} `EACCES` or `ENOTDIR` when the directory of named memory must not be used.
   * @throws {DisposedError} After disposal.
   */
  sample(): SegmentSample[] {
    if (this.#isDisposed) throw new DisposedError("DirectoryObserver");
    const names = segmentNames();
    this.#forgetAllBut(new Set(names));
    return names.flatMap((name) => this.#sampleOf(name) ?? []);
  }

  /** Lets go of everything. Calling it again does nothing. */
  dispose(): void {
    this.#isDisposed = true;
    this.#forgetAllBut(new Set());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #sampleOf(name: string): SegmentSample | undefined {
    try {
      let observer = this.#observers.get(name);
      if (observer === undefined) {
        observer = new SegmentObserver(name);
        this.#observers.set(name, observer);
      }
      return observer.sample();
    } catch (error) {
      const isExpected = error instanceof SystemError || error instanceof CorruptSegmentError;
      if (!isExpected) throw error;
      if (error.code === "ENOENT") return undefined;
      const takenAtNs = this.#now();
      const info = describeProblem(join(directoryPath(), name), name, error);
      return info && { ...info, takenAtNs };
    }
  }

  #forgetAllBut(names: ReadonlySet<string>): void {
    for (const [name, observer] of this.#observers) {
      if (names.has(name)) continue;
      observer.dispose();
      this.#observers.delete(name);
    }
  }
}
