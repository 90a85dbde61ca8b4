/**
 * The locks of the parts of a segment, each an owner word, held for a moment only: no program's code runs meanwhile.
 *
 * @module
 */
import {
  type Life,
  OwnerWord,
  type Segment,
  timedOut,
  type WaitCell,
  type Words,
  waitSync,
} from "@isthmus/ipc/internal";

/** How long to wait for whoever has a lock, in milliseconds. Only one that is stopped needs that long. */
const TIMEOUT_MS = 5000;

/** The locks as one handle uses them. */
export class OwnerLocks {
  readonly #segment: Segment;
  readonly #words: Words;
  readonly #bases: readonly number[];
  readonly #what: string;
  #locks: readonly OwnerWord[] | undefined;
  /** Where one waits for each of the locks. */
  readonly #cells: readonly WaitCell[];

  /**
   * @param words The segment.
   * @param bases Words at which the locks begin: mutexes of strategy 2.
   * @param cellCount A lock has the wait cell of its number modulo so many.
   * @param what What they are of, for messages: "the cache".
   */
  constructor(
    segment: Segment,
    words: Words,
    bases: readonly number[],
    cellCount: number,
    what: string,
  ) {
    this.#segment = segment;
    this.#words = words;
    this.#bases = bases;
    this.#cells = bases.map((_, index) => segment.cell(index % cellCount));
    this.#what = what;
  }

  /** This handle's place, by which others know who has what. */
  get self(): Life {
    const segment = this.#segment;
    const slot = segment.slot < 0 ? segment.needPlace() : segment.slot;
    return { slot, generation: segment.participants.generationOf(slot) };
  }

  /**
   * Takes a lock.
   *
   * @returns `"abandoned"` when its last owner died having it.
   * @throws {TimeoutError} `ETIMEDOUT` when somebody has it all the time: a process that is stopped.
   * @throws {SystemError} `EAGAIN` when there is no place left for one more who changes something.
   */
  lock(index: number): "acquired" | "abandoned" {
    this.#locks ??= this.#makeLocks();
    const lock = this.#locks[index] as OwnerWord;
    const outcome = lock.tryOwn();
    return outcome === "busy" ? this.#wait(index, lock) : outcome;
  }

  /** Gives a lock back and wakes who waits for it. */
  unlock(index: number): void {
    this.#locks?.[index]?.unlock();
    this.#cells[index]?.wake();
  }

  #wait(index: number, lock: OwnerWord): "acquired" | "abandoned" {
    const segment = this.#segment;
    const description = `change ${this.#what} "${segment.name}"`;
    const attempt = (): "acquired" | "abandoned" | undefined => {
      const outcome = lock.tryOwn();
      return outcome === "busy" ? undefined : outcome;
    };
    const cell = this.#cells[index] as WaitCell;
    const outcome = waitSync({ attempt, description, cell }, TIMEOUT_MS);
    if (outcome !== undefined) return outcome;
    const owner = segment.participants.at(lock.ownerSlot);
    const why = owner && `process ${owner.pid} (${owner.name}) is in the middle of a change of it`;
    throw timedOut(description, TIMEOUT_MS, why);
  }

  #makeLocks(): readonly OwnerWord[] {
    const { self } = this;
    const { participants } = this.#segment;
    return this.#bases.map((base) => new OwnerWord(this.#words, base, self, participants));
  }
}
