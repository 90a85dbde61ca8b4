/**
 * The mutex of systems without robust ones: a word that says which participant has it, and that participant's
 * kernel lock, which says whether it lives.
 *
 * Free is 0; to lock is to exchange 0 for one's own name, to unlock is to exchange that for 0. A name is a slot and the
 * generation of its participant, so that no two lives have the same one. Who finds another's name asks the kernel
 * about that life. When it has ended, it can neither unlock nor lock again: the name stays in the word until
 * somebody exchanges *exactly that name* for its own, and only one of many who try succeeds. Whoever looked at
 * a name that has gone since, because its owner unlocked or somebody took over, changes nothing.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { conditionError, type MutexOutcome } from "@isthmus/core/internal";
import type { Words } from "../words.ts";
import { HOLDER, MUTEX } from "./mutex-layout.ts";

const NOBODY = 0;

/** A participant, as long as it lives. */
export interface Life {
  readonly slot: number;
  readonly generation: number;
}

/** Who lives. */
export interface Lives {
  readonly slotCount: number;
  /** Whether a life has ended, of whose generation the low bits of `mask` are known. */
  isOver(slot: number, generation: number, mask: number): boolean;
}

/** The mutex as one participant uses it. */
export class OwnerWord {
  readonly #words: Words;
  readonly #base: number;
  /** What is in the word while this participant has the mutex. */
  readonly name: number;
  readonly #lives: Lives;

  /**
   * @param words The segment.
   * @param base Word at which the section begins.
   * @param self Who locks.
   */
  constructor(words: Words, base: number, self: Life, lives: Lives) {
    this.#words = words;
    this.#base = base;
    this.name = (self.slot + 1) | (self.generation << HOLDER.generationShift);
    this.#lives = lives;
  }

  /**
   * Tries to lock, and notes when.
   *
   * @returns `"busy"` also when this very participant holds it.
   * @throws {CorruptSegmentError} When the word names nobody who can exist.
   */
  tryLock(): MutexOutcome {
    const outcome = this.tryOwn();
    if (outcome === "busy") return outcome;
    const now = Date.now();
    this.#words.set(this.#base + MUTEX.since, Math.floor(now / 1000) | 0);
    this.#words.set(this.#base + MUTEX.since + 2, (now % 1000) * 1e6);
    return outcome;
  }

  /** The same, and notes nothing: for locks that are held for a moment only, where the note would cost more than the lock. */
  tryOwn(): MutexOutcome {
    const holder = this.#base + MUTEX.holder;
    const found = this.#words.compareExchange(holder, NOBODY, this.name);
    if (found !== NOBODY) {
      if (!this.#isOver(found)) return "busy";
      if (this.#words.compareExchange(holder, found, this.name) !== found) return "busy";
    }
    return found === NOBODY ? "acquired" : "abandoned";
  }

  /**
   * Unlocks.
   *
   * @throws {SystemError} `EPERM` when this participant does not hold it.
   */
  unlock(): void {
    const holder = this.#base + MUTEX.holder;
    if (this.#words.compareExchange(holder, this.name, NOBODY) === this.name) return;
    throw conditionError("EPERM", "unlock a shared mutex: somebody else holds it", "unlock");
  }

  /** The slot of who holds it; -1 when nobody does. */
  get ownerSlot(): number {
    return slotOf(this.#words.load(this.#base + MUTEX.holder));
  }

  #isOver(name: number): boolean {
    const slot = slotOf(name);
    const { slotCount } = this.#lives;
    if (slot < 0 || slot >= slotCount) {
      throw new CorruptSegmentError(
        `Cannot use a shared mutex: its holder must be one of ${slotCount} slots: found ${slot}`,
      );
    }
    const generation = name >>> HOLDER.generationShift;
    return this.#lives.isOver(slot, generation, HOLDER.generationMask);
  }
}

function slotOf(name: number): number {
  return (name & HOLDER.slotMask) - 1;
}
