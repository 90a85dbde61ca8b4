/**
 * Words that the processes of a race share without the library under test.
 *
 * @module
 */

import { PATIENCE_MS } from "@isthmus/testing/patience";
import { isWindows } from "@isthmus/testing/requirement";
import { MemoryMappedFile } from "../../../src/index.ts";

export const CONTROL_BYTES = 4096;

/** How often a process looks before it lets another one run: there may be fewer CPUs than processes. */
const LOOKS = 200;

const PAUSE_MS = 0.02;
const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4));

const ARRIVALS = 0;
const COUNTERS = 16;

/** Kept, as what `Bun.mmap` maps stays mapped. */
const maps: MemoryMappedFile[] = [];

/** Maps a file beside the library, or by what is shipped of it where Bun cannot. */
function mapBytes(path: string): Uint8Array {
  if (!isWindows) return Bun.mmap(path);
  const map = MemoryMappedFile.createFromFile(path, { access: "readWrite" });
  maps.push(map);
  return map.createViewAccessor().bytes();
}

/** Shared words: a barrier, and counters for the scenario's own use. */
export class Control {
  readonly #words: Int32Array;
  readonly #count: number;
  #barriers = 0;

  /**
   * @param path A file of `CONTROL_BYTES` zeros.
   * @param count How many processes take part.
   */
  constructor(path: string, count: number) {
    const bytes = mapBytes(path);
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    this.#count = count;
  }

  /** Waits until all processes have come here as often as this one. */
  meet(): void {
    Atomics.add(this.#words, ARRIVALS, 1);
    const wanted = ++this.#barriers * this.#count;
    this.until(() => Atomics.load(this.#words, ARRIVALS) >= wanted);
  }

  /** Waits until a condition holds. */
  until(isReached: () => boolean): void {
    const deadline = performance.now() + PATIENCE_MS;
    for (let look = 1; !isReached(); look++) {
      if (look % LOOKS !== 0) continue;
      if (performance.now() > deadline) throw new Error("the other processes do not come");
      Atomics.wait(NOBODY_WAKES, 0, 0, PAUSE_MS);
    }
  }

  add(counter: number, value: number): number {
    return Atomics.add(this.#words, COUNTERS + counter, value);
  }

  load(counter: number): number {
    return Atomics.load(this.#words, COUNTERS + counter);
  }

  store(counter: number, value: number): void {
    Atomics.store(this.#words, COUNTERS + counter, value);
  }
}
