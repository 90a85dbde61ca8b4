/**
 * Counting with names: the semaphore that notes who has its permits, exact under a crash at any step.
 *
 * @module
 */
import { SLOT_COUNT } from "../segment/participant-layout.ts";
import type { Words } from "../words.ts";
import { SEMAPHORE } from "./semaphore-layout.ts";

/**
 * The ledger of a semaphore. All but the getters is called with the segment's mutex held, and `recover()` first
 * of all, every time: the owner before may have died in the middle of a change.
 *
 * A change of two numbers is made whole by a journal of one entry, undone by whoever comes next. `isActive`
 * decides: until it is set nothing has changed, and once it is cleared everything has.
 */
export class SemaphoreLedger {
  readonly #words: Words;
  readonly #base: number;
  readonly #max: number;
  readonly #slotCount: number;

  /**
   * @param words The segment.
   * @param base Word at which the section begins.
   * @param slotCount How many slots the section has room for.
   */
  constructor(words: Words, base: number, slotCount: number = SLOT_COUNT) {
    this.#slotCount = slotCount;
    this.#words = words;
    this.#base = base;
    this.#max = words.get(base + SEMAPHORE.max);
  }

  /** Permits that can be taken. During a change, or after a crash in one, it may be that of before or after. */
  get count(): number {
    return this.#words.load(this.#base + SEMAPHORE.count);
  }

  /** The slot whose change is under way or was cut short; undefined when there is none. */
  get changingSlot(): number | undefined {
    const words = this.#words;
    if (words.load(this.#base + SEMAPHORE.isActive) === 0) return undefined;
    return words.load(this.#base + SEMAPHORE.slot);
  }

  /** Permits that a slot's participant has taken and not released. */
  heldBy(slot: number): number {
    return this.#words.load(this.#base + SEMAPHORE.held + slot);
  }

  /** Undoes the change in which the last owner of the mutex died, if it did. Dying in here loses nothing. */
  recover(): void {
    const words = this.#words;
    const base = this.#base;
    if (words.load(base + SEMAPHORE.isActive) === 0) return;
    const slot = words.load(base + SEMAPHORE.slot);
    words.store(base + SEMAPHORE.count, words.load(base + SEMAPHORE.countBefore));
    if (slot >= 0 && slot < this.#slotCount) {
      words.store(base + SEMAPHORE.held + slot, words.load(base + SEMAPHORE.heldBefore));
    }
    words.store(base + SEMAPHORE.isActive, 0);
  }

  /** Takes a permit for a participant if there is one. */
  take(slot: number): boolean {
    const { count } = this;
    if (count <= 0) return false;
    this.#change(slot, count - 1, this.heldBy(slot) + 1);
    return true;
  }

  /**
   * Adds permits; returns the count before, or undefined when there would be more than `max`.
   *
   * @param settled How many of them settle what the participant holds; the others are new ones.
   */
  give(slot: number, permits: number, settled: number = permits): number | undefined {
    const { count } = this;
    if (count + permits > this.#max) return undefined;
    this.#change(slot, count + permits, Math.max(0, this.heldBy(slot) - settled));
    return count;
  }

  /** Gives back what a participant that has left or died still holds; returns how many permits. */
  giveBackAll(slot: number): number {
    return this.giveBack(slot, this.heldBy(slot));
  }

  /** Gives back some of what a participant holds; returns how many permits. */
  giveBack(slot: number, permits: number): number {
    const held = this.heldBy(slot);
    const returned = Math.min(permits, held);
    if (returned <= 0) return 0;
    // No more than `max`: somebody else may have released permits in the holder's place.
    this.#change(slot, Math.min(this.count + returned, this.#max), held - returned);
    return returned;
  }

  #change(slot: number, count: number, held: number): void {
    const words = this.#words;
    const base = this.#base;
    words.store(base + SEMAPHORE.slot, slot);
    words.store(base + SEMAPHORE.countBefore, words.load(base + SEMAPHORE.count));
    words.store(base + SEMAPHORE.heldBefore, this.heldBy(slot));
    words.store(base + SEMAPHORE.isActive, 1);
    words.store(base + SEMAPHORE.count, count);
    words.store(base + SEMAPHORE.held + slot, held);
    words.store(base + SEMAPHORE.isActive, 0);
  }
}
