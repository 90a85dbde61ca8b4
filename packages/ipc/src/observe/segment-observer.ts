/**
 * Looking at one segment again and again.
 *
 * @module
 */
import { join } from "node:path";
import { DisposedError } from "@isthmus/core";
import { checkName, findDirectory } from "@isthmus/core/internal";
import { sharedClock } from "../metrics/clock.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { MappedSegment } from "./mapped-segment.ts";
import { nothingOf, openToRead } from "./observe.ts";
import type { SegmentInfo } from "./segment-info.ts";

/** A segment at one moment, and when that was. */
export interface SegmentSample extends SegmentInfo {
  /** When, in nanoseconds on the clock that all processes of the machine share. For `ratesBetween`. */
  readonly takenAtNs: number;
}

const MAPPED = { hasLanes: false } as const;

/**
 * Observes whatever has a name, live: it keeps the file open and its figures mapped read-only, so that a sample costs a
 * copy of a few kilobytes and three system calls, and one more for each participant. Nothing is joined, locked or
 * written: the watched processes neither know nor pay, need not help, and may all be dead.
 *
 * A name that is removed and made again is another segment: the next sample shows it, with another `epoch`.
 *
 * **Safety.** Nothing is locked, so different fields may be of slightly different moments. The memory of a segment
 * that was removed stays in use until the next sample, or until the observer is disposed.
 *
 * @example How many records a second?
 * ```ts
 * import { bytes, Producer, ratesBetween, SegmentObserver } from "@isthmus/ipc";
 *
 * using producer = Producer.createOrOpen("observed-channel", { schema: bytes });
 * using observer = new SegmentObserver("observed-channel");
 * const before = observer.sample();
 * producer.send(new Uint8Array(100));
 * producer.flush();
 * const after = observer.sample();
 * const rates = before && after && ratesBetween(before, after);
 * console.log(after?.channel?.records, (rates?.channel?.recordsPerSecond ?? 0) > 0); // 1 true
 * ```
 */
export class SegmentObserver implements Disposable {
  readonly name: string;
  readonly #now: () => number = sharedClock();
  #current: MappedSegment | undefined;
  #isDisposed = false;

  /**
   * @param name The name.
   * @throws {SystemError} `ENOENT` when there is no such name; `EACCES`, `ELOOP`, … when it cannot be opened.
   * @throws {CorruptSegmentError} When the file is not a segment of this version.
   */
  constructor(name: string) {
    this.name = checkName(name);
    this.#current = openMapped(this.name);
    if (this.#current === undefined) throw nothingOf(this.name);
  }

  /**
   * Describes what has the name now.
   *
   * @returns Undefined while nothing has it. Later samples find it when it comes back.
   * @throws {CorruptSegmentError} When it is not a segment of this version, or cannot be what it says it is.
   * @throws {SystemError} `EACCES`, `ELOOP`, … when it cannot be opened.
   * @throws {DisposedError} After disposal.
   */
  sample(): SegmentSample | undefined {
    if (this.#isDisposed) throw new DisposedError("SegmentObserver");
    if (this.#current?.isCurrent === false) this.#close();
    this.#current ??= openMapped(this.name);
    if (this.#current === undefined) return undefined;
    runPostponed();
    try {
      const takenAtNs = this.#now();
      return { ...this.#current.describe(), takenAtNs };
    } catch (error) {
      // What was replaced or repaired in the meantime is found by its name.
      this.#close();
      throw error;
    }
  }

  /** Lets go of the file and its memory. Calling it again does nothing. */
  dispose(): void {
    this.#isDisposed = true;
    this.#close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #close(): void {
    this.#current?.[Symbol.dispose]();
    this.#current = undefined;
  }
}

function openMapped(name: string): MappedSegment | undefined {
  const directory = findDirectory();
  if (directory === undefined) return undefined;
  const path = join(directory, name);
  const fd = openToRead(path, name);
  return fd === undefined ? undefined : new MappedSegment(fd, path, name, MAPPED);
}
