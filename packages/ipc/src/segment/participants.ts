/**
 * Who takes part in a segment: joining, leaving, and clearing up after those who died.
 *
 * A slot belongs to whoever has the kernel's lock on its first byte. The kernel gives the lock back when the
 * process ends, however it ends, so that having obtained the lock of a slot that is in use is proof of death,
 * and only one of many who try can obtain it.
 *
 * @module
 */
import { conditionError } from "@isthmus/core/internal";
import type { Words } from "../words.ts";
import {
  FIRST_SLOTS,
  ROLES,
  type Role,
  SLOT,
  SLOT_BYTES,
  SLOT_WORDS,
  STATE,
} from "./participant-layout.ts";
import { bellIn, type Joining, type Participant, readSlot, writeSlot } from "./slot-record.ts";

/** The kernel's locks on slots. */
export interface SlotLocks {
  /** Takes the lock of a slot, without waiting. Taking one that this handle has succeeds again. */
  tryLock(slot: number): boolean;
  unlock(slot: number): void;
  /** Whether anybody else has the lock of a slot. Changes nothing. */
  isLockedByOther(slot: number): boolean;
}

/** Clears up what a dead participant left in other sections. Runs again when its caller dies half-way. */
export type Reaper = (slot: number) => void;

/** Slots in which one kind of participant finds its place: from `from` on, before `to`. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
}

/** Really allocates the memory of some slots. Called again, and by several at a time, for some that have it. */
export type AllocateSlots = (from: number, to: number) => void;

/** The participants section of one open segment. */
export class Participants {
  readonly slotCount: number;
  readonly #words: Words;
  readonly #base: number;
  readonly #locks: SlotLocks;
  readonly #allocate: AllocateSlots;
  readonly #own = new Set<number>();

  /**
   * @param words The segment.
   * @param base Word at which the section begins.
   * @param lengthBytes Length of the section in bytes.
   * @param locks The kernel's locks on its slots.
   * @param allocate Called before slots are used, or looked at, for the first time.
   */
  constructor(
    words: Words,
    base: number,
    lengthBytes: number,
    locks: SlotLocks,
    allocate: AllocateSlots = () => {},
  ) {
    this.#words = words;
    this.#base = base;
    this.#locks = locks;
    this.#allocate = allocate;
    this.slotCount = Math.floor(lengthBytes / SLOT_BYTES);
  }

  /** How many slots have ever been used: all that there is to look at. */
  get used(): number {
    if (this.slotCount === 0) return 0;
    return Math.min(this.#words.load(this.#base + SLOT.used) >>> 0, this.slotCount);
  }

  /**
   * Takes a slot: a free one, else that of somebody dead. The first few are used before any of the dead is.
   *
   * @param who What the slot will say.
   * @param reap Clears up after the slot's dead owner before the slot is used again.
   * @param range Where it has to be; anywhere unless given.
   * @returns The number of the slot; undefined when every one belongs to somebody alive.
   * @throws {SystemError} `ENOSPC` when there is no memory for one more slot.
   */
  tryJoin(who: Joining, reap: Reaper, range?: SlotRange): number | undefined {
    const { from = 0, to = this.slotCount } = range ?? {};
    const slot =
      this.#claimFree(from, to) ??
      this.#claimNew(from, Math.min(to, from + FIRST_SLOTS)) ??
      this.#claimDead(from, to, reap) ??
      this.#claimNew(from, to);
    if (slot === undefined) return undefined;
    this.#own.add(slot);
    writeSlot(this.#words, this.#at(slot, 0), who);
    this.#words.store(this.#at(slot, SLOT.state), STATE.joined);
    return slot;
  }

  /**
   * As `tryJoin`, for whoever cannot do without.
   *
   * @throws {SystemError} `EAGAIN` when every slot belongs to somebody alive.
   */
  join(who: Joining, reap: Reaper): number {
    const slot = this.tryJoin(who, reap);
    if (slot !== undefined) return slot;
    const attempt = `join: all ${this.slotCount} places belong to live participants`;
    throw conditionError("EAGAIN", attempt, "fcntl");
  }

  /** Says what the owner of a slot does from now on; the slot is this handle's own. */
  setRole(slot: number, role: Role): void {
    this.#words.set(this.#at(slot, SLOT.role), ROLES[role]);
  }

  /** Gives a slot back. The caller has cleared up what it left in other sections. */
  leave(slot: number): void {
    if (!this.#own.delete(slot)) return;
    this.#words.store(this.#at(slot, SLOT.armed), 0);
    this.#words.store(this.#at(slot, SLOT.state), STATE.free);
    this.#locks.unlock(slot);
  }

  /**
   * Clears up after everybody who died without leaving; each of the dead is cleared up after exactly once,
   * however many try.
   *
   * @returns The slots that were freed.
   */
  reapDead(reap: Reaper): number[] {
    const reaped: number[] = [];
    const { used } = this;
    for (let slot = 0; slot < used; slot++) {
      if (!this.#isInUse(slot) || this.#own.has(slot) || !this.#locks.tryLock(slot)) continue;
      try {
        // Looked at again under the lock: another reaper may have been here between the look and the lock.
        if (!this.#isInUse(slot)) continue;
        reap(slot);
        this.#words.store(this.#at(slot, SLOT.armed), 0);
        this.#words.store(this.#at(slot, SLOT.state), STATE.free);
        reaped.push(slot);
      } finally {
        // Also when the reaper failed: with the lock on it, the dead would look alive to everybody else.
        this.#locks.unlock(slot);
      }
    }
    return reaped;
  }

  /**
   * Clears up after a slot that nobody alive has, also when nobody is known to have had it: what is said of it
   * elsewhere may be a lie. Nobody can take the slot meanwhile.
   *
   * @returns False when somebody alive has it.
   */
  reapSlot(slot: number, reap: Reaper): boolean {
    if (this.#own.has(slot) || !this.#locks.tryLock(slot)) return false;
    try {
      reap(slot);
      if (this.#isKnown(slot)) {
        this.#words.store(this.#at(slot, SLOT.armed), 0);
        this.#words.store(this.#at(slot, SLOT.state), STATE.free);
      }
      return true;
    } finally {
      this.#locks.unlock(slot);
    }
  }

  /** Whether there is anybody to clear up after. Changes nothing. */
  hasDead(): boolean {
    const { used } = this;
    for (let slot = 0; slot < used; slot++) {
      if (this.#isInUse(slot) && !this.#isLocked(slot)) return true;
    }
    return false;
  }

  /** Whether a slot is in use by somebody who has not died. */
  isAlive(slot: number): boolean {
    return this.#isKnown(slot) && this.#isInUse(slot) && this.#isLocked(slot);
  }

  /**
   * Whether one life of a slot has ended: the kernel says that nobody lives there, or it is another life.
   *
   * @param generation As many low bits of the life's generation as `mask` has.
   */
  isOver(slot: number, generation: number, mask: number): boolean {
    // Whoever comes between the two looks makes a life that has ended look as if it went on, until the next time.
    if ((this.generationOf(slot) & mask) !== generation) return true;
    return !this.#isLocked(slot);
  }

  /** Everybody who has joined and not left, the dead included. */
  list(): Participant[] {
    const all: Participant[] = [];
    const { used } = this;
    for (let slot = 0; slot < used; slot++) {
      if (this.#isInUse(slot)) all.push(this.#read(slot));
    }
    return all;
  }

  /** Who has a slot, alive or dead; undefined when nobody does, and when there is no such slot. */
  at(slot: number): Participant | undefined {
    return this.#isKnown(slot) && this.#isInUse(slot) ? this.#read(slot) : undefined;
  }

  /** The doorbell of a slot's owner; 0 when it has none, and when there is no such slot. */
  bellOf(slot: number): number {
    return this.#isKnown(slot) ? bellIn(this.#words, this.#at(slot, 0)) : 0;
  }

  /** How often a slot has been taken; tells two owners of one slot apart. 0 when there is no such slot. */
  generationOf(slot: number): number {
    return this.#isKnown(slot) ? this.#words.load(this.#at(slot, SLOT.generation)) >>> 0 : 0;
  }

  /** Asks for this slot's bell to be rung when a cell changes; returns whether it had been asked already. */
  arm(slot: number, cell: number): boolean {
    return (this.#words.or(this.#at(slot, SLOT.armed), 1 << cell) & (1 << cell)) !== 0;
  }

  /** Takes a slot's request back; returns whether there was one. */
  disarm(slot: number, cell: number): boolean {
    const word = this.#at(slot, SLOT.armed);
    // Looked at first: a plain look costs less than an atomic change, and most slots are not armed.
    if ((this.#words.load(word) & (1 << cell)) === 0) return false;
    return (this.#words.and(word, ~(1 << cell)) & (1 << cell)) !== 0;
  }

  #claimFree(from: number, to: number): number | undefined {
    const end = Math.min(to, this.used);
    for (let slot = from; slot < end; slot++) {
      if (this.#isInUse(slot) || this.#own.has(slot) || !this.#locks.tryLock(slot)) continue;
      if (!this.#isInUse(slot)) return this.#beginLife(slot);
      this.#locks.unlock(slot);
    }
    return undefined;
  }

  /** Takes a slot that nobody has used. Whoever else is about to finds it used, and takes the next one. */
  #claimNew(from: number, to: number): number | undefined {
    for (;;) {
      const { used } = this;
      const slot = Math.max(from, used);
      if (slot >= to) return undefined;
      this.#allocate(used, slot + 1);
      this.#raiseUsed(slot + 1);
      const claimed = this.#claimFree(slot, slot + 1);
      if (claimed !== undefined) return claimed;
    }
  }

  #raiseUsed(least: number): void {
    const words = this.#words;
    const word = this.#base + SLOT.used;
    for (let used = words.load(word); used >>> 0 < least; ) {
      const found = words.compareExchange(word, used, least);
      if (found === used) return;
      used = found;
    }
  }

  #claimDead(from: number, to: number, reap: Reaper): number | undefined {
    const end = Math.min(to, this.used);
    for (let slot = from; slot < end; slot++) {
      if (this.#own.has(slot) || !this.#locks.tryLock(slot)) continue;
      this.#beginLife(slot);
      if (this.#isInUse(slot)) reap(slot);
      return slot;
    }
    return undefined;
  }

  /** From now on, what belongs to the slot's last life is seen to belong to the dead. */
  #beginLife(slot: number): number {
    this.#words.add(this.#at(slot, SLOT.generation), 1);
    return slot;
  }

  #read(slot: number): Participant {
    return {
      slot,
      ...readSlot(this.#words, this.#at(slot, 0)),
      generation: this.generationOf(slot),
      isAlive: this.isAlive(slot),
    };
  }

  /** Whether there is such a slot and somebody has ever used it: the numbers of slots are untrusted. */
  #isKnown(slot: number): boolean {
    return slot >= 0 && slot < this.used;
  }

  #isLocked(slot: number): boolean {
    return this.#own.has(slot) || this.#locks.isLockedByOther(slot);
  }

  #isInUse(slot: number): boolean {
    return this.#words.load(this.#at(slot, SLOT.state)) !== STATE.free;
  }

  #at(slot: number, field: number): number {
    return this.#base + slot * SLOT_WORDS + field;
  }
}
