/**
 * Who takes part in a segment: joining, leaving, and clearing up after those who died.
 *
 * A slot belongs to whoever has the kernel's lock on its first byte. The kernel gives the lock back when the
 * process ends, however it ends, so that having obtained the lock of a slot that is in use is proof of death,
 * and only one of many who try can obtain it.
 *
 * @module
 */
import type { SystemError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import type { Words } from "../words.ts";
import {
  PARTICIPANT_NAME_BYTES_MAX,
  ROLES,
  type Role,
  SLOT,
  SLOT_BYTES,
  SLOT_WORDS,
  STATE,
} from "./participant-layout.ts";

/** The kernel's locks on slots. */
export interface SlotLocks {
  /** Takes the lock of a slot, without waiting. Taking one that this handle has succeeds again. */
  tryLock(slot: number): boolean;
  unlock(slot: number): void;
  /** Whether anybody else has the lock of a slot. Changes nothing. */
  isLockedByOther(slot: number): boolean;
}

/** Who joins. */
export interface Joining {
  readonly role: Role;
  readonly pid: number;
  readonly startTicks: number;
  /** Number of the doorbell, below 2^53; 0 for none. */
  readonly bell: number;
  readonly joinedAtMs: number;
  readonly name: string;
}

/** A participant as others see it. Everything but `isAlive` is what the participant wrote. */
export interface Participant {
  readonly slot: number;
  readonly role: Role | "unknown";
  readonly pid: number;
  readonly generation: number;
  readonly startTicks: number;
  readonly bell: number;
  readonly joinedAtMs: number;
  readonly name: string;
  readonly isAlive: boolean;
}

/** Clears up what a dead participant left in other sections. Runs again when its caller dies half-way. */
export type Reaper = (slot: number) => void;

const TWO_POW_32 = 2 ** 32;

/** The participants section of one open segment. */
export class Participants {
  readonly slotCount: number;
  readonly #words: Words;
  readonly #base: number;
  readonly #locks: SlotLocks;
  readonly #own = new Set<number>();

  /**
   * @param words The segment.
   * @param base Word at which the section begins.
   * @param lengthBytes Length of the section in bytes.
   * @param locks The kernel's locks on its slots.
   */
  constructor(words: Words, base: number, lengthBytes: number, locks: SlotLocks) {
    this.#words = words;
    this.#base = base;
    this.#locks = locks;
    this.slotCount = Math.floor(lengthBytes / SLOT_BYTES);
  }

  /**
   * Takes a slot: a free one, else that of somebody dead.
   *
   * @param who What the slot will say.
   * @param reap Clears up after the slot's dead owner before the slot is used again.
   * @returns The number of the slot.
   * @throws {SystemError} `EAGAIN` when every slot belongs to somebody alive.
   */
  join(who: Joining, reap: Reaper): number {
    const slot = this.#claimFree() ?? this.#claimDead(reap);
    if (slot === undefined) throw this.#full();
    this.#own.add(slot);
    this.#write(slot, who);
    this.#words.store(this.#at(slot, SLOT.state), STATE.joined);
    return slot;
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
    for (let slot = 0; slot < this.slotCount; slot++) {
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
      this.#words.store(this.#at(slot, SLOT.armed), 0);
      this.#words.store(this.#at(slot, SLOT.state), STATE.free);
      return true;
    } finally {
      this.#locks.unlock(slot);
    }
  }

  /** Whether there is anybody to clear up after. Changes nothing. */
  hasDead(): boolean {
    for (let slot = 0; slot < this.slotCount; slot++) {
      if (this.#isInUse(slot) && !this.isAlive(slot)) return true;
    }
    return false;
  }

  /** Whether a slot is in use by somebody who has not died. */
  isAlive(slot: number): boolean {
    if (slot < 0 || slot >= this.slotCount || !this.#isInUse(slot)) return false;
    return this.#own.has(slot) || this.#locks.isLockedByOther(slot);
  }

  /**
   * Whether one life of a slot has ended: the kernel says that nobody lives there, or it is another life.
   *
   * @param generation As many low bits of the life's generation as `mask` has.
   */
  isOver(slot: number, generation: number, mask: number): boolean {
    // Whoever comes between the two looks makes a life that has ended look as if it went on, until the next time.
    if ((this.generationOf(slot) & mask) !== generation) return true;
    return !this.#own.has(slot) && !this.#locks.isLockedByOther(slot);
  }

  /** Everybody who has joined and not left, the dead included. */
  list(): Participant[] {
    const all: Participant[] = [];
    for (let slot = 0; slot < this.slotCount; slot++) {
      if (this.#isInUse(slot)) all.push(this.#read(slot));
    }
    return all;
  }

  /** The doorbell of a slot's owner; 0 when it has none, and when there is no such slot. */
  bellOf(slot: number): number {
    if (slot < 0 || slot >= this.slotCount) return 0;
    return this.#readLong(this.#at(slot, SLOT.bell));
  }

  /** How often a slot has been taken; tells two owners of one slot apart. */
  generationOf(slot: number): number {
    return this.#words.load(this.#at(slot, SLOT.generation)) >>> 0;
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

  #claimFree(): number | undefined {
    for (let slot = 0; slot < this.slotCount; slot++) {
      if (this.#isInUse(slot) || this.#own.has(slot) || !this.#locks.tryLock(slot)) continue;
      if (!this.#isInUse(slot)) return this.#beginLife(slot);
      this.#locks.unlock(slot);
    }
    return undefined;
  }

  #claimDead(reap: Reaper): number | undefined {
    for (let slot = 0; slot < this.slotCount; slot++) {
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

  #write(slot: number, who: Joining): void {
    const words = this.#words;
    words.set(this.#at(slot, SLOT.role), ROLES[who.role]);
    words.set(this.#at(slot, SLOT.pid), who.pid);
    this.#writeLong(this.#at(slot, SLOT.startTicks), who.startTicks);
    this.#writeLong(this.#at(slot, SLOT.bell), who.bell);
    this.#writeLong(this.#at(slot, SLOT.joinedAt), who.joinedAtMs);
    words.store(this.#at(slot, SLOT.armed), 0);
    this.#writeName(slot, who.name);
  }

  #writeName(slot: number, name: string): void {
    const padded = new Uint8Array(PARTICIPANT_NAME_BYTES_MAX);
    const { written } = new TextEncoder().encodeInto(name, padded);
    const view = new DataView(padded.buffer);
    this.#words.set(this.#at(slot, SLOT.nameLength), written);
    for (let i = 0; i < padded.length / 4; i++) {
      this.#words.set(this.#at(slot, SLOT.name) + i, view.getInt32(i * 4, true));
    }
  }

  #read(slot: number): Participant {
    const words = this.#words;
    const code = words.get(this.#at(slot, SLOT.role));
    const role = Object.entries(ROLES).find(([, value]) => value === code)?.[0] as Role | undefined;
    const view = new DataView(new ArrayBuffer(PARTICIPANT_NAME_BYTES_MAX));
    for (let i = 0; i < view.byteLength / 4; i++) {
      view.setInt32(i * 4, words.get(this.#at(slot, SLOT.name) + i), true);
    }
    const length = words.get(this.#at(slot, SLOT.nameLength)) >>> 0;
    const name = new Uint8Array(view.buffer, 0, Math.min(length, PARTICIPANT_NAME_BYTES_MAX));
    return {
      slot,
      role: role ?? "unknown",
      pid: words.get(this.#at(slot, SLOT.pid)) >>> 0,
      generation: this.generationOf(slot),
      startTicks: this.#readLong(this.#at(slot, SLOT.startTicks)),
      bell: this.bellOf(slot),
      joinedAtMs: this.#readLong(this.#at(slot, SLOT.joinedAt)),
      name: new TextDecoder().decode(name),
      isAlive: this.isAlive(slot),
    };
  }

  #isInUse(slot: number): boolean {
    return this.#words.load(this.#at(slot, SLOT.state)) !== STATE.free;
  }

  #at(slot: number, field: number): number {
    return this.#base + slot * SLOT_WORDS + field;
  }

  #readLong(index: number): number {
    return (
      (this.#words.get(index) >>> 0) + ((this.#words.get(index + 1) & 0x1f_ffff) >>> 0) * TWO_POW_32
    );
  }

  #writeLong(index: number, value: number): void {
    this.#words.set(index, (value % TWO_POW_32) | 0);
    this.#words.set(index + 1, Math.floor(value / TWO_POW_32));
  }

  #full(): SystemError {
    const attempt = `join: all ${this.slotCount} places of the segment belong to live participants`;
    return conditionError("EAGAIN", attempt, "fcntl");
  }
}
